// SPDX-License-Identifier: ISC
// Session descriptions of a stranger as offer and as answer, under each policy of encryption, and
// the values of their a=crypto lines. The first byte chooses the policy.
#include "fuzz.h"
#include "sdp/crypto.h"
#include "sdp/offer_answer.h"

static const enum codec codecs[] = { CODEC_PCMA, CODEC_PCMU };
static struct srtp_key keys[SRTP_SUITE_COUNT];

static struct sdp_local local_of(unsigned choice)
{
    struct sdp_local local = {
        .address = { .family = NET_IPV4, .bytes = { 192, 0, 2, 7 }, .port = 20000 },
        .rtcp_port = 20001,
        .codecs = codecs,
        .codec_count = 2,
        .ptime_ms = 20,
        .srtp = (enum sdp_srtp)(choice % 3),
        .keys = keys,
    };
    for (int suite = 0; suite < SRTP_SUITE_COUNT; suite++)
        keys[suite] = (struct srtp_key){ .suite = (enum srtp_suite)suite, .master = "ours" };
    return local;
}

static void check_line(struct slice line)
{
    struct sdp_crypto crypto;
    struct sdp_crypto again;
    struct buffer text;
    if (sdp_crypto_parse(line, &crypto) != STATUS_OK)
        return;
    FUZZ_ASSERT(crypto.key.suite != SRTP_NONE && crypto.key.mki_length <= LIMIT_SRTP_MKI);
    buffer_init(&text, LIMIT_SDP_BYTES);
    sdp_crypto_write(&text, &crypto);
    FUZZ_ASSERT(sdp_crypto_parse(buffer_slice(&text), &again) == STATUS_OK);
    crypto.key.mki_length = 0;
    FUZZ_ASSERT(again.tag == crypto.tag && srtp_key_equal(&again.key, &crypto.key));
    buffer_free(&text);
}

static void check_lines(const struct sdp_session *session)
{
    for (size_t i = 0; i < session->media_count; i++)
        for (size_t k = 0; k < session->media[i].crypto_count; k++)
            check_line(session->media[i].crypto[k]);
}

/* An answer of ours has their lines, one of them taken, as encrypted as the policy wants. */
static void check_offer(struct arena *arena, const struct sdp_session *offer,
                        const struct sdp_local *local)
{
    struct sdp_agreement agreement;
    struct sdp_session *answer;
    struct sdp_session *read;
    struct buffer text;
    const char *why = NULL;
    size_t taken = 0;
    size_t lines = 0;
    if (sdp_answer(arena, offer, local, &answer, &agreement, &why) != STATUS_OK) {
        FUZZ_ASSERT(why && why[0]);
        return;
    }
    buffer_init(&text, 2 * LIMIT_SDP_BYTES);
    sdp_write(&text, answer);
    if (text.length <= LIMIT_SDP_BYTES) {
        FUZZ_ASSERT(sdp_parse(arena, buffer_slice(&text), &read) == STATUS_OK);
        FUZZ_ASSERT(read->media_count == offer->media_count);
        for (size_t i = 0; i < read->media_count; i++) {
            taken += read->media[i].port != 0;
            lines += read->media[i].crypto_count;
        }
        FUZZ_ASSERT(taken == 1 && lines == (agreement.suite != SRTP_NONE));
    }
    FUZZ_ASSERT(local->srtp != SDP_SRTP_REQUIRED || agreement.suite != SRTP_NONE);
    FUZZ_ASSERT(local->srtp != SDP_SRTP_OFF || agreement.suite == SRTP_NONE);
    buffer_free(&text);
}

static void check_answer(struct arena *arena, const struct sdp_session *answer,
                         const struct sdp_local *local)
{
    struct sdp_agreement agreement;
    const char *why = NULL;
    if (sdp_accept_answer(sdp_offer(arena, local), answer, local, &agreement, &why) != STATUS_OK)
        return;
    FUZZ_ASSERT(local->srtp != SDP_SRTP_REQUIRED || agreement.suite != SRTP_NONE);
    FUZZ_ASSERT(local->srtp != SDP_SRTP_OFF || agreement.suite == SRTP_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_make((const char *)data, size);
    struct sdp_session *session;
    if (!size)
        return 0;
    struct arena *arena = arena_new();
    struct sdp_local local = local_of(data[0]);
    text = slice_skip(text, 1);
    check_line(text);
    if (sdp_parse(arena, text, &session) == STATUS_OK) {
        check_lines(session);
        check_offer(arena, session, &local);
        check_answer(arena, session, &local);
    }
    arena_free(arena);
    return 0;
}
