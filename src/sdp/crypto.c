// SPDX-License-Identifier: ISC
#include "sdp/crypto.h"

#include "util/encoding.h"
#include "util/memory.h"

enum {
    TAG_MAX = 999999999, // nine digits
    LIFETIME_BITS = 48
};

/* Decimal, without leading zeros (RFC 4568 4.1, 6.1, 6.3). */
static bool read_number(struct slice text, uint64_t maximum, uint64_t *number)
{
    if (text.length > 1 && text.data[0] == '0')
        return false;
    return slice_to_number(text, maximum, number) == STATUS_OK;
}

static bool skip_prefix(struct slice *text, const char *prefix)
{
    if (!slice_starts_with_ignoring_case(*text, slice_of(prefix)))
        return false;
    *text = slice_skip(*text, strlen(prefix));
    return true;
}

/* "2^20", "1048576" */
static bool is_lifetime(struct slice text)
{
    uint64_t number;
    if (skip_prefix(&text, "2^"))
        return read_number(text, LIFETIME_BITS, &number);
    return read_number(text, UINT64_C(1) << LIFETIME_BITS, &number) && number > 0;
}

/* "1:4": the value that names the key, and its bytes. */
static bool read_mki(struct slice text, struct srtp_key *key)
{
    struct slice length_text;
    uint64_t value;
    uint64_t length;
    if (!read_number(slice_cut(text, ':', &length_text), UINT64_MAX, &value) ||
        !read_number(length_text, LIMIT_SRTP_MKI, &length) || length == 0)
        return false;
    if (length < sizeof(value) && value >> 8 * length)
        return false;
    key->mki_length = (size_t)length;
    for (size_t i = key->mki_length; i; i--) {
        key->mki[i - 1] = (uint8_t)value;
        value >>= 8;
    }
    return true;
}

/* There is one way to write a key; only the padding may be missing, but not in part. */
static bool is_written_so(struct slice text, const uint8_t *master, size_t length)
{
    struct buffer again;
    buffer_init(&again, 2 * SRTP_MASTER_MAX);
    encoding_append_base64(&again, master, length);
    struct slice padded = buffer_slice(&again);
    struct slice bare = padded;
    while (bare.length && bare.data[bare.length - 1] == '=')
        bare.length--;
    bool is_so = slice_equal(text, padded) || slice_equal(text, bare);
    buffer_free(&again);
    return is_so;
}

static bool read_master(struct slice text, struct srtp_key *key)
{
    size_t length = srtp_suite_master_length(key->suite);
    struct buffer decoded;
    if (text.length > 2 * SRTP_MASTER_MAX)
        return false;
    buffer_init(&decoded, 2 * SRTP_MASTER_MAX);
    bool is_right = encoding_decode_base64(text, &decoded) == STATUS_OK &&
                    decoded.length == length &&
                    is_written_so(text, (const uint8_t *)decoded.data, length);
    if (is_right)
        memcpy(key->master, decoded.data, length);
    buffer_free(&decoded);
    return is_right;
}

/* inline:KEY|LIFETIME|MKI:LENGTH, of which the last two may be missing. */
static enum status read_key(struct slice text, struct srtp_key *key)
{
    struct slice rest;
    size_t index;
    if (slice_find(text, ';', &index))
        return STATUS_UNSUPPORTED; /* several keys, which change without an offer */
    if (!skip_prefix(&text, "inline:"))
        return STATUS_MALFORMED;
    if (!read_master(slice_cut(text, '|', &rest), key))
        return STATUS_MALFORMED;
    if (!rest.data)
        return STATUS_OK;
    struct slice part = slice_cut(rest, '|', &rest);
    if (!slice_find(part, ':', &index)) {
        if (!is_lifetime(part))
            return STATUS_MALFORMED;
        if (!rest.data)
            return STATUS_OK;
        part = slice_cut(rest, '|', &rest);
    }
    return read_mki(part, key) && !rest.data ? STATUS_OK : STATUS_MALFORMED;
}

/* RFC 4568 6.3. There is no FEC of ours, so that its order is harmless as long as it is the usual
 * one; the size of a window is a hint. What is not known must not be passed over. */
static enum status check_parameter(struct slice word)
{
    uint64_t number;
    if (word.data[0] == '-' || slice_equal_ignoring_case(word, slice_of("FEC_ORDER=FEC_SRTP")))
        return STATUS_OK;
    if (skip_prefix(&word, "WSH="))
        return read_number(word, UINT32_MAX, &number) ? STATUS_OK : STATUS_MALFORMED;
    return STATUS_UNSUPPORTED;
}

static enum status read_crypto(struct slice value, struct sdp_crypto *crypto)
{
    uint64_t tag;
    struct slice rest = value;
    if (!read_number(slice_take_word(&rest), TAG_MAX, &tag))
        return STATUS_MALFORMED;
    struct slice suite = slice_take_word(&rest);
    struct slice key = slice_take_word(&rest);
    if (slice_is_empty(key))
        return STATUS_MALFORMED;
    crypto->tag = (uint32_t)tag;
    crypto->key.suite = srtp_suite_from_text(suite);
    if (crypto->key.suite == SRTP_NONE)
        return STATUS_UNSUPPORTED;
    enum status status = read_key(key, &crypto->key);
    for (struct slice word = slice_take_word(&rest); status == STATUS_OK && word.length;
         word = slice_take_word(&rest))
        status = check_parameter(word);
    return status;
}

enum status sdp_crypto_parse(struct slice value, struct sdp_crypto *crypto)
{
    struct sdp_crypto read = { .tag = 0 };
    enum status status = read_crypto(value, &read);
    if (status == STATUS_OK)
        *crypto = read;
    memory_erase(&read, sizeof(read));
    return status;
}

void sdp_crypto_write(struct buffer *buffer, const struct sdp_crypto *crypto)
{
    const struct srtp_key *key = &crypto->key;
    buffer_append_format(buffer, "%u %s inline:", crypto->tag, srtp_suite_facts(key->suite)->name);
    encoding_append_base64(buffer, key->master, srtp_suite_master_length(key->suite));
}
