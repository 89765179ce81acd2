// SPDX-License-Identifier: ISC
// Cuts a byte stream into lines of a bounded length (hook output, control socket).
#pragma once

#include "util/buffer.h"

struct line_reader {
    struct buffer bytes;
    size_t consumed;
    bool is_skipping; // inside a line that was too long
};

void line_reader_init(struct line_reader *reader, size_t line_bytes_max);
// Takes bytes in; call line_reader_next until NEED_MORE before the next append.
void line_reader_append(struct line_reader *reader, struct slice bytes);
// OK: *line is the next line without its LF or CRLF, borrowed until the next append.
// TOO_LARGE: a line was longer than the maximum and has been dropped whole (said once per line).
// NEED_MORE: nothing to give yet.
MUST_USE enum status line_reader_next(struct line_reader *reader, struct slice *line);
// What is left without a line end, at end of file; empty when nothing.
struct slice line_reader_rest(const struct line_reader *reader);
void line_reader_clear(struct line_reader *reader);
