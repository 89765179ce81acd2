// SPDX-License-Identifier: ISC
// ";name=value;flag" lists behind URIs, addresses and Via (RFC 3261 25.1, generic-param).
#pragma once

#include "util/slice.h"

struct sip_parameter {
    struct slice name;
    struct slice value; // raw, quotes kept; data is NULL when there is no "="
};

// Takes the next parameter from *rest (";a=b;c"); false at the end. Quoted strings may hold ";".
// Where the grammar is broken it is false too, and *rest is not empty.
bool sip_parameters_next(struct slice *rest, struct sip_parameter *parameter);
// Name compared without case. True and *value set (empty for a flag) when present.
bool sip_parameters_find(struct slice parameters, const char *name, struct slice *value);
// Whether the whole text is well-formed and not longer than LIMIT_SIP_PARAMETERS.
bool sip_parameters_are_valid(struct slice parameters);
// A value without the quotes around it, if any; backslash escapes are kept.
struct slice sip_parameter_unquote(struct slice value);
