// SPDX-License-Identifier: ISC
// Nonce, counter and credentials of one realm (RFC 7616 3.4 and 3.5, RFC 3261 22.4).
#include "sip/digest_realm.h"

#include "util/limits.h"
#include "util/log.h"
#include "util/memory.h"

#include <stdlib.h>

enum {
    COUNT_DIGITS = 8
};

static void keep_text(struct slice *kept, struct slice text)
{
    char *copy = memory_new(text.length + 1);
    if (text.length)
        memcpy(copy, text.data, text.length);
    free((char *)(uintptr_t)kept->data);
    *kept = slice_make(copy, text.length);
}

static void drop_text(struct slice *kept)
{
    free((char *)(uintptr_t)kept->data);
    *kept = (struct slice){ NULL, 0 };
}

void sip_digest_realm_init(struct digest_realm *realm, bool is_proxy, struct slice name)
{
    *realm = (struct digest_realm){ .is_used = true, .is_proxy = is_proxy };
    keep_text(&realm->realm, name);
}

bool sip_digest_realm_is(const struct digest_realm *realm, bool is_proxy, struct slice name)
{
    return realm->is_used && realm->is_proxy == is_proxy && slice_equal(realm->realm, name);
}

static void make_cnonce(struct random *random, char *cnonce)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[DIGEST_CNONCE_BYTES / 2];
    random_bytes(random, bytes, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++) {
        cnonce[2 * i] = digits[bytes[i] >> 4];
        cnonce[2 * i + 1] = digits[bytes[i] & 15];
    }
    cnonce[DIGEST_CNONCE_BYTES - 1] = '\0';
}

static void compute_ha1(struct digest_realm *realm, const struct digest_user *user,
                        enum digest_algorithm algorithm)
{
    if (realm->algorithm == algorithm)
        return;
    const struct slice parts[] = { user->username, realm->realm, user->password };
    sip_digest_hash(algorithm, parts, 3, realm->ha1);
    realm->algorithm = algorithm;
}

// The key of a "-sess" algorithm is made once, of the challenge's nonce and the first cnonce.
static void compute_session_ha1(struct digest_realm *realm, struct random *random)
{
    make_cnonce(random, realm->session_cnonce);
    const struct slice parts[] = { slice_of(realm->ha1), realm->nonce,
                                   slice_of(realm->session_cnonce) };
    sip_digest_hash(realm->algorithm, parts, 3, realm->session_ha1);
}

static void take_nonce(struct digest_realm *realm, struct slice nonce)
{
    if (realm->has_nonce && slice_equal(realm->nonce, nonce))
        return;
    keep_text(&realm->nonce, nonce);
    realm->has_nonce = true;
    realm->count = 0;
    memset(realm->sent, 0, sizeof(realm->sent));
}

static void take_algorithm_text(struct digest_realm *realm, struct slice text)
{
    memset(realm->algorithm_text, 0, sizeof(realm->algorithm_text));
    if (text.length && text.length < DIGEST_ALGORITHM_BYTES)
        memcpy(realm->algorithm_text, text.data, text.length);
}

void sip_digest_realm_challenged(struct digest_realm *realm, const struct digest_user *user,
                                 const struct sip_challenge *challenge, struct random *random)
{
    take_nonce(realm, challenge->nonce);
    keep_text(&realm->opaque, challenge->opaque);
    realm->has_opaque = challenge->has_opaque;
    realm->qop = QOP_NONE;
    if (challenge->has_qop)
        realm->qop = challenge->has_qop_auth ? QOP_AUTH : QOP_AUTH_INT;
    take_algorithm_text(realm, challenge->algorithm_text);
    compute_ha1(realm, user, challenge->algorithm);
    realm->is_session = challenge->is_session;
    if (realm->is_session)
        compute_session_ha1(realm, random);
}

void sip_digest_realm_drop_nonce(struct digest_realm *realm)
{
    drop_text(&realm->nonce);
    drop_text(&realm->opaque);
    realm->has_nonce = realm->has_opaque = false;
    realm->count = 0;
    memset(realm->sent, 0, sizeof(realm->sent));
    memory_erase(realm->session_ha1, sizeof(realm->session_ha1));
}

static void remember_sent(struct digest_realm *realm, const struct digest_question *question)
{
    struct digest_sent *sent = &realm->sent[realm->count % DIGEST_SENT_REMEMBERED];
    *sent = (struct digest_sent){ .count = realm->count };
    memcpy(sent->cnonce, question->cnonce.data, question->cnonce.length);
    if (realm->qop != QOP_AUTH)
        return;
    struct digest_question proof = *question;
    proof.method = slice_empty(); // 3.5: A2 is ":" uri
    sip_digest_response(&proof, sent->rspauth);
}

static void append_quoted(struct buffer *value, const char *name, struct slice text)
{
    buffer_append_text(value, name);
    sip_writer_quote(value, text);
}

// Nonce and opaque keep the escapes they came with: byte for byte.
static void append_verbatim(struct buffer *value, const char *name, struct slice text)
{
    buffer_append_text(value, name);
    buffer_append_byte(value, '"');
    buffer_append(value, text);
    buffer_append_byte(value, '"');
}

