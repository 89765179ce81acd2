// SPDX-License-Identifier: ISC
// The test vectors of RFC 3711 (B.2, B.3), RFC 6188 (7) and RFC 7714 (16, 17).
#include "media/srtp_cipher.h"
#include "tests/suite.h"

#include <stdio.h>

enum {
    TEXT_MAX = 512,
    SEGMENT = 1044512 // bytes of keystream, RFC 3711 B.2
};

static size_t bytes_of(const char *hex, uint8_t *bytes)
{
    size_t count = 0;
    unsigned value;
    for (; *hex; hex += *hex == ' ' ? 1 : 2) {
        if (*hex == ' ')
            continue;
        ck_assert_int_eq(sscanf(hex, "%2x", &value), 1);
        ck_assert_uint_lt(count, TEXT_MAX);
        bytes[count++] = (uint8_t)value;
    }
    return count;
}

static void check_bytes(const char *what, const uint8_t *bytes, const char *hex)
{
    uint8_t right[TEXT_MAX];
    size_t count = bytes_of(hex, right);
    ck_assert_msg(memcmp(bytes, right, count) == 0, "%s", what);
}

static const struct {
    const char *fact;
    enum srtp_suite suite;
    const char *key;
    const char *salt;
    uint8_t label;
    size_t length;
    const char *derived;
} derivations[] = {
    { "3711 B.3 cipher key", SRTP_AES_CM_128_HMAC_SHA1_80, "e1f97a0d3e018be0d64fa32c06de4139",
      "0ec675ad498afeebb6960b3aabe6", 0, 16, "c61e7a93744f39ee10734afe3ff7a087" },
    { "3711 B.3 cipher salt", SRTP_AES_CM_128_HMAC_SHA1_80, "e1f97a0d3e018be0d64fa32c06de4139",
      "0ec675ad498afeebb6960b3aabe6", 2, 14, "30cbbc08863d8c85d49db34a9ae1" },
    { "3711 B.3 auth key", SRTP_AES_CM_128_HMAC_SHA1_80, "e1f97a0d3e018be0d64fa32c06de4139",
      "0ec675ad498afeebb6960b3aabe6", 1, 94,
      "cebe321f6ff7716b6fd4ab49af256a15 6d38baa48f0a0acf3c34e2359e6cdbce"
      "e049646c43d9327ad175578ef7227098 6371c10c9a369ac2f94a8c5fbcdddc25"
      "6d6e919a48b610ef17c2041e47403576 6b68642c59bbfc2f34db60dbdfb2" },
    { "6188 7.2 cipher key", SRTP_AES_256_CM_HMAC_SHA1_80,
      "f0f04914b513f2763a1b1fa130f10e29 98f6f6e43e4309d1e622a0e332b9f1b6",
      "3b04803de51ee7c96423ab5b78d2", 0, 32,
      "5ba1064e30ec51613cad926c5a28ef73 1ec7fb397f70a960653caf06554cd8c4" },
    { "6188 7.2 cipher salt", SRTP_AES_256_CM_HMAC_SHA1_80,
      "f0f04914b513f2763a1b1fa130f10e29 98f6f6e43e4309d1e622a0e332b9f1b6",
      "3b04803de51ee7c96423ab5b78d2", 2, 14, "fa31791685ca444a9e07c6c64e93" },
    { "6188 7.2 auth key", SRTP_AES_256_CM_HMAC_SHA1_80,
      "f0f04914b513f2763a1b1fa130f10e29 98f6f6e43e4309d1e622a0e332b9f1b6",
      "3b04803de51ee7c96423ab5b78d2", 1, 20, "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05" },
};

START_TEST(session_keys_are_derived_as_the_rfcs_derive_them)
{
    for (size_t i = 0; i < sizeof(derivations) / sizeof(*derivations); i++) {
        uint8_t master[TEXT_MAX];
        uint8_t derived[TEXT_MAX];
        size_t length = bytes_of(derivations[i].key, master);
        bytes_of(derivations[i].salt, master + length);
        srtp_derive(derivations[i].suite, master, derivations[i].label, derived,
                    derivations[i].length);
        check_bytes(derivations[i].fact, derived, derivations[i].derived);
    }
}
END_TEST

static const struct {
    enum srtp_suite suite;
    const char *key;
    const char *first;
    const char *last;
} keystreams[] = {
    { SRTP_AES_CM_128_HMAC_SHA1_80, "2b7e151628aed2a6abf7158809cf4f3c",
      "e03ead0935c95e80e166b16dd92b4eb4 d23513162b02d0f72a43a2fe4a5f97ab"
      "41e95b3bb0a2e8dd477901e4fca894c0",
      "ec8cdf7398607cb0f2d21675ea9ea1e4 362b7c3c6773516318a077d7fc5073ae"
      "6a2cc3787889374fbeb4c81b17ba6c44" },
    { SRTP_AES_256_CM_HMAC_SHA1_80,
      "57f82fe3613fd170a85ec93c40b1f092 2ec4cb0dc025b58272147cc438944a98",
      "92bdd28a93c3f52511c677d08b5515a4 9da71b2378a854f67050756ded165bac"
      "63c4868b7096d88421b563b8c94c9a31",
      "cea518c90fd91ced9cbb18c078a54711 3dbc4814f4da5f00a08772b63c6a046d"
      "6eb246913062a16891433e97dd01a57f" },
};

