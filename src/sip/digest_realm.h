// SPDX-License-Identifier: ISC
// One protection space: a realm of proxies or of servers, with the nonce in use and what has been
// sent with it. For digest.c, which decides whether it may be answered at all.
#pragma once

#include "sip/challenge.h"
#include "sip/digest_hash.h"
#include "sip/writer.h"
#include "util/random.h"

enum {
    DIGEST_CNONCE_BYTES = 33, // 128 bits in hexadecimal, with NUL (threat A4)
    DIGEST_ALGORITHM_BYTES = 24,
    DIGEST_SENT_REMEMBERED = 4
};

enum digest_qop {
    QOP_NONE,
    QOP_AUTH,
    QOP_AUTH_INT
};

struct digest_user {
    struct slice username;
    struct slice password;
};

// An answer that was sent, for the server's own proof in Authentication-Info (RFC 7616 3.5).
struct digest_sent {
    uint32_t count; // nc; 0: unused
    char cnonce[DIGEST_CNONCE_BYTES];
    char rspauth[DIGEST_HEX_BYTES]; // empty when it cannot be foretold (auth-int, no qop)
};

struct digest_realm {
    bool is_used;
    bool is_proxy;
    struct slice realm; // owned, as are nonce and opaque
    bool is_good;       // a REGISTER has succeeded in it
    uint64_t use;       // what it challenged: 0 is REGISTER, else a call or message
    uint64_t used_at;   // the digest's step, to displace the oldest

    enum digest_algorithm algorithm; // that of ha1; UNKNOWN: not computed yet
    char ha1[DIGEST_HEX_BYTES];

    bool has_nonce;
    struct slice nonce;
    struct slice opaque;
    bool has_opaque;
    uint32_t count; // nc of the last answer; the caller counts
    enum digest_qop qop;
    char algorithm_text[DIGEST_ALGORITHM_BYTES]; // empty when the challenge named none
    bool is_session;
    char session_cnonce[DIGEST_CNONCE_BYTES];
    char session_ha1[DIGEST_HEX_BYTES];
    struct digest_sent sent[DIGEST_SENT_REMEMBERED];
};

// Authentication-Info or Proxy-Authentication-Info; empty where absent.
struct digest_info {
    struct slice next_nonce;
    struct slice rspauth;
    struct slice cnonce;
};

// `realm` is zeroed or cleared.
void sip_digest_realm_init(struct digest_realm *realm, bool is_proxy, struct slice name);
bool sip_digest_realm_is(const struct digest_realm *realm, bool is_proxy, struct slice name);
// An acceptable challenge: its nonce is the one in use from now on. The same nonce again goes on
// counting.
void sip_digest_realm_challenged(struct digest_realm *realm, const struct digest_user *user,
                                 const struct sip_challenge *challenge, struct random *random);
void sip_digest_realm_drop_nonce(struct digest_realm *realm);
// Appends the header line for a request (method, uri and body of `request`) with nc = realm->count.
void sip_digest_realm_answer(struct digest_realm *realm, const struct digest_user *user,
                             const struct digest_question *request, struct random *random,
                             struct sip_writer *lines);
// False when there is no such header.
bool sip_digest_info_read(const struct sip_message *response, bool is_proxy,
                          struct digest_info *info);
// REFUSED when rspauth is wrong. nextnonce is used when rspauth is right or `is_trusted`.
MUST_USE enum status sip_digest_realm_informed(struct digest_realm *realm,
                                               const struct digest_info *info, bool is_trusted);
// Erases and frees what it holds.
void sip_digest_realm_clear(struct digest_realm *realm);
