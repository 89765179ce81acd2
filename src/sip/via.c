// SPDX-License-Identifier: ISC
#include "sip/via.h"

#include "sip/character.h"
#include "sip/host.h"
#include "sip/parameters.h"
#include "util/limits.h"

// A token with blanks around it.
static bool take_token(struct slice *text, struct slice *token)
{
    *text = sip_character_skip_blanks(*text);
    size_t length = sip_character_span(*text, SIP_TOKEN);
    *token = slice_first(*text, length);
    *text = slice_skip(*text, length);
    return length > 0;
}

static bool take_byte(struct slice *text, char byte)
{
    struct slice rest = sip_character_skip_blanks(*text);
    if (rest.length == 0 || rest.data[0] != byte)
        return false;
    *text = slice_make(rest.data + 1, rest.length - 1);
    return true;
}

// protocol-name SLASH protocol-version SLASH transport LWS
static bool take_protocol(struct slice *text, struct sip_via *via)
{
    struct slice name;
    struct slice version;
    return take_token(text, &name) && take_byte(text, '/') && take_token(text, &version) &&
           take_byte(text, '/') && take_token(text, &via->transport) && text->length &&
           ascii_is_blank(text->data[0]);
}

// host [ COLON port ]
static bool take_sent_by(struct slice *text, struct sip_via *via)
{
    *text = sip_character_skip_blanks(*text);
    if (sip_host_take(text, &via->host) != STATUS_OK)
        return false;
    if (!take_byte(text, ':'))
        return true;
    struct slice port;
    return take_token(text, &port) && sip_host_read_port(port, &via->port) == STATUS_OK;
}

static bool read_parameters(struct sip_via *via)
{
    struct slice rest = via->parameters;
    struct sip_parameter parameter;
    for (size_t count = 0; sip_parameters_next(&rest, &parameter); count++) {
        if (count == LIMIT_SIP_PARAMETERS)
            return false;
        if (!parameter.value.length)
            continue;
        if (!via->branch.length && slice_equal_ignoring_case(parameter.name, slice_of("branch")))
            via->branch = parameter.value;
        else if (slice_equal_ignoring_case(parameter.name, slice_of("received")))
            via->received = parameter.value;
        else if (slice_equal_ignoring_case(parameter.name, slice_of("rport")) &&
                 sip_host_read_port(parameter.value, &via->rport) != STATUS_OK)
            return false;
    }
    return slice_is_empty(rest);
}

enum status sip_via_parse(struct slice text, struct sip_via *via)
{
    struct sip_via parsed = { .branch = slice_empty(), .received = slice_empty() };
    text = slice_trim(text);
    if (!take_protocol(&text, &parsed) || !take_sent_by(&text, &parsed))
        return STATUS_MALFORMED;
    parsed.parameters = sip_character_skip_blanks(text);
    if (!read_parameters(&parsed))
        return STATUS_MALFORMED;
    *via = parsed;
    return STATUS_OK;
}
