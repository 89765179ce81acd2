// SPDX-License-Identifier: ISC
#include "util/srtp_suite.h"

/* The short tag of the _32 suites is for RTP only (RFC 4568 6.2.2). */
static const struct srtp_suite_facts suites[SRTP_SUITE_COUNT] = {
    [SRTP_NONE] = { .name = "none" },
    [SRTP_AEAD_AES_256_GCM] = { "AEAD_AES_256_GCM", 32, 12, 16, 16, true },
    [SRTP_AEAD_AES_128_GCM] = { "AEAD_AES_128_GCM", 16, 12, 16, 16, true },
    [SRTP_AES_256_CM_HMAC_SHA1_80] = { "AES_256_CM_HMAC_SHA1_80", 32, 14, 10, 10, false },
    [SRTP_AES_CM_128_HMAC_SHA1_80] = { "AES_CM_128_HMAC_SHA1_80", 16, 14, 10, 10, false },
    [SRTP_AES_256_CM_HMAC_SHA1_32] = { "AES_256_CM_HMAC_SHA1_32", 32, 14, 4, 10, false },
    [SRTP_AES_CM_128_HMAC_SHA1_32] = { "AES_CM_128_HMAC_SHA1_32", 16, 14, 4, 10, false },
};

const struct srtp_suite_facts *srtp_suite_facts(enum srtp_suite suite)
{
    return &suites[suite];
}

enum srtp_suite srtp_suite_from_text(struct slice text)
{
    for (int suite = SRTP_NONE + 1; suite < SRTP_SUITE_COUNT; suite++)
        if (slice_equal_ignoring_case(text, slice_of(suites[suite].name)))
            return (enum srtp_suite)suite;
    return SRTP_NONE;
}

size_t srtp_suite_master_length(enum srtp_suite suite)
{
    return (size_t)suites[suite].key_length + suites[suite].salt_length;
}

bool srtp_key_equal(const struct srtp_key *left, const struct srtp_key *right)
{
    return left->suite == right->suite && left->mki_length == right->mki_length &&
           memcmp(left->master, right->master, srtp_suite_master_length(left->suite)) == 0 &&
           memcmp(left->mki, right->mki, left->mki_length) == 0;
}
