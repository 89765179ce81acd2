// SPDX-License-Identifier: ISC
// The character sets of RFC 3261 25.1 as one table: which byte may stand where.
#pragma once

#include "util/slice.h"

enum sip_character_set {
    SIP_TOKEN = 1,
    SIP_URI_USER = 2, // the sets of URIs are without "%", see sip_character_is_escaped_text
    SIP_URI_PASSWORD = 4,
    SIP_URI_PARAMETER = 8,
    SIP_URI_HEADER = 16,
    SIP_HOST = 32,
    SIP_VALUE = 64, // unquoted parameter values, wider than a token: what is seen in the wild
};

extern const uint8_t sip_character_sets[256];

static inline bool sip_character_is(char byte, enum sip_character_set set)
{
    return (sip_character_sets[(unsigned char)byte] & (unsigned int)set) != 0;
}

// How many bytes at the start of `text` are in `set`.
size_t sip_character_span(struct slice text, enum sip_character_set set);
// At least one byte and all in `set`.
bool sip_character_is_all(struct slice text, enum sip_character_set set);
// Every byte in `set` or part of an escape %HH; may be empty.
bool sip_character_is_escaped_text(struct slice text, enum sip_character_set set);
// The value of a hexadecimal digit, or -1.
int sip_character_hex(char byte);
// Without the blanks (SP, HTAB) in front.
struct slice sip_character_skip_blanks(struct slice text);
// The length of the quoted string at the start of `text` with both quotes; 0 when there is none or
// it does not end.
size_t sip_character_quoted_span(struct slice text);
