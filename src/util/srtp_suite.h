// SPDX-License-Identifier: ISC
// The crypto suites of SRTP that we speak (RFC 3711, 4568 6.2, 6188, 7714): one table of names and
// lengths, and the master key that belongs to one of them.
#pragma once

#include "util/limits.h"
#include "util/slice.h"

enum srtp_suite {
    SRTP_NONE, // in clear
    SRTP_AEAD_AES_256_GCM,
    SRTP_AEAD_AES_128_GCM,
    SRTP_AES_256_CM_HMAC_SHA1_80,
    SRTP_AES_CM_128_HMAC_SHA1_80,
    SRTP_AES_256_CM_HMAC_SHA1_32,
    SRTP_AES_CM_128_HMAC_SHA1_32,
    SRTP_SUITE_COUNT
};

enum {
    SRTP_KEY_MAX = 32,
    SRTP_SALT_MAX = 14,
    SRTP_MASTER_MAX = SRTP_KEY_MAX + SRTP_SALT_MAX
};

// Lengths in bytes.
struct srtp_suite_facts {
    const char *name; // as in a=crypto
    uint8_t key_length;
    uint8_t salt_length;
    uint8_t rtp_tag_length;
    uint8_t rtcp_tag_length;
    bool is_aead;
};

// A secret: who has one erases it (memory_erase) when it is not needed any more.
struct srtp_key {
    enum srtp_suite suite;           // NONE: there is no key
    uint8_t master[SRTP_MASTER_MAX]; // key, then salt, without a gap
    uint8_t mki[LIMIT_SRTP_MKI];     // each packet names its key so (RFC 3711 3.1)
    size_t mki_length;               // 0: it does not
};

// For any suite; that of NONE is all zero and has the name "none".
const struct srtp_suite_facts *srtp_suite_facts(enum srtp_suite suite);
// Case counts for nothing; NONE when it is not one of ours.
enum srtp_suite srtp_suite_from_text(struct slice text);
// Bytes of key and salt.
size_t srtp_suite_master_length(enum srtp_suite suite);
bool srtp_key_equal(const struct srtp_key *left, const struct srtp_key *right);
