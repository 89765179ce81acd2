// SPDX-License-Identifier: ISC
// Which challenge is answered, and how often (RFC 3261 22, RFC 7616, RFC 8760; threats A1 to
// A4). The grammar is challenge.c's, nonces and credentials are digest_realm.c's.
#include "sip/digest.h"

#include "sip/digest_realm.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/memory.h"

#include <stdlib.h>

enum {
    CHALLENGES_PER_REQUEST = 3 // a proxy's, the registrar's, one stale
};

// A request that was challenged: its retry has `next_cseq`.
struct challenged_request {
    bool is_used;
    uint64_t call_id_hash;
    uint64_t use;
    enum sip_method method;
    uint32_t next_cseq;
    uint8_t challenges;
    uint8_t answers[LIMIT_SIP_DIGEST_REALMS]; // by index of the realm
};

struct sip_digest {
    struct digest_user user; // owned, as are the realms
    struct slice *only_realms;
    size_t only_realm_count; // 0: learn
    bool is_md5_allowed;
    struct random *random;
    uint64_t step;
    struct digest_realm realms[LIMIT_SIP_DIGEST_REALMS];
    struct challenged_request requests[LIMIT_SIP_DIGEST_REQUESTS];
    size_t next_request;
};

// Why a challenge is not answered; where several are, the greatest is told.
enum refusal {
    REFUSAL_NO_CHALLENGE,
    REFUSAL_SCHEME,
    REFUSAL_MALFORMED,
    REFUSAL_ALGORITHM,
    REFUSAL_QOP,
    REFUSAL_WEAKER,
    REFUSAL_MD5,
    REFUSAL_REALM_UNKNOWN,
    REFUSAL_REALM_OTHER,
    REFUSAL_ENDLESS,
    REFUSAL_PASSWORD,
    ACCEPTABLE
};

static const char *const refusal_texts[] = {
    [REFUSAL_NO_CHALLENGE] = "the server asks for credentials but sends no challenge",
    [REFUSAL_SCHEME] = "the server asks for an authentication scheme other than Digest, which is "
                       "the only one we speak",
    [REFUSAL_MALFORMED] = "the server's challenge cannot be read",
    [REFUSAL_ALGORITHM] = "the server offers only digest algorithms that we do not know; we speak "
                          "SHA-256, SHA-512-256 and, if allowed, MD5",
    [REFUSAL_QOP] = "the server offers no digest quality of protection that we know; we speak auth "
                    "and auth-int",
    [REFUSAL_WEAKER] = "someone asks for credentials without the protection (qop) that the "
                       "registrar asks for",
    [REFUSAL_MD5] =
        "the server offers only MD5: it may not know this user, so check username and aor "
        "first; where it cannot do better, auth.allow_md5 = true permits it",
    [REFUSAL_REALM_UNKNOWN] = "someone asks for credentials in a realm in which we never "
                              "registered: if it is the provider's, list it in auth.realm, "
                              "beside the registrar's own",
    [REFUSAL_REALM_OTHER] = "the server asks for credentials in another realm than auth.realm "
                            "lists",
    [REFUSAL_ENDLESS] = "the server challenges every attempt anew",
    [REFUSAL_PASSWORD] = "the server does not accept our credentials: check username and password",
};

static struct slice copy_text(struct slice text)
{
    char *copy = memory_new(text.length + 1);
    if (text.length)
        memcpy(copy, text.data, text.length);
    return slice_make(copy, text.length);
}

static void erase_text(struct slice text)
{
    char *copy = (char *)(uintptr_t)text.data;
    memory_erase(copy, text.length);
    free(copy);
}

static void take_settings(struct sip_digest *digest, const struct sip_digest_settings *settings)
{
    digest->user.username = copy_text(settings->username);
    digest->user.password = copy_text(settings->password);
    digest->only_realm_count = settings->realm_count;
    digest->only_realms = memory_new((settings->realm_count + 1) * sizeof(*digest->only_realms));
    for (size_t i = 0; i < settings->realm_count; i++)
        digest->only_realms[i] = copy_text(slice_of(settings->realms[i]));
    digest->is_md5_allowed = settings->allow_md5;
}

// Everything that a server or the configuration has said.
static void clear(struct sip_digest *digest)
{
    for (size_t i = 0; i < LIMIT_SIP_DIGEST_REALMS; i++)
        sip_digest_realm_clear(&digest->realms[i]);
    memset(digest->requests, 0, sizeof(digest->requests));
    erase_text(digest->user.username);
    erase_text(digest->user.password);
    for (size_t i = 0; i < digest->only_realm_count; i++)
        erase_text(digest->only_realms[i]);
    free(digest->only_realms);
    digest->only_realms = NULL;
    digest->only_realm_count = 0;
}

