// SPDX-License-Identifier: ISC
#include "util/plain_text.h"

#include "util/utf8.h"

#include <string.h>

/* General categories Cc, Cf, Zl and Zp of Unicode, and the fillers that show nothing. */
bool plain_text_may_be_printed(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        { 0, 0x1f },          { 0x7f, 0x9f },       { 0xad, 0xad },       { 0x34f, 0x34f },
        { 0x600, 0x605 },     { 0x61c, 0x61c },     { 0x6dd, 0x6dd },     { 0x70f, 0x70f },
        { 0x890, 0x891 },     { 0x8e2, 0x8e2 },     { 0x115f, 0x1160 },   { 0x17b4, 0x17b5 },
        { 0x180b, 0x180f },   { 0x200b, 0x200f },   { 0x2028, 0x202e },   { 0x2060, 0x206f },
        { 0x3164, 0x3164 },   { 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },
        { 0xfff0, 0xfffb },   { 0x110bd, 0x110bd }, { 0x110cd, 0x110cd }, { 0x13430, 0x1343f },
        { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
    };
    for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return false;
    return true;
}

void plain_text_tame(char *text)
{
    struct slice rest = slice_of(text);
    char *to = text;
    while (rest.length) {
        uint32_t code;
        size_t length = utf8_read(rest, &code);
        if (length && plain_text_may_be_printed(code)) {
            memmove(to, rest.data, length);
            to += length;
        } else {
            *to++ = '?';
        }
        rest = slice_skip(rest, length ? length : 1);
    }
    *to = '\0';
}

static void append_escape(struct buffer *json, uint32_t code)
{
    if (code < 0x10000) {
        buffer_append_format(json, "\\u%04x", code);
        return;
    }
    code -= 0x10000;
    buffer_append_format(json, "\\u%04x\\u%04x", 0xd800 + (code >> 10), 0xdc00 + (code & 0x3ff));
}

static void append(struct buffer *json, struct slice text, const char *special)
{
    while (text.length) {
        uint32_t code;
        size_t length = utf8_read(text, &code);
        if (length == 0)
            buffer_append_text(json, "\xef\xbf\xbd");
        else if (!plain_text_may_be_printed(code))
            append_escape(json, code);
        else if (code < 0x80 && strchr(special, (int)code))
            buffer_append_format(json, "\\%c", (char)code);
        else
            buffer_append(json, slice_first(text, length));
        text = slice_skip(text, length ? length : 1);
    }
}

void plain_text_append_string(struct buffer *json, struct slice text)
{
    append(json, text, "\"\\");
}

void plain_text_append_json(struct buffer *json, struct slice whole)
{
    append(json, whole, "");
}
