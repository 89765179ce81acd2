// SPDX-License-Identifier: ISC
#include "util/log.h"

#include "util/buffer.h"

enum {
    LINE_BYTES_MAX = 4096,
    VALUE_BYTES_MAX = 512
};

/* The only state of the process outside daemon/: where lines go is the daemon's choice. */
static enum log_level current_level = LOG_LEVEL_INFO;
static log_sink *current_sink;

static const char *const level_names[] = {
    [LOG_LEVEL_ERROR] = "error", [LOG_LEVEL_WARNING] = "warning", [LOG_LEVEL_NOTICE] = "notice",
    [LOG_LEVEL_INFO] = "info",   [LOG_LEVEL_DEBUG] = "debug",
};

bool log_is_enabled(enum log_level level)
{
    return current_sink && level <= current_level;
}

void log_set_level(enum log_level level)
{
    current_level = level;
}

enum log_level log_level(void)
{
    return current_level;
}

void log_set_sink(log_sink *sink)
{
    current_sink = sink;
}

const char *log_level_text(enum log_level level)
{
    return level_names[level];
}

bool log_level_from_text(struct slice text, enum log_level *level)
{
    for (size_t i = 0; i < sizeof(level_names) / sizeof(*level_names); i++) {
        if (slice_equal(text, slice_of(level_names[i]))) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

static bool needs_quotes(struct slice value)
{
    for (size_t i = 0; i < value.length; i++)
        if (value.data[i] == ' ' || value.data[i] == '"' || value.data[i] == '=')
            return true;
    return slice_is_empty(value);
}

/* Terminal escapes, line ends and bidi marks must not reach an operator's screen (H4). */
static void append_escaped(struct buffer *line, struct slice value)
{
    value = slice_first(value, VALUE_BYTES_MAX);
    bool is_quoted = needs_quotes(value);
    if (is_quoted)
        buffer_append_byte(line, '"');
    for (size_t i = 0; i < value.length; i++) {
        unsigned char byte = (unsigned char)value.data[i];
        if (byte < 0x20 || byte >= 0x7f)
            buffer_append_format(line, "\\x%02X", byte);
        else if (byte == '"' || byte == '\\')
            buffer_append_format(line, "\\%c", byte);
        else
            buffer_append_byte(line, (char)byte);
    }
    if (is_quoted)
        buffer_append_byte(line, '"');
}

static void append_field(struct buffer *line, const struct log_field *field)
{
    buffer_append_byte(line, ' ');
    buffer_append_text(line, field->name);
    buffer_append_byte(line, '=');
    switch (field->kind) {
    case LOG_FIELD_SLICE:
        append_escaped(line, field->text);
        break;
    case LOG_FIELD_NUMBER:
        buffer_append_format(line, "%lld", (long long)field->number);
        break;
    case LOG_FIELD_SECRET:
        buffer_append_text(line, "***");
        break;
    }
}

void log_write(enum log_level level, const char *sentence, const struct log_field *fields)
{
    if (!log_is_enabled(level))
        return;
    struct buffer line;
    buffer_init(&line, LINE_BYTES_MAX);
    buffer_append_text(&line, sentence);
    for (const struct log_field *field = fields; field->name; field++)
        append_field(&line, field);
    line.has_overflowed = false;
    if (line.length == line.maximum)
        buffer_truncate(&line, line.length - 1);
    buffer_append_byte(&line, '\0');
    current_sink(level, line.data, sentence, fields);
    buffer_free(&line);
}