struct sip_digest *sip_digest_new(const struct sip_digest_settings *settings, struct random *random)
{
    struct sip_digest *digest = memory_new(sizeof(*digest));
    take_settings(digest, settings);
    digest->random = random;
    return digest;
}

void sip_digest_reconfigure(struct sip_digest *digest, const struct sip_digest_settings *settings)
{
    clear(digest);
    take_settings(digest, settings);
}

bool sip_digest_knows_realm(const struct sip_digest *digest, struct slice realm)
{
    for (size_t i = 0; i < digest->only_realm_count; i++)
        if (slice_equal(digest->only_realms[i], realm))
            return true;
    for (size_t i = 0; !digest->only_realm_count && i < LIMIT_SIP_DIGEST_REALMS; i++)
        if (digest->realms[i].is_good && slice_equal(digest->realms[i].realm, realm))
            return true;
    return false;
}

// How the registrar has asked is known, and it was without qop: in that realm or, where it never
// asked in it (one that auth.realm lists), in all of its own.
static bool is_registrar_weak(const struct sip_digest *digest, struct slice realm)
{
    bool has_asked_here = false;
    bool is_weak_here = false;
    bool is_weak = false;
    bool is_strong = false;
    for (size_t i = 0; i < LIMIT_SIP_DIGEST_REALMS; i++) {
        const struct digest_realm *known = &digest->realms[i];
        if (!known->is_good)
            continue;
        bool is_here = slice_equal(known->realm, realm);
        has_asked_here |= is_here;
        is_weak_here |= is_here && known->qop == QOP_NONE;
        is_weak |= known->qop == QOP_NONE;
        is_strong |= known->qop != QOP_NONE;
    }
    return has_asked_here ? is_weak_here : is_weak && !is_strong;
}

static bool is_qop_usable(const struct sip_challenge *challenge)
{
    if (challenge->has_qop_auth || challenge->has_qop_auth_int)
        return true;
    // RFC 2069 style has no cnonce, which a session key needs.
    return !challenge->has_qop && !challenge->is_session;
}

static enum refusal judge_challenge(const struct sip_digest *digest, enum sip_method method,
                                    const struct sip_challenge *challenge)
{
    if (!challenge->is_digest)
        return REFUSAL_SCHEME;
    if (challenge->is_malformed)
        return REFUSAL_MALFORMED;
    if (challenge->algorithm == DIGEST_UNKNOWN)
        return REFUSAL_ALGORITHM;
    if (!is_qop_usable(challenge))
        return REFUSAL_QOP;
    if (challenge->algorithm == DIGEST_MD5 && !digest->is_md5_allowed)
        return REFUSAL_MD5;
    bool is_learning = !digest->only_realm_count;
    if ((is_learning && method == SIP_METHOD_REGISTER) ||
        sip_digest_knows_realm(digest, challenge->realm))
        return ACCEPTABLE;
    return is_learning ? REFUSAL_REALM_UNKNOWN : REFUSAL_REALM_OTHER;
}

static enum refusal judge(const struct sip_digest *digest, enum sip_method method,
                          const struct sip_challenge *challenge)
{
    enum refusal refusal = judge_challenge(digest, method, challenge);
    bool is_weaker = method != SIP_METHOD_REGISTER && !challenge->has_qop &&
                     !is_registrar_weak(digest, challenge->realm);
    return refusal == ACCEPTABLE && is_weaker ? REFUSAL_WEAKER : refusal;
}

// Whether an earlier challenge (or, against MD5, any stronger one) of the same realm is to be
// taken.
static bool is_outdone(const struct sip_challenge *challenges, const bool *acceptable, size_t count,
                       size_t index)
{
    const struct sip_challenge *challenge = &challenges[index];
    for (size_t i = 0; i < count; i++) {
        if (i == index || !acceptable[i] || challenges[i].is_proxy != challenge->is_proxy ||
            !slice_equal(challenges[i].realm, challenge->realm))
            continue;
        bool is_weak = challenge->algorithm == DIGEST_MD5;
        bool is_other_weak = challenges[i].algorithm == DIGEST_MD5;
        if (is_weak == is_other_weak ? i < index : is_weak)
            return true;
    }
    return false;
}

