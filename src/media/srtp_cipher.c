// SPDX-License-Identifier: ISC
#include "media/srtp_cipher.h"

#include "util/memory.h"

#include <nettle/aes.h>
#include <nettle/ctr.h>
#include <nettle/gcm.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>

#include <stdlib.h>

enum {
    AUTHENTICATION_BYTES = 20,
    BLOCK = AES_BLOCK_SIZE,
    RTCP_HEADER_BYTES = 8,
    RTCP_WORD_BYTES = 4, // E and index
    LABEL_OFFSET = 7,
    SSRC_OFFSET = 4,
    INDEX_OFFSET = 8 // of 48 bits, before the 16 that count blocks
};

union aes {
    struct aes128_ctx aes128;
    struct aes256_ctx aes256;
};

struct srtp_cipher {
    const struct srtp_suite_facts *facts;
    nettle_cipher_func *encrypt;
    union aes aes;
    union {
        struct hmac_sha1_ctx hmac;
        struct gcm_key gcm;
    };
    uint8_t salt[BLOCK]; // zeros behind
};

static void encrypt_128(const void *context, size_t length, uint8_t *out, const uint8_t *in)
{
    aes128_encrypt(context, length, out, in);
}

static void encrypt_256(const void *context, size_t length, uint8_t *out, const uint8_t *in)
{
    aes256_encrypt(context, length, out, in);
}

static nettle_cipher_func *set_key(union aes *aes, const struct srtp_suite_facts *facts,
                                   const uint8_t *key)
{
    if (facts->key_length == AES128_KEY_SIZE) {
        aes128_set_encrypt_key(&aes->aes128, key);
        return encrypt_128;
    }
    aes256_set_encrypt_key(&aes->aes256, key);
    return encrypt_256;
}

static void write_bytes(uint8_t *bytes, uint64_t number, int count)
{
    while (count--) {
        bytes[count] = (uint8_t)number;
        number >>= 8;
    }
}

static void xor_bytes(uint8_t *bytes, const uint8_t *others, size_t count)
{
    for (size_t i = 0; i < count; i++)
        bytes[i] ^= others[i];
}

void srtp_derive(enum srtp_suite suite, const uint8_t *master, uint8_t label, uint8_t *derived,
                 size_t length)
{
    const struct srtp_suite_facts *facts = srtp_suite_facts(suite);
    uint8_t block[BLOCK] = { 0 };
    union aes aes;
    nettle_cipher_func *encrypt = set_key(&aes, facts, master);
    /* A salt of 12 bytes has zeros behind it (RFC 7714 11). No key derivation rate is spoken. */
    memcpy(block, master + facts->key_length, facts->salt_length);
    block[LABEL_OFFSET] ^= label;
    memset(derived, 0, length);
    ctr_crypt(&aes, encrypt, BLOCK, block, length, derived, derived);
    memory_erase(&aes, sizeof(aes));
    memory_erase(block, sizeof(block));
}

struct srtp_cipher *srtp_cipher_new_session(enum srtp_suite suite, const uint8_t *encryption,
                                            const uint8_t *salt, const uint8_t *authentication)
{
    struct srtp_cipher *cipher = memory_new(sizeof(*cipher));
    cipher->facts = srtp_suite_facts(suite);
    cipher->encrypt = set_key(&cipher->aes, cipher->facts, encryption);
    memcpy(cipher->salt, salt, cipher->facts->salt_length);
    if (cipher->facts->is_aead)
        gcm_set_key(&cipher->gcm, &cipher->aes, cipher->encrypt);
    else
        hmac_sha1_set_key(&cipher->hmac, AUTHENTICATION_BYTES, authentication);
    return cipher;
}

struct srtp_cipher *srtp_cipher_new(const struct srtp_key *key, enum srtp_protocol protocol)
{
    const struct srtp_suite_facts *facts = srtp_suite_facts(key->suite);
    uint8_t first_label = protocol == SRTP_RTP ? 0 : 3;
    uint8_t encryption[SRTP_KEY_MAX];
    uint8_t authentication[AUTHENTICATION_BYTES];
    uint8_t salt[SRTP_SALT_MAX];
    srtp_derive(key->suite, key->master, first_label, encryption, facts->key_length);
    srtp_derive(key->suite, key->master, first_label + 1, authentication, sizeof(authentication));
    srtp_derive(key->suite, key->master, first_label + 2, salt, facts->salt_length);
    struct srtp_cipher *cipher =
        srtp_cipher_new_session(key->suite, encryption, salt, authentication);
    memory_erase(encryption, sizeof(encryption));
    memory_erase(authentication, sizeof(authentication));
    memory_erase(salt, sizeof(salt));
    return cipher;
}

static size_t tag_length(const struct srtp_cipher *cipher, const struct srtp_passage *passage)
{
    return passage->protocol == SRTP_RTP ? cipher->facts->rtp_tag_length
                                         : cipher->facts->rtcp_tag_length;
}

