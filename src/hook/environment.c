// SPDX-License-Identifier: ISC
#include "hook/environment.h"

#include "util/buffer.h"
#include "util/limits.h"
#include "util/memory.h"
#include "util/utf8.h"

#include <stddef.h>
#include <stdlib.h>

enum taming {
    TAME_PLAIN,
    TAME_NAME
};

static const struct variable {
    const char *name;
    size_t field; // of struct event
    enum taming taming;
} variables[] = {
    { "OFFHOOK_CALL", offsetof(struct event, call_id), TAME_PLAIN },
    { "OFFHOOK_TOKEN", offsetof(struct event, token), TAME_PLAIN },
    { "OFFHOOK_LINE", offsetof(struct event, line), TAME_NAME },
    { "OFFHOOK_DIRECTION", offsetof(struct event, direction), TAME_PLAIN },
    { "OFFHOOK_FROM", offsetof(struct event, from), TAME_PLAIN },
    { "OFFHOOK_FROM_NAME", offsetof(struct event, from_name), TAME_NAME },
    { "OFFHOOK_FROM_URI", offsetof(struct event, from_uri), TAME_PLAIN },
    { "OFFHOOK_TO", offsetof(struct event, to), TAME_PLAIN },
    { "OFFHOOK_TO_URI", offsetof(struct event, to_uri), TAME_PLAIN },
    { "OFFHOOK_TRUST", offsetof(struct event, trust), TAME_PLAIN },
    { "OFFHOOK_DIVERSION", offsetof(struct event, diversion), TAME_PLAIN },
    { "OFFHOOK_STATE", offsetof(struct event, state), TAME_PLAIN },
    { "OFFHOOK_RESULT", offsetof(struct event, result), TAME_PLAIN },
    { "OFFHOOK_CODE", offsetof(struct event, code), TAME_PLAIN },
    { "OFFHOOK_REASON", offsetof(struct event, reason), TAME_NAME },
    { "OFFHOOK_ENDED_BY", offsetof(struct event, ended_by), TAME_PLAIN },
    { "OFFHOOK_RING_SECS", offsetof(struct event, ring_secs), TAME_PLAIN },
    { "OFFHOOK_TALK_SECS", offsetof(struct event, talk_secs), TAME_PLAIN },
    { "OFFHOOK_DIGITS", offsetof(struct event, digits), TAME_PLAIN },
    { "OFFHOOK_MOS", offsetof(struct event, mos), TAME_PLAIN },
    { "OFFHOOK_LOSS_PERCENT", offsetof(struct event, loss_percent), TAME_PLAIN },
    { "OFFHOOK_JITTER_MS", offsetof(struct event, jitter_ms), TAME_PLAIN },
    { "OFFHOOK_EXPIRES", offsetof(struct event, expires), TAME_PLAIN },
};

static const char *const names[] = {
    "OFFHOOK_EVENT",
    "OFFHOOK_CALL",
    "OFFHOOK_TOKEN",
    "OFFHOOK_LINE",
    "OFFHOOK_DIRECTION",
    "OFFHOOK_FROM",
    "OFFHOOK_FROM_NAME",
    "OFFHOOK_FROM_URI",
    "OFFHOOK_TO",
    "OFFHOOK_TO_URI",
    "OFFHOOK_TRUST",
    "OFFHOOK_DIVERSION",
    "OFFHOOK_STATE",
    "OFFHOOK_RESULT",
    "OFFHOOK_CODE",
    "OFFHOOK_REASON",
    "OFFHOOK_ENDED_BY",
    "OFFHOOK_RING_SECS",
    "OFFHOOK_TALK_SECS",
    "OFFHOOK_DIGITS",
    "OFFHOOK_MOS",
    "OFFHOOK_LOSS_PERCENT",
    "OFFHOOK_JITTER_MS",
    "OFFHOOK_EXPIRES",
    "OFFHOOK_RATE",
    "OFFHOOK_DIR",
    "OFFHOOK_SOCKET",
    "PATH",
    "LANG",
    "HOME",
};

enum {
    VARIABLE_COUNT = sizeof(variables) / sizeof(*variables),
    FIXED_COUNT = 8, // EVENT, RATE, DIR, SOCKET, PATH, LANG, HOME and the NULL
};

const char *const *hook_environment_names(size_t *count)
{
    *count = sizeof(names) / sizeof(*names);
    return names;
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
static size_t append_tamed(struct buffer *value, struct slice text, enum taming taming)
{
    char byte = text.data[0];
    uint32_t code;
    bool is_fine = is_plain(byte);
    if (taming == TAME_NAME) {
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

static char *variable_new(const char *name, struct slice text, enum taming taming)
{
    struct buffer value;
    struct buffer line;
    buffer_init(&value, LIMIT_HOOK_VALUE);
    while (text.length && !value.has_overflowed)
        text = slice_skip(text, append_tamed(&value, text, taming));
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

static char *header_new(struct slice name, struct slice value)
{
    char text[64] = "OFFHOOK_HDR_";
    size_t length = strlen(text);
    for (size_t i = 0; i < name.length && length < sizeof(text) - 1; i++) {
        char byte = name.data[i];
        if (byte >= 'a' && byte <= 'z')
            byte = (char)(byte - 'a' + 'A');
        text[length++] = ascii_is_letter(byte) || ascii_is_digit(byte) ? byte : '_';
    }
    text[length] = '\0';
    return variable_new(text, value, TAME_NAME);
}

char **hook_environment_new(const struct event *event,
                            const struct hook_environment_settings *settings)
{
    char **environment =
        memory_new((VARIABLE_COUNT + FIXED_COUNT + event->header_count) * sizeof(*environment));
    size_t count = 0;
    char rate[16];
    struct buffer path;
    environment[count++] = fixed_new("OFFHOOK_EVENT", event_kind_text(event->kind));
    for (size_t i = 0; i < VARIABLE_COUNT; i++) {
        struct slice text;
        memcpy(&text, (const char *)event + variables[i].field, sizeof(text));
        if (text.length)
            environment[count++] = variable_new(variables[i].name, text, variables[i].taming);
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
    environment[count++] = fixed_new("PATH", path.data);
    environment[count++] = fixed_new("LANG", "C.UTF-8");
    environment[count++] = fixed_new("HOME", settings->directory);
    buffer_free(&path);
    return environment;
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
