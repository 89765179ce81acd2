// SPDX-License-Identifier: ISC
// The result of anything that can fail for a reason that is not our own mistake.
#pragma once

enum status {
    STATUS_OK,
    STATUS_NEED_MORE,   // the input is good so far but not complete
    STATUS_MALFORMED,   // the input breaks its grammar
    STATUS_TOO_LARGE,   // the input passes a limit of util/limits.h
    STATUS_UNSUPPORTED, // well-formed, but not something we do
    STATUS_REFUSED,     // policy, state or the far end says no
    STATUS_CLOSED,      // the other end is gone
    STATUS_TIMED_OUT,
    STATUS_SYSTEM, // a system call or library failed; errno or a text tells why
};

#define MUST_USE __attribute__((warn_unused_result))

// A constant lower-case English text; never NULL.
const char *status_text(enum status status);
