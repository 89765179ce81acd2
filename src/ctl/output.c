// SPDX-License-Identifier: ISC
#include "ctl/output.h"

#include "util/plain_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    TEXT_BYTES = 512,
    COLUMNS_MAX = 12,
    LINE_BYTES = 8192,
    LABEL_COLUMNS = 14
};

bool output_is_coloured(void)
{
    const char *off = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    return isatty(STDOUT_FILENO) && !(off && off[0]) && terminal && terminal[0] &&
           strcmp(terminal, "dumb") != 0;
}

void output_line(const char *label, enum output_tone tone, const char *format, ...)
{
    static const char *const colours[] = {
        [OUTPUT_PLAIN] = "", [OUTPUT_GOOD] = "\033[32m", [OUTPUT_BAD] = "\033[31m"
    };
    char text[LINE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    plain_text_tame(text);
    bool is_coloured = tone != OUTPUT_PLAIN && output_is_coloured();
    printf("%-*s%s%s%s\n", LABEL_COLUMNS, label, is_coloured ? colours[tone] : "", text,
           is_coloured ? "\033[0m" : "");
}

void output_print(FILE *file, const char *format, ...)
{
    char text[LINE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    plain_text_tame(text);
    fprintf(file, "%s\n", text);
}

/* In characters: the terminal has a column for each, or two. */
static int columns_of(const char *text)
{
    int columns = 0;
    for (; *text; text++)
        columns += ((unsigned char)*text & 0xc0) != 0x80;
    return columns;
}

static void print_cell(const char *text, int width, bool is_last)
{
    fputs(text, stdout);
    if (is_last)
        putchar('\n');
    else
        printf("%*s", width - columns_of(text) + 2, "");
}

static const char *text_of(const json_t *value, char *text)
{
    if (json_is_integer(value))
        snprintf(text, TEXT_BYTES, "%lld", (long long)json_integer_value(value));
    else if (json_is_boolean(value))
        snprintf(text, TEXT_BYTES, "%s", json_is_true(value) ? "yes" : "no");
    else if (json_is_string(value))
        snprintf(text, TEXT_BYTES, "%s", json_string_value(value));
    else
        snprintf(text, TEXT_BYTES, "-");
    plain_text_tame(text);
    return text;
}

static bool is_frame(const char *key)
{
    return strcmp(key, "id") == 0 || strcmp(key, "ok") == 0 || strcmp(key, "v") == 0;
}

void output_object(const json_t *object)
{
    const char *key;
    json_t *value;
    char text[TEXT_BYTES];
    json_object_foreach((json_t *)object, key, value)
    {
        if (!is_frame(key) && !json_is_array(value))
            printf("%-22s %s\n", key, text_of(value, text));
    }
}

void output_table(const json_t *array, const char *const *keys, const char *empty)
{
    int widths[COLUMNS_MAX];
    char text[TEXT_BYTES];
    size_t rows = json_array_size(array);
    if (!rows) {
        fprintf(stderr, "%s\n", empty);
        return;
    }
    for (size_t k = 0; keys[k]; k++) {
        widths[k] = columns_of(keys[k]);
        for (size_t i = 0; i < rows; i++) {
            int width =
                columns_of(text_of(json_object_get(json_array_get(array, i), keys[k]), text));
            widths[k] = width > widths[k] ? width : widths[k];
        }
    }
    for (size_t k = 0; keys[k]; k++)
        print_cell(keys[k], widths[k], !keys[k + 1]);
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; keys[k]; k++)
            print_cell(text_of(json_object_get(json_array_get(array, i), keys[k]), text), widths[k],
                       !keys[k + 1]);
}

void output_event(const json_t *event)
{
    static const char *const keys[] = { "call",   "from",   "to",        "result", "digit",
                                        "digits", "reason", "talk_secs", "expires" };
    char text[TEXT_BYTES];
    printf("%s  %-9s", text_of(json_object_get(event, "t"), text),
           json_string_value(json_object_get(event, "event")));
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        const json_t *value = json_object_get(event, keys[i]);
        if (value)
            printf("  %s=%s", keys[i], text_of(value, text));
    }
    putchar('\n');
    fflush(stdout);
}

/* What jansson writes as it is may be what no screen should be told. */
void output_json(json_t *object)
{
    struct buffer line;
    json_object_del(object, "id");
    json_object_del(object, "ok");
    json_object_set_new(object, "v", json_integer(1));
    char *text = json_dumps(object, JSON_COMPACT);
    buffer_init(&line, SIZE_MAX / 2);
    if (text)
        plain_text_append_json(&line, slice_of(text));
    buffer_append_byte(&line, '\n');
    fwrite(line.data, 1, line.length, stdout);
    fflush(stdout);
    buffer_free(&line);
    free(text);
}