START_TEST(the_keystream_of_65282_blocks_is_that_of_the_rfcs)
{
    uint8_t *stream = malloc(12 + SEGMENT);
    for (size_t i = 0; i < sizeof(keystreams) / sizeof(*keystreams); i++) {
        uint8_t key[TEXT_MAX];
        uint8_t salt[TEXT_MAX];
        uint8_t tag[10];
        uint8_t unused[20] = { 0 };
        struct srtp_passage passage = { .packet = stream,
                                        .header_length = 12,
                                        .payload_length = SEGMENT };
        memset(stream, 0, 12 + SEGMENT);
        bytes_of(keystreams[i].key, key);
        bytes_of("f0f1f2f3f4f5f6f7f8f9fafbfcfd", salt);
        struct srtp_cipher *cipher =
            srtp_cipher_new_session(keystreams[i].suite, key, salt, unused);
        srtp_cipher_seal(cipher, &passage, stream + 12, tag);
        check_bytes("the first", stream + 12, keystreams[i].first);
        check_bytes("the last", stream + 12 + SEGMENT - 48, keystreams[i].last);
        srtp_cipher_free(cipher);
    }
    free(stream);
}
END_TEST

#define KEY_128 "000102030405060708090a0b0c0d0e0f"
#define KEY_256 KEY_128 "101112131415161718191a1b1c1d1e1f"
#define RTP                                                                                        \
    "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070"    \
    "61727465 73207472 6573"
#define RTCP                                                                                       \
    "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef"    \
    "deadbeef deadbeef deadbeef"

/* Payload and tag behind the header. */
static const struct {
    const char *fact;
    enum srtp_suite suite;
    enum srtp_protocol protocol;
    const char *key;
    uint32_t ssrc;
    uint64_t index;
    const char *packet;
    size_t header_length;
    const char *sealed;
} packets[] = {
    { "16.1.1 RTP, AES-128", SRTP_AEAD_AES_128_GCM, SRTP_RTP, KEY_128, 0x5501a0b2, 0xf17b, RTP, 12,
      "f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833"
      "899d7f27 beb16a91 52cf765e e4390cce" },
    { "16.2.1 RTP, AES-256", SRTP_AEAD_AES_256_GCM, SRTP_RTP, KEY_256, 0x5501a0b2, 0xf17b, RTP, 12,
      "32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02 76ffae0f 1ba63799 b87b"
      "7aa3db36 dfffd6b0 f9bb7878 d7a76c13" },
    { "17.1 RTCP, AES-128", SRTP_AEAD_AES_128_GCM, SRTP_RTCP, KEY_128, 0x4d617273, 0x5d4, RTCP, 8,
      "63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda 4ce09b46 86303ded"
      "0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade" },
    { "17.2 RTCP, AES-256", SRTP_AEAD_AES_256_GCM, SRTP_RTCP, KEY_256, 0x4d617273, 0x5d4, RTCP, 8,
      "d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50 a2eaa5c1 110555be 8415f658 c61de047"
      "6f1b6fad 1d1eb30c 4446839f 57ff6f6c b26ac3be" },
};

START_TEST(the_packets_of_rfc_7714_are_sealed_and_opened)
{
    for (size_t i = 0; i < sizeof(packets) / sizeof(*packets); i++) {
        uint8_t key[TEXT_MAX];
        uint8_t salt[TEXT_MAX];
        uint8_t packet[TEXT_MAX];
        uint8_t plain[TEXT_MAX];
        size_t header = packets[i].header_length;
        size_t length = bytes_of(packets[i].packet, packet);
        struct srtp_passage passage = {
            .protocol = packets[i].protocol,
            .ssrc = packets[i].ssrc,
            .index = packets[i].index,
            .packet = packet,
            .header_length = header,
            .payload_length = length - header,
            .is_encrypted = true,
        };
        bytes_of(packets[i].key, key);
        bytes_of("517569642070726f2071756f", salt);
        struct srtp_cipher *cipher = srtp_cipher_new_session(packets[i].suite, key, salt, NULL);
        srtp_cipher_seal(cipher, &passage, packet + header, packet + length);
        check_bytes(packets[i].fact, packet + header, packets[i].sealed);
        ck_assert_int_eq(srtp_cipher_open(cipher, &passage, packet + length, plain), STATUS_OK);
        bytes_of(packets[i].packet, packet);
        ck_assert_mem_eq(plain, packet + header, length - header);
        srtp_cipher_free(cipher);
    }
}
END_TEST

SUITE_MAIN("media/srtp_vectors", session_keys_are_derived_as_the_rfcs_derive_them,
           the_keystream_of_65282_blocks_is_that_of_the_rfcs,
           the_packets_of_rfc_7714_are_sealed_and_opened)