static void write_rtcp_word(const struct srtp_passage *passage, uint8_t word[RTCP_WORD_BYTES])
{
    write_bytes(word, passage->index | (passage->is_encrypted ? 0x80000000u : 0), RTCP_WORD_BYTES);
}

/* RFC 3711 4.1.1. */
static void count_blocks(struct srtp_cipher *cipher, const struct srtp_passage *passage,
                         const uint8_t *from, uint8_t *to)
{
    uint8_t counter[BLOCK] = { 0 };
    write_bytes(counter + SSRC_OFFSET, passage->ssrc, 4);
    write_bytes(counter + INDEX_OFFSET, passage->index, 6);
    xor_bytes(counter, cipher->salt, BLOCK);
    ctr_crypt(&cipher->aes, cipher->encrypt, BLOCK, counter, passage->payload_length, to, from);
}

/* RFC 3711 4.2: of RTP the roll-over counter, of RTCP the word with its index is added. The context
 * is ready for the next packet behind this. */
static void authenticate(struct srtp_cipher *cipher, const struct srtp_passage *passage,
                         uint8_t *tag, size_t length)
{
    uint8_t behind[4];
    if (passage->protocol == SRTP_RTP)
        write_bytes(behind, passage->index >> 16, sizeof(behind));
    else
        write_rtcp_word(passage, behind);
    hmac_sha1_update(&cipher->hmac, passage->header_length + passage->payload_length,
                     passage->packet);
    hmac_sha1_update(&cipher->hmac, sizeof(behind), behind);
    hmac_sha1_digest(&cipher->hmac, length, tag);
}

/* RFC 7714 8.1, 9.1: the nonce, then what is authenticated only: of RTCP its word, too. */
static void begin_gcm(struct srtp_cipher *cipher, const struct srtp_passage *passage,
                      struct gcm_ctx *context)
{
    uint8_t nonce[GCM_IV_SIZE] = { 0 };
    uint8_t joined[RTCP_HEADER_BYTES + RTCP_WORD_BYTES];
    write_bytes(nonce + 2, passage->ssrc, 4);
    write_bytes(nonce + 6, passage->index, 6);
    xor_bytes(nonce, cipher->salt, sizeof(nonce));
    gcm_set_iv(context, &cipher->gcm, sizeof(nonce), nonce);
    if (passage->protocol == SRTP_RTP) {
        gcm_update(context, &cipher->gcm, passage->header_length, passage->packet);
        return;
    }
    memcpy(joined, passage->packet, RTCP_HEADER_BYTES);
    write_rtcp_word(passage, joined + RTCP_HEADER_BYTES);
    gcm_update(context, &cipher->gcm, sizeof(joined), joined);
}

void srtp_cipher_seal(struct srtp_cipher *cipher, const struct srtp_passage *passage,
                      uint8_t *payload, uint8_t *tag)
{
    struct gcm_ctx context;
    if (!cipher->facts->is_aead) {
        count_blocks(cipher, passage, payload, payload);
        authenticate(cipher, passage, tag, tag_length(cipher, passage));
        return;
    }
    begin_gcm(cipher, passage, &context);
    gcm_encrypt(&context, &cipher->gcm, &cipher->aes, cipher->encrypt, passage->payload_length,
                payload, payload);
    gcm_digest(&context, &cipher->gcm, &cipher->aes, cipher->encrypt, GCM_DIGEST_SIZE, tag);
}

static enum status open_counted(struct srtp_cipher *cipher, const struct srtp_passage *passage,
                                const uint8_t *tag, uint8_t *plain)
{
    uint8_t right[AUTHENTICATION_BYTES];
    size_t length = tag_length(cipher, passage);
    authenticate(cipher, passage, right, length);
    if (!memeql_sec(right, tag, length))
        return STATUS_REFUSED;
    count_blocks(cipher, passage, passage->packet + passage->header_length, plain);
    return STATUS_OK;
}

enum status srtp_cipher_open(struct srtp_cipher *cipher, const struct srtp_passage *passage,
                             const uint8_t *tag, uint8_t *plain)
{
    struct gcm_ctx context;
    uint8_t right[GCM_DIGEST_SIZE];
    if (!cipher->facts->is_aead)
        return open_counted(cipher, passage, tag, plain);
    begin_gcm(cipher, passage, &context);
    gcm_decrypt(&context, &cipher->gcm, &cipher->aes, cipher->encrypt, passage->payload_length,
                plain, passage->packet + passage->header_length);
    gcm_digest(&context, &cipher->gcm, &cipher->aes, cipher->encrypt, sizeof(right), right);
    if (memeql_sec(right, tag, sizeof(right)))
        return STATUS_OK;
    memset(plain, 0, passage->payload_length);
    return STATUS_REFUSED;
}

void srtp_cipher_free(struct srtp_cipher *cipher)
{
    if (!cipher)
        return;
    memory_erase(cipher, sizeof(*cipher));
    free(cipher);
}
