// SPDX-License-Identifier: ISC
// What is recorded: a file of the format that its name says, under a temporary name until it is
// complete, or a WAV file on standard output.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RECORDING_SAMPLES = 2026 // with the header not more than a pipe has room for
};

struct recording;

// "-" is standard output. NULL when it cannot be written, which has been said on standard error.
struct recording *recording_open(const char *name);
// To be polled for writing before each write, which then is no longer than RECORDING_SAMPLES; -1:
// it is a file, which nobody has to read.
int recording_descriptor(const struct recording *recording);
// False when it can take no more: said on standard error, unless it was that nobody reads the
// standard output. What has been written before stays valid.
bool recording_write(struct recording *recording, uint32_t rate, const int16_t *samples,
                     size_t count);
// Nobody reads the standard output, and nobody is waited for any more: said on standard error.
void recording_give_up(struct recording *recording);
// Whether something of it could not be written, which has been said.
bool recording_has_failed(const struct recording *recording);
// Completes the file and gives it its name; frees the recording. False when that failed, or a write
// had failed before.
bool recording_keep(struct recording *recording);
// Leaves nothing behind, except what went to standard output.
void recording_drop(struct recording *recording);