// Whether `realm` rather than `other` makes room for a new one: a free place, else the one unused
// for longest, those without a good registration first.
static bool makes_room_before(const struct digest_realm *realm, const struct digest_realm *other)
{
    if (realm->is_used != other->is_used)
        return !realm->is_used;
    if (realm->is_good != other->is_good)
        return !realm->is_good;
    return realm->used_at < other->used_at;
}

// FNV-1a; Call-IDs of our requests are our own, so nobody can aim at a collision.
static uint64_t hash_text(struct slice text)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < text.length; i++)
        hash = (hash ^ (uint8_t)text.data[i]) * 1099511628211u;
    return hash;
}

// 0 is REGISTER's, whose Call-ID may change.
static uint64_t use_of(enum sip_method method, struct slice call_id)
{
    return method == SIP_METHOD_REGISTER ? 0 : hash_text(call_id) | 1;
}

// The place of the challenge's realm in that use, which may displace another.
static size_t find_realm(struct sip_digest *digest, uint64_t use,
                         const struct sip_challenge *challenge)
{
    size_t place = 0;
    for (size_t i = 0; i < LIMIT_SIP_DIGEST_REALMS; i++) {
        if (digest->realms[i].use == use &&
            sip_digest_realm_is(&digest->realms[i], challenge->is_proxy, challenge->realm))
            return i;
        if (makes_room_before(&digest->realms[i], &digest->realms[place]))
            place = i;
    }
    sip_digest_realm_clear(&digest->realms[place]);
    sip_digest_realm_init(&digest->realms[place], challenge->is_proxy, challenge->realm);
    digest->realms[place].use = use;
    for (size_t i = 0; i < LIMIT_SIP_DIGEST_REQUESTS; i++)
        digest->requests[i].answers[place] = 0;
    return place;
}

// The record of the challenged request: that of the attempt before, or a new one.
static struct challenged_request *find_request(struct sip_digest *digest,
                                               const struct sip_message *response)
{
    uint64_t hash = hash_text(response->call_id);
    struct challenged_request *request = NULL;
    for (size_t i = 0; i < LIMIT_SIP_DIGEST_REQUESTS && !request; i++)
        if (digest->requests[i].is_used && digest->requests[i].call_id_hash == hash &&
            digest->requests[i].method == response->method)
            request = &digest->requests[i];
    if (request && request->next_cseq == response->cseq)
        return request;
    if (!request) {
        request = &digest->requests[digest->next_request];
        digest->next_request = (digest->next_request + 1) % LIMIT_SIP_DIGEST_REQUESTS;
    }
    *request = (struct challenged_request){ .is_used = true,
                                            .call_id_hash = hash,
                                            .use = use_of(response->method, response->call_id),
                                            .method = response->method };
    return request;
}

// At most two answers in a realm for one request, and the second only to a stale nonce: otherwise
// it is the password (P05c, P06a, threat A2).
static enum refusal answer_challenge(struct sip_digest *digest, struct challenged_request *request,
                                     const struct sip_challenge *challenge)
{
    size_t place = find_realm(digest, request->use, challenge);
    struct digest_realm *realm = &digest->realms[place];
    uint8_t *answers = &request->answers[place];
    if (*answers == 2 || (*answers == 1 && !challenge->is_stale)) {
        sip_digest_realm_drop_nonce(realm);
        return challenge->is_stale ? REFUSAL_ENDLESS : REFUSAL_PASSWORD;
    }
    (*answers)++;
    sip_digest_realm_challenged(realm, &digest->user, challenge, digest->random);
    realm->used_at = ++digest->step;
    return ACCEPTABLE;
}

// Answers what is acceptable, or tells the greatest reason not to.
static enum refusal answer_challenges(struct sip_digest *digest, struct challenged_request *request,
                                      const struct sip_challenge *challenges,
                                      const bool *acceptable, size_t count)
{
    enum refusal worst = REFUSAL_NO_CHALLENGE;
    if (request->challenges++ == CHALLENGES_PER_REQUEST)
        return REFUSAL_ENDLESS;
    for (size_t i = 0; i < count; i++) {
        if (!acceptable[i] || is_outdone(challenges, acceptable, count, i))
            continue;
        enum refusal answer = answer_challenge(digest, request, &challenges[i]);
        if (answer != ACCEPTABLE && answer > worst)
            worst = answer;
    }
    return worst == REFUSAL_NO_CHALLENGE ? ACCEPTABLE : worst;
}

