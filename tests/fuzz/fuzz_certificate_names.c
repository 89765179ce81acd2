// SPDX-License-Identifier: ISC
// Names of a certificate: the first line is what is wanted; each further line is one name, its
// first letter the kind: D, U, A, O, or C for the common name.
#include "fuzz.h"
#include "util/certificate_names.h"
#include "util/limits.h"

#include <string.h>

static struct certificate_name alternatives[LIMIT_CERTIFICATE_NAMES + 2];

static void read_name(struct certificate_names *names, struct slice line)
{
    static const char kinds[] = { [CERTIFICATE_DNS] = 'D',
                                  [CERTIFICATE_URI] = 'U',
                                  [CERTIFICATE_ADDRESS] = 'A',
                                  [CERTIFICATE_OTHER] = 'O' };
    const char *kind = line.length ? memchr(kinds, line.data[0], sizeof(kinds)) : NULL;
    if (kind && names->count < sizeof(alternatives) / sizeof(*alternatives))
        alternatives[names->count++] =
            (struct certificate_name){ (enum certificate_name_kind)(kind - kinds),
                                       slice_skip(line, 1) };
    else if (line.length && line.data[0] == 'C')
        names->common_name = slice_skip(line, 1);
}

static bool has_nul(const struct certificate_names *names)
{
    bool has = names->common_name.length &&
               memchr(names->common_name.data, '\0', names->common_name.length);
    for (size_t i = 0; i < names->count; i++)
        has |= alternatives[i].kind <= CERTIFICATE_URI && alternatives[i].value.length &&
               memchr(alternatives[i].value.data, '\0', alternatives[i].value.length);
    return has;
}

static bool prove(const struct certificate_names *names, struct slice wanted, bool allow_wildcard)
{
    char reason[CERTIFICATE_REASON_BYTES];
    bool is_proven = certificate_names_prove(names, wanted, allow_wildcard, reason);
    FUZZ_ASSERT(memchr(reason, '\0', sizeof(reason)));
    FUZZ_ASSERT(is_proven == (reason[0] == '\0'));
    for (const char *byte = reason; *byte; byte++)
        FUZZ_ASSERT(*byte >= ' ' && *byte < 0x7f);
    return is_proven;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char other_case[256];
    struct slice rest;
    struct slice wanted = slice_cut(slice_make((const char *)data, size), '\n', &rest);
    struct certificate_names names = { alternatives, 0, slice_empty() };
    while (rest.data)
        read_name(&names, slice_cut(rest, '\n', &rest));
    bool is_proven = prove(&names, wanted, false);
    bool is_proven_loosely = prove(&names, wanted, true);
    FUZZ_ASSERT(!is_proven || is_proven_loosely);
    FUZZ_ASSERT(!is_proven_loosely || (wanted.length && !has_nul(&names)));
    FUZZ_ASSERT(!is_proven_loosely || names.count <= LIMIT_CERTIFICATE_NAMES);
    if (wanted.length > sizeof(other_case))
        return 0;
    for (size_t i = 0; i < wanted.length; i++)
        other_case[i] =
            ascii_is_letter(wanted.data[i]) ? (char)(wanted.data[i] ^ 0x20) : wanted.data[i];
    FUZZ_ASSERT(prove(&names, slice_make(other_case, wanted.length), false) == is_proven);
    return 0;
}
