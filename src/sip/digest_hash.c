// SPDX-License-Identifier: ISC
// MD5, SHA-256 and SHA-512/256 over joined texts (RFC 7616 3.4). The only file of sip that sees
// nettle.
#include "sip/digest_hash.h"

#include "util/memory.h"

#include <nettle/md5.h>
#include <nettle/sha2.h>

union hash_context {
    struct md5_ctx md5;
    struct sha256_ctx sha256;
    struct sha512_256_ctx sha512_256;
};

enum {
    HASH_BYTES_MAX = 32
};

static void hash_init(enum digest_algorithm algorithm, union hash_context *context)
{
    switch (algorithm) {
    case DIGEST_SHA256:
        sha256_init(&context->sha256);
        break;
    case DIGEST_SHA512_256:
        sha512_256_init(&context->sha512_256);
        break;
    case DIGEST_MD5:
    case DIGEST_UNKNOWN:
        md5_init(&context->md5);
        break;
    }
}

static void hash_update(enum digest_algorithm algorithm, union hash_context *context,
                        struct slice text)
{
    const uint8_t *bytes = (const uint8_t *)text.data;
    switch (algorithm) {
    case DIGEST_SHA256:
        sha256_update(&context->sha256, text.length, bytes);
        break;
    case DIGEST_SHA512_256:
        sha512_update(&context->sha512_256, text.length, bytes);
        break;
    case DIGEST_MD5:
    case DIGEST_UNKNOWN:
        md5_update(&context->md5, text.length, bytes);
        break;
    }
}

// Returns the hash's length.
static size_t hash_finish(enum digest_algorithm algorithm, union hash_context *context,
                          uint8_t *bytes)
{
    switch (algorithm) {
    case DIGEST_SHA256:
        sha256_digest(&context->sha256, SHA256_DIGEST_SIZE, bytes);
        return SHA256_DIGEST_SIZE;
    case DIGEST_SHA512_256:
        sha512_256_digest(&context->sha512_256, SHA512_256_DIGEST_SIZE, bytes);
        return SHA512_256_DIGEST_SIZE;
    case DIGEST_MD5:
    case DIGEST_UNKNOWN:
        break;
    }
    md5_digest(&context->md5, MD5_DIGEST_SIZE, bytes);
    return MD5_DIGEST_SIZE;
}

void sip_digest_hash(enum digest_algorithm algorithm, const struct slice *parts, size_t count,
                     char *hex)
{
    static const char digits[] = "0123456789abcdef";
    union hash_context context;
    uint8_t bytes[HASH_BYTES_MAX];
    hash_init(algorithm, &context);
    for (size_t i = 0; i < count; i++) {
        if (i)
            hash_update(algorithm, &context, slice_of(":"));
        hash_update(algorithm, &context, parts[i]);
    }
    size_t length = hash_finish(algorithm, &context, bytes);
    for (size_t i = 0; i < length; i++) {
        hex[2 * i] = digits[bytes[i] >> 4];
        hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    hex[2 * length] = '\0';
    memory_erase(&context, sizeof(context));
    memory_erase(bytes, sizeof(bytes));
}

// H(A2), 3.4.3.
static void hash_a2(const struct digest_question *question, char *hex)
{
    char body_hex[DIGEST_HEX_BYTES];
    struct slice parts[] = { question->method, question->uri, slice_empty() };
    size_t count = 2;
    if (slice_equal(question->qop, slice_of("auth-int"))) {
        sip_digest_hash(question->algorithm, &question->body, 1, body_hex);
        parts[count++] = slice_of(body_hex);
    }
    sip_digest_hash(question->algorithm, parts, count, hex);
}

void sip_digest_response(const struct digest_question *question, char *hex)
{
    char a2[DIGEST_HEX_BYTES];
    hash_a2(question, a2);
    if (slice_is_empty(question->qop)) {
        const struct slice parts[] = { question->ha1, question->nonce, slice_of(a2) };
        sip_digest_hash(question->algorithm, parts, 3, hex);
        return;
    }
    const struct slice parts[] = { question->ha1,    question->nonce, question->count,
                                   question->cnonce, question->qop,   slice_of(a2) };
    sip_digest_hash(question->algorithm, parts, 6, hex);
}
