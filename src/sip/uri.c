// SPDX-License-Identifier: ISC
// The grammar; comparison is in uri_equal.c.
#include "sip/uri.h"

#include "sip/character.h"
#include "sip/host.h"
#include "util/limits.h"

static bool is_scheme_byte(char byte)
{
    return ascii_is_letter(byte) || ascii_is_digit(byte) || byte == '+' || byte == '-' ||
           byte == '.';
}

// scheme ":" with *rest set behind the colon. False when there is no scheme.
static bool take_scheme(struct slice text, enum sip_scheme *scheme, struct slice *rest)
{
    size_t colon = 0;
    while (colon < text.length && is_scheme_byte(text.data[colon]))
        colon++;
    if (colon == 0 || colon == text.length || text.data[colon] != ':' ||
        !ascii_is_letter(text.data[0]))
        return false;
    struct slice name = slice_first(text, colon);
    *rest = slice_skip(text, colon + 1);
    if (slice_equal_ignoring_case(name, slice_of("sip")))
        *scheme = SIP_SCHEME_SIP;
    else if (slice_equal_ignoring_case(name, slice_of("sips")))
        *scheme = SIP_SCHEME_SIPS;
    else if (slice_equal_ignoring_case(name, slice_of("tel")))
        *scheme = SIP_SCHEME_TEL;
    else
        *scheme = SIP_SCHEME_OTHER;
    return true;
}

// *( ";" pname [ "=" pvalue ] ). An empty value and "=" inside one are tolerated.
static bool are_parameters_valid(struct slice text)
{
    for (size_t count = 0; text.length; count++) {
        if (text.data[0] != ';' || count == LIMIT_SIP_PARAMETERS)
            return false;
        size_t end = 1;
        while (end < text.length && text.data[end] != ';')
            end++;
        struct slice value;
        struct slice name = slice_cut(slice_make(text.data + 1, end - 1), '=', &value);
        if (name.length == 0 || !sip_character_is_escaped_text(name, SIP_URI_PARAMETER))
            return false;
        for (struct slice part; value.length;) {
            part = slice_cut(value, '=', &value);
            if (!sip_character_is_escaped_text(part, SIP_URI_PARAMETER))
                return false;
        }
        text = slice_make(text.data + end, text.length - end);
    }
    return true;
}

// hname "=" hvalue *( "&" hname "=" hvalue )
static bool are_headers_valid(struct slice text)
{
    do {
        struct slice value;
        struct slice name = slice_cut(slice_cut(text, '&', &text), '=', &value);
        if (name.length == 0 || !value.data ||
            !sip_character_is_escaped_text(name, SIP_URI_HEADER) ||
            !sip_character_is_escaped_text(value, SIP_URI_HEADER))
            return false;
    } while (text.data);
    return true;
}

// userinfo "@": no other part of a URI may hold an unescaped "@", while the user part may well hold
// ";" and "?".
static enum status take_user(struct slice *text, struct sip_uri *uri)
{
    size_t at;
    if (!slice_find(*text, '@', &at))
        return STATUS_OK;
    uri->user = slice_cut(slice_first(*text, at), ':', &uri->password);
    if (!uri->password.data)
        uri->password = slice_empty();
    *text = slice_skip(*text, at + 1);
    if (uri->user.length == 0 || !sip_character_is_escaped_text(uri->user, SIP_URI_USER) ||
        !sip_character_is_escaped_text(uri->password, SIP_URI_PASSWORD))
        return STATUS_MALFORMED;
    return STATUS_OK;
}

static enum status parse_sip(struct slice text, struct sip_uri *uri)
{
    if (take_user(&text, uri) != STATUS_OK || sip_host_take(&text, &uri->host) != STATUS_OK)
        return STATUS_MALFORMED;
    if (text.length && text.data[0] == ':') {
        size_t digits = 1;
        while (digits < text.length && ascii_is_digit(text.data[digits]))
            digits++;
        if (sip_host_read_port(slice_make(text.data + 1, digits - 1), &uri->port) != STATUS_OK)
            return STATUS_MALFORMED;
        text = slice_make(text.data + digits, text.length - digits);
    }
    size_t question;
    uri->parameters = text;
    if (slice_find(text, '?', &question)) {
        uri->parameters = slice_first(text, question);
        uri->headers = slice_skip(text, question + 1);
        if (!are_headers_valid(uri->headers))
            return STATUS_MALFORMED;
    }
    return are_parameters_valid(uri->parameters) ? STATUS_OK : STATUS_MALFORMED;
}

// global-number "+" digits, local-number also hexadecimal digits, "*" and "#" (RFC 3966 3).
static bool is_telephone_number(struct slice number)
{
    bool is_global = number.length && number.data[0] == '+';
    size_t digits = 0;
    for (size_t i = is_global ? 1 : 0; i < number.length; i++) {
        char byte = number.data[i];
        if (ascii_is_digit(byte) ||
            (!is_global && (byte == '*' || byte == '#' || sip_character_hex(byte) >= 0)))
            digits++;
        else if (byte != '-' && byte != '.' && byte != '(' && byte != ')')
            return false;
    }
    return digits > 0;
}

static enum status parse_tel(struct slice text, struct sip_uri *uri)
{
    size_t end = text.length;
    slice_find(text, ';', &end);
    uri->user = slice_first(text, end);
    uri->parameters = slice_make(text.data + end, text.length - end);
    return is_telephone_number(uri->user) && are_parameters_valid(uri->parameters)
               ? STATUS_OK
               : STATUS_MALFORMED;
}

// absoluteURI of a scheme that means nothing to us: no blanks, controls or delimiters.
static enum status parse_other(struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte <= ' ' || byte >= 0x7f || byte == '<' || byte == '>' || byte == '"')
            return STATUS_MALFORMED;
    }
    return text.length ? STATUS_OK : STATUS_MALFORMED;
}

enum status sip_uri_parse(struct slice text, struct sip_uri *uri)
{
    struct slice rest;
    struct sip_uri parsed = {
        .text = text,
        .user = slice_empty(),
        .password = slice_empty(),
        .host = slice_empty(),
        .parameters = slice_empty(),
        .headers = slice_empty(),
    };
    if (!take_scheme(text, &parsed.scheme, &rest))
        return STATUS_MALFORMED;
    enum status status;
    if (parsed.scheme == SIP_SCHEME_TEL)
        status = parse_tel(rest, &parsed);
    else if (parsed.scheme == SIP_SCHEME_OTHER)
        status = parse_other(rest);
    else
        status = parse_sip(rest, &parsed);
    if (status == STATUS_OK)
        *uri = parsed;
    return status;
}

struct slice sip_uri_unescape(struct arena *arena, struct slice text)
{
    char *plain = arena_allocate(arena, text.length + 1);
    size_t length = 0;
    for (size_t i = 0; i < text.length; i++) {
        int high = -1;
        int low = -1;
        if (text.data[i] == '%' && text.length - i >= 3) {
            high = sip_character_hex(text.data[i + 1]);
            low = sip_character_hex(text.data[i + 2]);
        }
        if (high >= 0 && low >= 0 && high + low > 0) {
            plain[length++] = (char)(high * 16 + low);
            i += 2;
        } else {
            plain[length++] = text.data[i];
        }
    }
    return slice_make(plain, length);
}
