// SPDX-License-Identifier: ISC
// LOG(INFO, "call answered", TEXT("call", id), NUMBER("status", 200)): a fixed sentence and typed
// fields. Control bytes and non-ASCII of values are escaped; secrets print as ***. Core layers log
// DEBUG only; agent and daemon log what an operator can act on, once.
#pragma once

#include "util/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level {
    LOG_LEVEL_ERROR,
    LOG_LEVEL_WARNING,
    LOG_LEVEL_NOTICE,
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG
};

enum log_field_kind {
    LOG_FIELD_SLICE,
    LOG_FIELD_NUMBER,
    LOG_FIELD_SECRET
};

struct log_field {
    const char *name;
    enum log_field_kind kind;
    struct slice text;
    int64_t number;
};

#define TEXT(field_name, value)                                                                    \
    ((struct log_field){ .name = (field_name), .text = slice_of(value) })
#define SLICE(field_name, value) ((struct log_field){ .name = (field_name), .text = (value) })
#define NUMBER(field_name, value)                                                                  \
    ((struct log_field){                                                                           \
        .name = (field_name), .kind = LOG_FIELD_NUMBER, .number = (int64_t)(value) })
#define SECRET(field_name) ((struct log_field){ .name = (field_name), .kind = LOG_FIELD_SECRET })

#define LOG(level, ...)                                                                            \
    do {                                                                                           \
        if (log_is_enabled(LOG_LEVEL_##level))                                                     \
            LOG_WITH_FIELDS(LOG_LEVEL_##level, __VA_ARGS__, { .name = NULL });                     \
    } while (0)
#define LOG_WITH_FIELDS(level, sentence, ...)                                                      \
    log_write(level, sentence, (const struct log_field[]){ __VA_ARGS__ })

// `line` is "sentence name=value …", NUL-terminated and without a line end; both live for the call.
typedef void log_sink(enum log_level level, const char *line, const char *sentence,
                      const struct log_field *fields);

bool log_is_enabled(enum log_level level);
void log_set_level(enum log_level level);
enum log_level log_level(void);
// NULL: lines are dropped (the default).
void log_set_sink(log_sink *sink);
// `fields` ends with one whose name is NULL.
void log_write(enum log_level level, const char *sentence, const struct log_field *fields);
// "error", "warning", …
const char *log_level_text(enum log_level level);
// False when `text` names no level.
bool log_level_from_text(struct slice text, enum log_level *level);
