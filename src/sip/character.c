// SPDX-License-Identifier: ISC
#include "sip/character.h"

enum {
    URI = SIP_URI_USER | SIP_URI_PASSWORD | SIP_URI_PARAMETER | SIP_URI_HEADER,
    ALPHANUMERIC = SIP_TOKEN | URI | SIP_HOST | SIP_VALUE,
    MARK = SIP_TOKEN | URI | SIP_VALUE,
};

const uint8_t sip_character_sets[256] = {
    ['a' ... 'z'] = ALPHANUMERIC,
    ['A' ... 'Z'] = ALPHANUMERIC,
    ['0' ... '9'] = ALPHANUMERIC,
    ['-'] = ALPHANUMERIC,
    ['.'] = ALPHANUMERIC,
    ['_'] = ALPHANUMERIC, // not in RFC 1123 host names, but in those of real networks
    ['!'] = MARK,
    ['~'] = MARK,
    ['*'] = MARK,
    ['\''] = MARK,
    ['('] = URI | SIP_VALUE,
    [')'] = URI | SIP_VALUE,
    ['%'] = SIP_TOKEN | SIP_VALUE,
    ['`'] = SIP_TOKEN | SIP_VALUE,
    ['+'] = MARK,
    ['$'] = URI | SIP_VALUE,
    ['&'] = SIP_URI_USER | SIP_URI_PASSWORD | SIP_URI_PARAMETER | SIP_VALUE,
    ['='] = SIP_URI_USER | SIP_URI_PASSWORD | SIP_VALUE,
    [','] = SIP_URI_USER | SIP_URI_PASSWORD,
    [';'] = SIP_URI_USER,
    ['?'] = SIP_URI_USER | SIP_URI_HEADER | SIP_VALUE,
    ['/'] = SIP_URI_USER | SIP_URI_PARAMETER | SIP_URI_HEADER | SIP_VALUE,
    ['#'] = SIP_URI_USER | SIP_VALUE, // should be escaped, but *21# is dialled unescaped
    [':'] = SIP_URI_PARAMETER | SIP_URI_HEADER | SIP_VALUE,
    ['['] = SIP_URI_PARAMETER | SIP_URI_HEADER | SIP_VALUE,
    [']'] = SIP_URI_PARAMETER | SIP_URI_HEADER | SIP_VALUE,
    ['@'] = SIP_VALUE,
    ['^'] = SIP_VALUE,
    ['{'] = SIP_VALUE,
    ['|'] = SIP_VALUE,
    ['}'] = SIP_VALUE,
    [0x80 ... 0xff] = SIP_VALUE,
};

size_t sip_character_span(struct slice text, enum sip_character_set set)
{
    size_t span = 0;
    while (span < text.length && sip_character_is(text.data[span], set))
        span++;
    return span;
}

bool sip_character_is_all(struct slice text, enum sip_character_set set)
{
    return text.length > 0 && sip_character_span(text, set) == text.length;
}

bool sip_character_is_escaped_text(struct slice text, enum sip_character_set set)
{
    for (size_t i = 0; i < text.length; i++) {
        if (sip_character_is(text.data[i], set))
            continue;
        if (text.data[i] != '%' || text.length - i < 3)
            return false;
        if (sip_character_hex(text.data[i + 1]) < 0 || sip_character_hex(text.data[i + 2]) < 0)
            return false;
        i += 2;
    }
    return true;
}

int sip_character_hex(char byte)
{
    if (ascii_is_digit(byte))
        return byte - '0';
    char lower = ascii_lower(byte);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

struct slice sip_character_skip_blanks(struct slice text)
{
    size_t count = 0;
    while (count < text.length && (text.data[count] == ' ' || text.data[count] == '\t'))
        count++;
    return count ? slice_make(text.data + count, text.length - count) : text;
}

size_t sip_character_quoted_span(struct slice text)
{
    if (text.length == 0 || text.data[0] != '"')
        return 0;
    for (size_t i = 1; i < text.length; i++) {
        if (text.data[i] == '\\')
            i++;
        else if (text.data[i] == '"')
            return i + 1;
    }
    return 0;
}
