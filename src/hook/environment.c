// SPDX-License-Identifier: ISC
#include "hook/environment.h"

#include "util/limits.h"
#include "util/memory.h"
#include "util/utf8.h"

#include <stdlib.h>

// What is the same for all events of a line.
static const char *const fixed[] = {
    "OFFHOOK_EVENT", "OFFHOOK_RATE", "OFFHOOK_DIR", "OFFHOOK_SOCKET", "OFFHOOK_STATE_DIR",
    "OFFHOOK_HOOK",  "PATH",         "LANG",        "HOME",
};

enum {
    FIXED_COUNT = sizeof(fixed) / sizeof(*fixed),
    NAME_SIZE = 64,
};

static void append_upper(char name[NAME_SIZE], struct slice text)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < text.length && length < NAME_SIZE - 1; i++) {
        char byte = text.data[i];
        if (byte >= 'a' && byte <= 'z')
            byte = (char)(byte - 'a' + 'A');
        name[length++] = ascii_is_letter(byte) || ascii_is_digit(byte) ? byte : '_';
    }
    name[length] = '\0';
}

void hook_environment_names(struct buffer *names)
{
    const struct event_field *field;
    for (size_t i = 0; (field = event_field_at(i)); i++) {
        char name[NAME_SIZE] = "OFFHOOK_";
        append_upper(name, slice_of(field->name));
        if (field->uses & EVENT_IN_HOOK)
            buffer_append_format(names, "%s\n", name);
    }
    for (size_t i = 0; i < FIXED_COUNT; i++)
        buffer_append_format(names, "%s\n", fixed[i]);
}

static bool is_plain(char byte)
{
    return ascii_is_letter(byte) || ascii_is_digit(byte) || (byte && strchr("+*#@._:;=?%-", byte));
}

/* Letters of the world's scripts; not the blocks of punctuation, controls, marks of direction,
 * private use, symbols and variation selectors. */
static bool is_letter_code(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        { 0xaa, 0xaa },     { 0xb5, 0xb5 },     { 0xba, 0xba },     { 0xc0, 0xd6 },
        { 0xd8, 0xf6 },     { 0xf8, 0x2af },    { 0x300, 0x373 },   { 0x376, 0x377 },
        { 0x37b, 0x37d },   { 0x386, 0x386 },   { 0x388, 0x52f },   { 0x531, 0x556 },
        { 0x561, 0x587 },   { 0x5d0, 0x5f2 },   { 0x620, 0x669 },   { 0x671, 0x6d3 },
        { 0x904, 0x963 },   { 0x966, 0xdff },   { 0xe01, 0xe4e },   { 0xe50, 0x109f },
        { 0x10a0, 0x10fa }, { 0x1100, 0x115e }, { 0x1161, 0x135a }, { 0x1401, 0x166c },
        { 0x1780, 0x17b3 }, { 0x1e00, 0x1fbc }, { 0x2d00, 0x2d65 }, { 0x3041, 0x3096 },
        { 0x30a1, 0x30fa }, { 0x3105, 0x312f }, { 0x3400, 0x4dbf }, { 0x4e00, 0x9fff },
        { 0xa000, 0xa48c }, { 0xac00, 0xd7a3 }, { 0xf900, 0xfaff }, { 0xff10, 0xff19 },
        { 0xff21, 0xff3a }, { 0xff41, 0xff5a }, { 0xff66, 0xff9f }, { 0x20000, 0x3134f },
    };
    for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

/* Appends one character, tamed; returns how many bytes of `text` it took. */
static size_t append_tamed(struct buffer *value, struct slice text, bool is_words)
{
    char byte = text.data[0];
    uint32_t code;
    bool is_fine = is_plain(byte);
    if (is_words) {
        size_t length = (uint8_t)byte >= 0x80 ? utf8_read(text, &code) : 0;
        if (length && is_letter_code(code)) {
            if (value->length + length <= LIMIT_HOOK_VALUE)
                buffer_append(value, slice_first(text, length));
            else
                value->has_overflowed = true;
            return length;
        }
        is_fine = ascii_is_letter(byte) || ascii_is_digit(byte) || (byte && strchr(" .,+-", byte));
    }
    buffer_append_byte(value, is_fine ? byte : '_');
    return 1;
}