// Quoted and unquoted exactly as RFC 7616 3.4 says: servers are picky (P04a).
static void append_credentials(struct buffer *value, const struct digest_realm *realm,
                               struct slice username, const struct digest_question *question)
{
    char response[DIGEST_HEX_BYTES];
    sip_digest_response(question, response);
    append_quoted(value, "Digest username=", username);
    append_quoted(value, ", realm=", realm->realm);
    append_verbatim(value, ", nonce=", realm->nonce);
    append_quoted(value, ", uri=", question->uri);
    append_verbatim(value, ", response=", slice_of(response));
    if (realm->algorithm_text[0]) {
        buffer_append_text(value, ", algorithm=");
        buffer_append_text(value, realm->algorithm_text);
    }
    if (realm->has_opaque)
        append_verbatim(value, ", opaque=", realm->opaque);
    if (realm->qop == QOP_NONE)
        return;
    append_verbatim(value, ", cnonce=", question->cnonce);
    buffer_append_text(value, ", qop=");
    buffer_append(value, question->qop);
    buffer_append_text(value, ", nc=");
    buffer_append(value, question->count);
}

static void write_count(uint32_t number, char *text)
{
    for (size_t i = 0; i < COUNT_DIGITS; i++)
        text[i] = "0123456789abcdef"[number >> (28 - 4 * i) & 15];
}

void sip_digest_realm_answer(struct digest_realm *realm, const struct digest_user *user,
                             const struct digest_question *request, struct random *random,
                             struct sip_writer *lines)
{
    static const char *const qop_texts[] = {
        [QOP_NONE] = "", [QOP_AUTH] = "auth", [QOP_AUTH_INT] = "auth-int"
    };
    char cnonce[DIGEST_CNONCE_BYTES];
    char count[COUNT_DIGITS];
    struct digest_question question = *request;
    make_cnonce(random, cnonce);
    write_count(realm->count, count);
    question.algorithm = realm->algorithm;
    question.ha1 = slice_of(realm->is_session ? realm->session_ha1 : realm->ha1);
    question.nonce = realm->nonce;
    question.qop = slice_of(qop_texts[realm->qop]);
    question.count = slice_make(count, COUNT_DIGITS);
    question.cnonce = slice_of(realm->is_session ? realm->session_cnonce : cnonce);
    remember_sent(realm, &question);

    struct buffer value;
    buffer_init(&value, LIMIT_SIP_HEADER_BLOCK);
    append_credentials(&value, realm, user->username, &question);
    sip_writer_header(lines,
                      realm->is_proxy ? SIP_HEADER_PROXY_AUTHORIZATION : SIP_HEADER_AUTHORIZATION,
                      buffer_slice(&value));
    buffer_free(&value);
}

static void read_info_value(struct slice rest, struct digest_info *info)
{
    struct slice name;
    struct slice value;
    while (sip_challenge_parameter_next(&rest, &name, &value)) {
        if (slice_equal_ignoring_case(name, slice_of("nextnonce")))
            info->next_nonce = value;
        else if (slice_equal_ignoring_case(name, slice_of("rspauth")))
            info->rspauth = value;
        else if (slice_equal_ignoring_case(name, slice_of("cnonce")))
            info->cnonce = value;
    }
}

bool sip_digest_info_read(const struct sip_message *response, bool is_proxy,
                          struct digest_info *info)
{
    const char *name = is_proxy ? "Proxy-Authentication-Info" : "Authentication-Info";
    const struct sip_header *header;
    size_t index = 0;
    *info = (struct digest_info){ slice_empty(), slice_empty(), slice_empty() };
    while ((header = sip_message_header_named(response, slice_of(name), index))) {
        read_info_value(header->value, info);
        index++;
    }
    return index != 0;
}

// The answer of ours that the information is about; NULL when it is none we remember.
static const struct digest_sent *find_sent(const struct digest_realm *realm,
                                           const struct digest_info *info)
{
    const struct digest_sent *found = NULL;
    for (size_t i = 0; i < DIGEST_SENT_REMEMBERED; i++) {
        const struct digest_sent *sent = &realm->sent[i];
        bool is_meant =
            slice_is_empty(info->cnonce) || slice_equal(info->cnonce, slice_of(sent->cnonce));
        if (sent->count && is_meant && (!found || sent->count > found->count))
            found = sent;
    }
    return found;
}

enum status sip_digest_realm_informed(struct digest_realm *realm, const struct digest_info *info,
                                      bool is_trusted)
{
    const struct digest_sent *sent = find_sent(realm, info);
    if (!sent)
        return STATUS_OK;
    bool has_proof = !slice_is_empty(info->rspauth) && sent->rspauth[0];
    if (has_proof && !slice_equal_ignoring_case(info->rspauth, slice_of(sent->rspauth))) {
        LOG(DEBUG, "rspauth is wrong", SLICE("realm", realm->realm));
        return STATUS_REFUSED;
    }
    // Anyone a call reaches can put the header into its answer: no proof, no belief.
    bool is_usable =
        !slice_is_empty(info->next_nonce) && info->next_nonce.length <= LIMIT_SIP_DIGEST_VALUE;
    if (is_usable && (is_trusted || has_proof))
        take_nonce(realm, info->next_nonce);
    return STATUS_OK;
}

void sip_digest_realm_clear(struct digest_realm *realm)
{
    drop_text(&realm->nonce);
    drop_text(&realm->opaque);
    drop_text(&realm->realm);
    memory_erase(realm, sizeof(*realm));
}
