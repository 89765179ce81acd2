// SPDX-License-Identifier: ISC
#include "sdp/encryption.h"

#include "sdp/crypto.h"
#include "util/memory.h"

static const struct {
    const char *name;
    bool is_secure;
} profiles[] = {
    { "RTP/AVP", false },
    { "RTP/AVPF", false },
    { "RTP/SAVP", true },
    { "RTP/SAVPF", true },
};

bool sdp_profile_is_known(struct slice transport, bool *is_secure)
{
    for (size_t i = 0; i < sizeof(profiles) / sizeof(*profiles); i++) {
        *is_secure = profiles[i].is_secure;
        if (slice_equal_ignoring_case(transport, slice_of(profiles[i].name)))
            return true;
    }
    return false;
}

/* A tag names one line; the first that has it. */
static bool is_repeated(const struct sdp_media *media, size_t index)
{
    struct slice rest = media->crypto[index];
    struct slice tag = slice_take_word(&rest);
    for (size_t i = 0; i < index; i++) {
        struct slice other = media->crypto[i];
        if (slice_equal(slice_take_word(&other), tag))
            return true;
    }
    return false;
}

/* Our order of preference counts, which is that of the suites; what cannot be used is passed over.
 */
static bool choose_crypto(const struct sdp_media *offered, struct sdp_agreement *agreement)
{
    agreement->suite = SRTP_NONE;
    for (size_t i = 0; i < offered->crypto_count; i++) {
        struct sdp_crypto crypto = { .tag = 0 };
        if (!is_repeated(offered, i) &&
            sdp_crypto_parse(offered->crypto[i], &crypto) == STATUS_OK &&
            (agreement->suite == SRTP_NONE || crypto.key.suite < agreement->suite)) {
            agreement->suite = crypto.key.suite;
            agreement->crypto_tag = crypto.tag;
            agreement->remote_crypto = offered->crypto[i];
        }
        memory_erase(&crypto, sizeof(crypto));
    }
    return agreement->suite != SRTP_NONE;
}

enum status sdp_encryption_answer(const struct sdp_media *offered, const struct sdp_local *local,
                                  bool is_encrypted, struct sdp_agreement *agreement,
                                  const char **why)
{
    bool is_secure;
    if (!sdp_profile_is_known(offered->transport, &is_secure)) {
        *why = "no audio over RTP/AVP or RTP/SAVP is offered";
        return STATUS_REFUSED;
    }
    if (is_secure && local->srtp == SDP_SRTP_OFF) {
        *why = "only encrypted audio is offered, and audio.srtp is off";
        return STATUS_REFUSED;
    }
    if (!is_encrypted) {
        *why = is_secure ? "the encrypted audio has no a=crypto line that can be used"
                         : "the audio is not encrypted, and has to be";
        return is_secure || local->srtp == SDP_SRTP_REQUIRED ? STATUS_REFUSED : STATUS_OK;
    }
    if (local->srtp == SDP_SRTP_OFF || !choose_crypto(offered, agreement)) {
        *why = "there is no a=crypto line that can be used";
        return STATUS_REFUSED;
    }
    return STATUS_OK;
}

static bool find_offered(const struct sdp_media *offered, uint32_t tag, struct sdp_crypto *ours)
{
    for (size_t i = 0; i < offered->crypto_count; i++)
        if (sdp_crypto_parse(offered->crypto[i], ours) == STATUS_OK && ours->tag == tag)
            return true;
    return false;
}

/* 4568 5.1.2, 7.1.2: tag and suite of one of our lines, and a key that is not ours. */
static bool accept_crypto(const struct sdp_media *offered, struct slice line,
                          struct sdp_agreement *agreement)
{
    struct sdp_crypto theirs = { .tag = 0 };
    struct sdp_crypto ours = { .tag = 0 };
    bool is_right = sdp_crypto_parse(line, &theirs) == STATUS_OK &&
                    find_offered(offered, theirs.tag, &ours) &&
                    theirs.key.suite == ours.key.suite && !srtp_key_equal(&theirs.key, &ours.key);
    if (is_right) {
        agreement->suite = theirs.key.suite;
        agreement->crypto_tag = theirs.tag;
        agreement->remote_crypto = line;
    }
    memory_erase(&theirs, sizeof(theirs));
    memory_erase(&ours, sizeof(ours));
    return is_right;
}

enum status sdp_encryption_accept(const struct sdp_media *offered, const struct sdp_media *answered,
                                  const struct sdp_local *local, struct sdp_agreement *agreement,
                                  const char **why)
{
    bool is_secure;
    if (!sdp_profile_is_known(answered->transport, &is_secure)) {
        *why = "the answer has another kind of transport";
        return STATUS_REFUSED;
    }
    if (!answered->crypto_count || !offered->crypto_count) {
        *why = "the answer does not encrypt the audio";
        return is_secure || local->srtp == SDP_SRTP_REQUIRED ? STATUS_REFUSED : STATUS_OK;
    }
    *why = "the a=crypto line of the answer is none of those offered, or cannot be used";
    for (size_t i = 0; i < answered->crypto_count; i++)
        if (accept_crypto(offered, answered->crypto[i], agreement))
            return STATUS_OK;
    return STATUS_REFUSED;
}

static void add_line(struct arena *arena, const struct srtp_key *key, uint32_t tag,
                     struct sdp_media *media)
{
    struct sdp_crypto crypto = { .tag = tag, .key = *key };
    struct buffer text;
    buffer_init(&text, LIMIT_SDP_BYTES);
    sdp_crypto_write(&text, &crypto);
    media->crypto[media->crypto_count++] = arena_copy(arena, buffer_slice(&text));
    memory_erase(&crypto, sizeof(crypto));
    buffer_free(&text);
}

void sdp_encryption_write_offer(struct arena *arena, const struct sdp_local *local,
                                struct sdp_media *media)
{
    media->transport = slice_of(local->srtp == SDP_SRTP_REQUIRED ? "RTP/SAVP" : "RTP/AVP");
    if (local->srtp == SDP_SRTP_OFF)
        return;
    for (uint32_t suite = SRTP_NONE + 1; suite < SRTP_SUITE_COUNT; suite++)
        add_line(arena, &local->keys[suite], suite, media);
}

void sdp_encryption_write_answer(struct arena *arena, const struct sdp_local *local,
                                 const struct sdp_agreement *agreement, struct sdp_media *media)
{
    if (agreement->suite != SRTP_NONE)
        add_line(arena, &local->keys[agreement->suite], agreement->crypto_tag, media);
}
