// SPDX-License-Identifier: ISC
// Answers as people read them, and as programs do (--json).
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

enum output_tone {
    OUTPUT_PLAIN,
    OUTPUT_GOOD,
    OUTPUT_BAD,
};

// Whether standard output is a terminal that may be coloured (NO_COLOR, TERM=dumb).
bool output_is_coloured(void);
// "label  text", labels aligned; the text is tamed, the tone is a colour where there are any.
void output_line(const char *label, enum output_tone tone, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// A line of text, tamed.
void output_print(FILE *file, const char *format, ...) __attribute__((format(printf, 2, 3)));
// "name  value" lines of an object, without id and ok.
void output_object(const json_t *object);
// A table of the given keys, one row an object; `empty` when there are none.
void output_table(const json_t *array, const char *const *keys, const char *empty);
// One event on one line.
void output_event(const json_t *event);
// The object as one line, "v":1, without id and ok.
void output_json(json_t *object);
