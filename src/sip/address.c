// SPDX-License-Identifier: ISC
#include "sip/address.h"

#include "sip/character.h"
#include "sip/parameters.h"

// Where "<" stands outside quotes and in front of any parameter; text.length when nowhere.
static size_t find_bracket(struct slice text)
{
    size_t i = sip_character_quoted_span(text);
    for (; i < text.length && text.data[i] != ';' && text.data[i] != '"'; i++)
        if (text.data[i] == '<')
            return i;
    return text.length;
}

// *(token LWS) is what the RFC allows without quotes; anything that cannot be mistaken for a part
// of the address is tolerated, UTF-8 among it.
static bool is_display_name(struct slice name)
{
    for (size_t i = 0; i < name.length; i++) {
        char byte = name.data[i];
        if ((ascii_is_control(byte) && byte != '\t') || byte == ',' || byte == '>' || byte == '\\')
            return false;
    }
    return true;
}

static enum status read_display_name(struct slice text, struct slice *name)
{
    text = slice_trim(text);
    size_t quoted = sip_character_quoted_span(text);
    if (quoted) {
        *name = slice_make(text.data + 1, quoted - 2);
        return quoted == text.length ? STATUS_OK : STATUS_MALFORMED;
    }
    *name = text;
    return is_display_name(text) ? STATUS_OK : STATUS_MALFORMED;
}

// [ display-name ] "<" addr-spec ">" *( ";" parameter )
static enum status parse_name_address(struct slice text, size_t bracket,
                                      struct sip_address *address)
{
    size_t length;
    struct slice uri = slice_skip(text, bracket + 1);
    if (!slice_find(uri, '>', &length) ||
        read_display_name(slice_first(text, bracket), &address->display_name) != STATUS_OK)
        return STATUS_MALFORMED;
    address->parameters = slice_trim(slice_skip(uri, length + 1));
    return sip_uri_parse(slice_first(uri, length), &address->uri);
}

// Without brackets ";" ends the URI, and it may hold neither "," nor "?" (RFC 3261 20.10).
static enum status parse_address_spec(struct slice text, struct sip_address *address)
{
    size_t end = text.length;
    slice_find(text, ';', &end);
    struct slice uri = slice_trim(slice_first(text, end));
    address->parameters = slice_skip(text, end);
    for (size_t i = 0; i < uri.length; i++)
        if (uri.data[i] == ',' || uri.data[i] == '?')
            return STATUS_MALFORMED;
    return sip_uri_parse(uri, &address->uri);
}

enum status sip_address_parse(struct slice text, struct sip_address *address)
{
    struct sip_address parsed = { .display_name = slice_empty(), .parameters = slice_empty() };
    text = slice_trim(text);
    if (text.length == 1 && text.data[0] == '*') {
        parsed.is_wildcard = true;
        *address = parsed;
        return STATUS_OK;
    }
    size_t bracket = find_bracket(text);
    enum status status = bracket < text.length ? parse_name_address(text, bracket, &parsed)
                                               : parse_address_spec(text, &parsed);
    if (status != STATUS_OK || !sip_parameters_are_valid(parsed.parameters))
        return STATUS_MALFORMED;
    *address = parsed;
    return STATUS_OK;
}

struct slice sip_address_display_name(struct arena *arena, const struct sip_address *address)
{
    struct slice raw = address->display_name;
    char *plain = arena_allocate(arena, raw.length + 1);
    size_t length = 0;
    for (size_t i = 0; i < raw.length; i++) {
        if (raw.data[i] == '\\' && i + 1 < raw.length)
            i++;
        if (raw.data[i] != '\0') // legal behind a backslash, but no text of ours holds one
            plain[length++] = raw.data[i];
    }
    return slice_make(plain, length);
}