static char *variable_new(const char *name, struct slice text, bool is_words)
{
    struct buffer value;
    struct buffer line;
    buffer_init(&value, LIMIT_HOOK_VALUE);
    while (text.length && !value.has_overflowed)
        text = slice_skip(text, append_tamed(&value, text, is_words));
    if (value.length && value.data[0] == '-')
        value.data[0] = '_';
    buffer_init(&line, LIMIT_HOOK_LINE);
    buffer_append_text(&line, name);
    buffer_append_byte(&line, '=');
    buffer_append(&line, buffer_slice(&value));
    buffer_append_byte(&line, '\0');
    char *variable = memory_copy_text(line.data);
    buffer_free(&value);
    buffer_free(&line);
    return variable;
}

/* Ours, not the caller's: paths are taken as they are. */
static char *fixed_new(const char *name, const char *value)
{
    struct buffer line;
    buffer_init(&line, 8192);
    buffer_append_text(&line, name);
    buffer_append_byte(&line, '=');
    buffer_append_text(&line, value);
    buffer_append_byte(&line, '\0');
    char *variable = memory_copy_text(line.length ? line.data : "");
    buffer_free(&line);
    return variable;
}

static char *field_new(const struct event_field *field, struct slice value)
{
    char name[NAME_SIZE] = "OFFHOOK_";
    append_upper(name, slice_of(field->name));
    return variable_new(name, value, field->is_words);
}

static char *header_new(struct slice header, struct slice value)
{
    char name[NAME_SIZE] = "OFFHOOK_HDR_";
    append_upper(name, header);
    return variable_new(name, value, true);
}

static size_t field_count(void)
{
    size_t count = 0;
    while (event_field_at(count))
        count++;
    return count;
}

char **hook_environment_new(const struct event *event,
                            const struct hook_environment_settings *settings)
{
    char **environment =
        memory_new((field_count() + event->header_count + FIXED_COUNT + 1) * sizeof(*environment));
    const struct event_field *field;
    size_t count = 0;
    char rate[16];
    struct buffer path;
    environment[count++] = fixed_new("OFFHOOK_EVENT", event_kind_text(event->kind));
    for (size_t i = 0; (field = event_field_at(i)); i++) {
        struct slice value = event_field_get(field, event);
        if (field->uses & EVENT_IN_HOOK && value.length)
            environment[count++] = field_new(field, value);
    }
    for (size_t i = 0; i < event->header_count; i++)
        environment[count++] = header_new(event->header_names[i], event->header_values[i]);
    buffer_init(&path, 8192);
    buffer_append_number(&path, settings->rate);
    memcpy(rate, path.data, path.length);
    rate[path.length] = '\0';
    buffer_clear(&path);
    buffer_append_text(&path, settings->bindir);
    buffer_append_text(&path, ":/usr/local/bin:/usr/bin:/bin");
    buffer_append_byte(&path, '\0');
    environment[count++] = fixed_new("OFFHOOK_RATE", rate);
    environment[count++] = fixed_new("OFFHOOK_DIR", settings->directory);
    environment[count++] = fixed_new("OFFHOOK_SOCKET", settings->socket);
    environment[count++] = fixed_new("OFFHOOK_STATE_DIR", settings->state_dir);
    environment[count++] = fixed_new("PATH", path.data);
    environment[count++] = fixed_new("LANG", "C.UTF-8");
    environment[count++] = fixed_new("HOME", settings->directory);
    buffer_free(&path);
    return environment;
}

char **hook_environment_with(char *const *environment, const char *variable)
{
    size_t count = 0;
    while (environment[count])
        count++;
    char **copy = memory_new((count + 2) * sizeof(*copy));
    for (size_t i = 0; i < count; i++)
        copy[i] = memory_copy_text(environment[i]);
    if (variable)
        copy[count] = memory_copy_text(variable);
    return copy;
}

char **hook_environment_copy(char *const *environment)
{
    return hook_environment_with(environment, NULL);
}

void hook_environment_free(char **environment)
{
    for (size_t i = 0; environment && environment[i]; i++)
        free(environment[i]);
    free(environment);
}

const char *hook_environment_value(char *const *environment, const char *name)
{
    size_t length = strlen(name);
    for (; *environment; environment++)
        if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
            return *environment + length + 1;
    return NULL;
}
