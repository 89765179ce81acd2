// SPDX-License-Identifier: ISC
// Seals and opens the bytes of one packet whose index is known (RFC 3711 4, 6188, 7714), by the
// session keys of one master key for either RTP or RTCP. The only file of media that sees nettle.
#pragma once

#include "util/srtp_suite.h"

struct srtp_cipher;

enum srtp_protocol {
    SRTP_RTP,
    SRTP_RTCP
};

// What stands between header and trailer of a packet, and where it goes.
struct srtp_passage {
    enum srtp_protocol protocol;
    uint32_t ssrc;
    uint64_t index;        // 48 bits of RTP (roll-over counter, sequence), 31 of RTCP
    const uint8_t *packet; // from its first byte
    size_t header_length;  // authenticated, not encrypted; of RTCP it is 8
    size_t payload_length; // encrypted, without the tag
    bool is_encrypted;     // of RTCP: its E bit
};

// Derives the session keys (4.3). The master key is not kept.
struct srtp_cipher *srtp_cipher_new(const struct srtp_key *key, enum srtp_protocol protocol);
// As above, of session keys that are there already; `authentication` is not looked at by AEAD.
struct srtp_cipher *srtp_cipher_new_session(enum srtp_suite suite, const uint8_t *encryption,
                                            const uint8_t *salt, const uint8_t *authentication);
// Encrypts `payload`, which is where the packet's payload is, in place, and writes the tag.
void srtp_cipher_seal(struct srtp_cipher *cipher, const struct srtp_passage *passage,
                      uint8_t *payload, uint8_t *tag);
// Writes the decrypted payload to `plain` if the tag is right; REFUSED: it is not, and `plain`
// holds nothing of use.
MUST_USE enum status srtp_cipher_open(struct srtp_cipher *cipher,
                                      const struct srtp_passage *passage, const uint8_t *tag,
                                      uint8_t *plain);
// The key derivation function itself (4.3.3; of AES-256: RFC 6188 3).
void srtp_derive(enum srtp_suite suite, const uint8_t *master, uint8_t label, uint8_t *derived,
                 size_t length);
// Erases the session keys.
void srtp_cipher_free(struct srtp_cipher *cipher);
