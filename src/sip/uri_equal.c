// SPDX-License-Identifier: ISC
// Comparison of URIs (RFC 3261 19.1.4, RFC 3966 4).
#include "sip/character.h"
#include "sip/host.h"
#include "sip/uri.h"

#include <stdlib.h>

enum letter_case {
    KEEP_CASE,
    IGNORE_CASE
};

// Takes one character. An escape counts as the character it stands for, except for one of the
// reserved set: "%3B" is not ";". Those come out above 0xff.
static int take_character(struct slice *text, enum letter_case letter_case)
{
    char byte = text->data[0];
    int high = -1;
    int low = -1;
    if (byte == '%' && text->length >= 3) {
        high = sip_character_hex(text->data[1]);
        low = sip_character_hex(text->data[2]);
    }
    bool is_escape = high >= 0 && low >= 0;
    if (is_escape)
        byte = (char)(high * 16 + low);
    *text = slice_skip(*text, is_escape ? 3 : 1);
    int reserved = is_escape && byte && strchr(";/?:@&=+$,", byte) ? 0x100 : 0;
    return reserved + (unsigned char)(letter_case == IGNORE_CASE ? ascii_lower(byte) : byte);
}

static bool is_same_text(struct slice left, struct slice right, enum letter_case letter_case)
{
    while (left.length && right.length)
        if (take_character(&left, letter_case) != take_character(&right, letter_case))
            return false;
    return left.length == right.length;
}

// Takes the next "name=value" in front of `separator`; false at the end.
static bool take_pair(struct slice *rest, char separator, struct slice *name, struct slice *value)
{
    do {
        if (!rest->data || rest->length == 0)
            return false;
        *name = slice_cut(slice_cut(*rest, separator, rest), '=', value);
    } while (name->length == 0);
    return true;
}

static bool find_pair(struct slice pairs, char separator, struct slice wanted, struct slice *value)
{
    struct slice name;
    while (take_pair(&pairs, separator, &name, value))
        if (is_same_text(name, wanted, IGNORE_CASE))
            return true;
    return false;
}

// These matter even when only one of the two has them.
static bool is_decisive(struct slice name)
{
    static const char *const decisive[] = { "user", "ttl", "method", "maddr", "transport" };
    for (size_t i = 0; i < sizeof(decisive) / sizeof(*decisive); i++)
        if (is_same_text(name, slice_of(decisive[i]), IGNORE_CASE))
            return true;
    return false;
}

static bool do_parameters_agree(struct slice left, struct slice right, bool is_each_decisive)
{
    struct slice name;
    struct slice value;
    struct slice other;
    while (take_pair(&left, ';', &name, &value)) {
        if (find_pair(right, ';', name, &other)) {
            if (!is_same_text(value, other, IGNORE_CASE))
                return false;
        } else if (is_each_decisive || is_decisive(name)) {
            return false;
        }
    }
    return true;
}

// Each header of `left` stands as often in `right` with the same value.
static bool do_headers_agree(struct slice left, struct slice right)
{
    struct slice name;
    struct slice value;
    struct slice other;
    while (take_pair(&left, '&', &name, &value))
        if (!find_pair(right, '&', name, &other) || !is_same_text(value, other, KEEP_CASE))
            return false;
    return true;
}

static bool is_separator(char byte)
{
    return byte == '-' || byte == '.' || byte == '(' || byte == ')';
}

static bool is_same_number(struct slice left, struct slice right)
{
    for (;;) {
        while (left.length && is_separator(left.data[0]))
            left = slice_skip(left, 1);
        while (right.length && is_separator(right.data[0]))
            right = slice_skip(right, 1);
        if (!left.length || !right.length)
            return left.length == right.length;
        if (ascii_lower(left.data[0]) != ascii_lower(right.data[0]))
            return false;
        left = slice_skip(left, 1);
        right = slice_skip(right, 1);
    }
}

bool sip_uri_equal(const struct sip_uri *left, const struct sip_uri *right)
{
    if (slice_equal(left->text, right->text))
        return true;
    if (left->scheme != right->scheme || left->scheme == SIP_SCHEME_OTHER)
        return false;
    if (left->scheme == SIP_SCHEME_TEL)
        return is_same_number(left->user, right->user) &&
               do_parameters_agree(left->parameters, right->parameters, true) &&
               do_parameters_agree(right->parameters, left->parameters, true);
    return is_same_text(left->user, right->user, KEEP_CASE) &&
           is_same_text(left->password, right->password, KEEP_CASE) &&
           sip_host_equal(left->host, right->host) && left->port == right->port &&
           do_parameters_agree(left->parameters, right->parameters, false) &&
           do_parameters_agree(right->parameters, left->parameters, false) &&
           do_headers_agree(left->headers, right->headers) &&
           do_headers_agree(right->headers, left->headers);
}
