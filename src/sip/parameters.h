// SPDX-License-Identifier: ISC
// ";name=value;flag" lists behind URIs, addresses and Via (RFC 3261 25.1, generic-param).
#pragma once

#include "util/slice.h"

struct sip_parameter {
    struct slice name;
    struct slice value; // raw, quotes kept; data is NULL when there is no "="
};

// Takes the next parameter from *rest (";a=b;c"); false at the end. Quoted strings may hold ";".
bool sip_parameters_next(struct slice *rest, struct sip_parameter *parameter);
// Name compared without case. True and *value set (empty for a flag) when present.
bool sip_parameters_find(struct slice parameters, const char *name, struct slice *value);
