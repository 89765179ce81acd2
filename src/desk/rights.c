// SPDX-License-Identifier: ISC
#include "desk/rights.h"

/* Takes as long for a token that is nearly right as for one that is not. */
static bool is_same(struct slice left, struct slice right)
{
    unsigned char difference = 0;
    if (left.length != right.length)
        return false;
    for (size_t i = 0; i < left.length; i++)
        difference |= (unsigned char)(left.data[i] ^ right.data[i]);
    return difference == 0;
}

bool control_rights_allow(const struct control_verb *verb, struct slice given, struct slice call,
                          const char **why)
{
    if (!given.length || (verb->uses & CONTROL_ONLY_LOOKS))
        return true;
    if (!call.length) {
        *why = "a token is the right to command its call, and no more";
        return false;
    }
    *why = "the token is not that of this call";
    return is_same(given, call);
}