static enum refusal read_challenges(struct sip_digest *digest, const struct sip_message *response)
{
    struct sip_challenge challenges[LIMIT_SIP_CHALLENGES];
    bool acceptable[LIMIT_SIP_CHALLENGES];
    size_t count = sip_challenges_read(response->arena, response, challenges, LIMIT_SIP_CHALLENGES);
    enum refusal best = REFUSAL_NO_CHALLENGE;
    for (size_t i = 0; i < count; i++) {
        enum refusal judgement = judge(digest, response->method, &challenges[i]);
        acceptable[i] = judgement == ACCEPTABLE;
        if (judgement > best)
            best = judgement;
    }
    if (best != ACCEPTABLE)
        return best;
    struct challenged_request *request = find_request(digest, response);
    enum refusal answer = answer_challenges(digest, request, challenges, acceptable, count);
    request->next_cseq = response->cseq + 1;
    if (answer != ACCEPTABLE) // it will not be sent again; the next one is a new one
        request->is_used = false;
    return answer;
}

enum status sip_digest_challenged(struct sip_digest *digest, const struct sip_message *response,
                                  const char **why)
{
    enum refusal answer = read_challenges(digest, response);
    if (answer == ACCEPTABLE)
        return STATUS_OK;
    *why = refusal_texts[answer];
    LOG(DEBUG, "challenge refused", TEXT("why", *why), SLICE("method", response->cseq_method));
    return STATUS_REFUSED;
}

static bool is_realm_for(const struct digest_realm *realm, uint64_t use)
{
    return realm->has_nonce && realm->use == use;
}

// One above every count used with this nonce: a server may give one nonce as proxy and as server.
static uint32_t next_count(const struct sip_digest *digest, const struct digest_realm *realm)
{
    uint32_t count = realm->count;
    for (size_t i = 0; i < LIMIT_SIP_DIGEST_REALMS; i++) {
        const struct digest_realm *other = &digest->realms[i];
        if (other->has_nonce && other->count > count && slice_equal(other->nonce, realm->nonce) &&
            slice_equal(other->realm, realm->realm))
            count = other->count;
    }
    return count + 1;
}

void sip_digest_authorize(struct sip_digest *digest, const struct sip_request *request,
                          struct sip_writer *lines)
{
    const struct digest_question question = { .method = slice_of(sip_method_text(request->method)),
                                              .uri = request->uri,
                                              .body = request->body };
    uint64_t use = use_of(request->method, request->call_id);
    for (size_t i = 0; i < LIMIT_SIP_DIGEST_REALMS; i++) {
        struct digest_realm *realm = &digest->realms[i];
        if (!is_realm_for(realm, use))
            continue;
        realm->count = next_count(digest, realm);
        sip_digest_realm_answer(realm, &digest->user, &question, digest->random, lines);
    }
}

enum status sip_digest_accepted(struct sip_digest *digest, const struct sip_message *response)
{
    enum status result = STATUS_OK;
    bool is_register = response->method == SIP_METHOD_REGISTER;
    struct digest_info infos[2];
    const bool has_info[2] = { sip_digest_info_read(response, false, &infos[0]),
                               sip_digest_info_read(response, true, &infos[1]) };
    for (size_t i = 0; i < LIMIT_SIP_DIGEST_REALMS; i++) {
        struct digest_realm *realm = &digest->realms[i];
        if (!is_realm_for(realm, use_of(response->method, response->call_id)) || !realm->count)
            continue;
        enum status status = STATUS_OK;
        if (has_info[realm->is_proxy])
            status = sip_digest_realm_informed(realm, &infos[realm->is_proxy], is_register);
        if (status != STATUS_OK)
            result = status;
        else if (is_register)
            realm->is_good = true;
    }
    return result;
}

void sip_digest_forget(struct sip_digest *digest)
{
    for (size_t i = 0; i < LIMIT_SIP_DIGEST_REALMS; i++)
        sip_digest_realm_drop_nonce(&digest->realms[i]);
    memset(digest->requests, 0, sizeof(digest->requests));
}

bool sip_digest_has_credentials(const struct sip_digest *digest, enum sip_method method)
{
    for (size_t i = 0; i < LIMIT_SIP_DIGEST_REALMS; i++)
        if (digest->realms[i].has_nonce &&
            (digest->realms[i].use == 0) == (method == SIP_METHOD_REGISTER))
            return true;
    return false;
}

void sip_digest_free(struct sip_digest *digest)
{
    if (!digest)
        return;
    clear(digest);
    free(digest);
}
