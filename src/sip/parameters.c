// SPDX-License-Identifier: ISC
#include "sip/parameters.h"

#include "sip/character.h"
#include "util/limits.h"

// token, host or quoted-string; what is seen in the wild is wider than a token.
static size_t value_span(struct slice text)
{
    if (text.length && text.data[0] == '"')
        return sip_character_quoted_span(text);
    return sip_character_span(text, SIP_VALUE);
}

// SEMI token [ EQUAL gen-value ]; blanks may stand around the separators.
bool sip_parameters_next(struct slice *rest, struct sip_parameter *parameter)
{
    struct slice text = sip_character_skip_blanks(*rest);
    if (text.length == 0)
        *rest = text;
    if (text.length == 0 || text.data[0] != ';')
        return false;
    text = sip_character_skip_blanks(slice_skip(text, 1));
    size_t length = 0;
    while (length < text.length && text.data[length] != '=' &&
           sip_character_is(text.data[length], SIP_VALUE))
        length++;
    if (length == 0)
        return false;
    struct sip_parameter found = { .name = slice_first(text, length) };
    text = sip_character_skip_blanks(slice_skip(text, length));
    if (text.length && text.data[0] == '=') {
        text = sip_character_skip_blanks(slice_skip(text, 1));
        length = value_span(text);
        found.value = slice_make(text.data, length);
        text = sip_character_skip_blanks(slice_make(text.data + length, text.length - length));
    }
    if (text.length && text.data[0] != ';')
        return false;
    *parameter = found;
    *rest = text;
    return true;
}

bool sip_parameters_find(struct slice parameters, const char *name, struct slice *value)
{
    struct slice wanted = slice_of(name);
    struct sip_parameter parameter;
    while (sip_parameters_next(&parameters, &parameter)) {
        if (slice_equal_ignoring_case(parameter.name, wanted)) {
            *value = parameter.value.data ? parameter.value : slice_empty();
            return true;
        }
    }
    return false;
}

bool sip_parameters_are_valid(struct slice parameters)
{
    struct sip_parameter parameter;
    size_t count = 0;
    while (sip_parameters_next(&parameters, &parameter))
        if (++count > LIMIT_SIP_PARAMETERS)
            return false;
    return slice_is_empty(parameters);
}

struct slice sip_parameter_unquote(struct slice value)
{
    if (value.length < 2 || sip_character_quoted_span(value) != value.length)
        return value;
    return slice_make(value.data + 1, value.length - 2);
}
