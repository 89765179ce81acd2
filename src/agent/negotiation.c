// SPDX-License-Identifier: ISC
#include "agent/negotiation.h"

#include "sdp/crypto.h"
#include "util/limits.h"
#include "util/memory.h"

#include <stdlib.h>
#include <string.h>

struct negotiation {
    struct sdp_local local;
    enum codec codecs[AGENT_CODECS_MAX]; // of `local`: a reload changes those of new calls
    struct buffer text;                  // our last description
    struct sdp_agreement agreement;
    struct media_parameters media;
    bool is_complete;
    bool has_text;
    enum sdp_srtp srtp;                     // of the settings
    enum sdp_srtp offered_srtp;             // what our last offer insisted on
    struct srtp_key keys[SRTP_SUITE_COUNT]; // ours, one for each suite
    struct srtp_key remote_key;
};

static void make_keys(struct negotiation *negotiation, struct random *random)
{
    for (int suite = SRTP_NONE + 1; suite < SRTP_SUITE_COUNT; suite++) {
        struct srtp_key *key = &negotiation->keys[suite];
        key->suite = (enum srtp_suite)suite;
        random_bytes(random, key->master, srtp_suite_master_length(key->suite));
    }
}

struct negotiation *negotiation_new(const struct agent_settings *settings, struct random *random)
{
    struct negotiation *negotiation = memory_new(sizeof(*negotiation));
    memcpy(negotiation->codecs, settings->codecs, sizeof(negotiation->codecs));
    negotiation->local = (struct sdp_local){
        .session_id = random_uint32(random),
        .version = random_uint32(random) >> 1,
        .codecs = negotiation->codecs,
        .codec_count = settings->codec_count,
        .direction = SDP_SENDRECV,
        .ptime_ms = 20,
        .keys = negotiation->keys,
    };
    negotiation->srtp = settings->srtp;
    if (settings->srtp != SDP_SRTP_OFF)
        make_keys(negotiation, random);
    buffer_init(&negotiation->text, LIMIT_SDP_BYTES);
    return negotiation;
}

void negotiation_set_address(struct negotiation *negotiation, const struct net_address *rtp,
                             uint16_t rtcp_port)
{
    negotiation->local.address = *rtp;
    negotiation->local.rtcp_port = rtcp_port;
}

static enum status answer_offer(struct arena *arena, struct slice offer,
                                const struct sdp_local *local, struct sdp_session **answer,
                                struct sdp_agreement *agreement, const char **why)
{
    struct sdp_session *parsed;
    enum status status = sdp_parse(arena, offer, &parsed);
    if (status == STATUS_OK)
        return sdp_answer(arena, parsed, local, answer, agreement, why);
    *why = "the session description cannot be read";
    return status;
}

enum status negotiation_check(const struct agent_settings *settings,
                              const struct net_address *address, struct slice offer,
                              const char **why)
{
    static const struct srtp_key no_keys[SRTP_SUITE_COUNT];
    struct sdp_local local = {
        .address = *address,
        .srtp = settings->srtp,
        .keys = no_keys,
        .rtcp_port = 10,
        .codecs = settings->codecs,
        .codec_count = settings->codec_count,
        .ptime_ms = 20,
    };
    struct sdp_agreement agreement;
    struct sdp_session *answer;
    struct arena *arena = arena_new();
    local.address.port = 9; /* any */
    enum status status = answer_offer(arena, offer, &local, &answer, &agreement, why);
    arena_free(arena);
    return status;
}

void negotiation_describe(const struct agent_settings *settings, struct random *random,
                          struct buffer *text)
{
    struct sdp_local local = {
        .address = { .family = NET_IPV4 },
        .rtcp_port = 1,
        .session_id = random_uint32(random),
        .codecs = settings->codecs,
        .codec_count = settings->codec_count,
    };
    struct arena *arena = arena_new();
    sdp_write(text, sdp_offer(arena, &local));
    arena_free(arena);
}

/* The line was read when it was agreed on. */
static void take_keys(struct negotiation *negotiation, const struct sdp_agreement *agreement)
{
    struct sdp_crypto crypto = { .tag = 0 };
    if (agreement->suite == SRTP_NONE ||
        sdp_crypto_parse(agreement->remote_crypto, &crypto) != STATUS_OK)
        return;
    negotiation->remote_key = crypto.key;
    negotiation->media.send_key = &negotiation->keys[agreement->suite];
    negotiation->media.receive_key = &negotiation->remote_key;
    memory_erase(&crypto, sizeof(crypto));
}

static void take_agreement(struct negotiation *negotiation, const struct sdp_agreement *agreement)
{
    negotiation->agreement = *agreement;
    negotiation->agreement.remote_crypto = slice_empty(); /* it was borrowed */
    negotiation->is_complete = true;
    negotiation->media = (struct media_parameters){
        .codec = agreement->codec,
        .settings = agreement->settings,
        .send_payload_type = agreement->send_payload_type,
        .receive_payload_type = agreement->receive_payload_type,
        .has_events = agreement->has_events,
        .send_event_type = agreement->send_event_type,
        .event_clock_rate = agreement->event_clock_rate,
        .has_comfort_noise = agreement->has_comfort_noise,
        .remote_rtp = agreement->remote_rtp,
        .remote_rtcp = agreement->remote_rtcp,
        .has_rtcp_mux = agreement->has_rtcp_mux,
        .sends = agreement->sends,
        .receives = agreement->receives,
        .ptime_ms = agreement->ptime_ms,
    };
    for (size_t i = 0; i < agreement->other_count && i < MEDIA_OTHERS_MAX; i++)
        negotiation->media.others[negotiation->media.other_count++] =
            (struct media_format){ agreement->others[i].codec, agreement->others[i].payload_type };
    for (size_t i = 0; i < agreement->receive_event_type_count && i < MEDIA_EVENT_TYPES_MAX; i++)
        negotiation->media.receive_event_types[negotiation->media.receive_event_type_count++] =
            agreement->receive_event_types[i];
    take_keys(negotiation, agreement);
}

/* The part behind the o= line's version: what decides whether the description has changed. */
static struct slice behind_origin(struct slice text)
{
    size_t index;
    if (!slice_find_text(text, slice_of("\r\ns="), &index))
        return text;
    return slice_skip(text, index);
}

/* RFC 3264 8: the version rises by one exactly when our description changes. */
static void write_text(struct negotiation *negotiation, struct sdp_session *session)
{
    struct buffer written;
    buffer_init(&written, LIMIT_SDP_BYTES);
    sdp_write(&written, session);
    struct slice old = behind_origin(buffer_slice(&negotiation->text));
    if (negotiation->has_text && !slice_equal(old, behind_origin(buffer_slice(&written)))) {
        session->version = ++negotiation->local.version;
        buffer_clear(&written);
        sdp_write(&written, session);
    }
    buffer_free(&negotiation->text);
    negotiation->text = written;
    negotiation->has_text = true;
}

/* What must be kept up of encryption: there is no way back from it. */
static enum sdp_srtp srtp_now(const struct negotiation *negotiation)
{
    bool is_encrypted = negotiation->is_complete && negotiation->agreement.suite != SRTP_NONE;
    return is_encrypted ? SDP_SRTP_REQUIRED : negotiation->srtp;
}

enum status negotiation_answer(struct negotiation *negotiation, struct slice offer,
                               struct slice *text, const char **why)
{
    struct sdp_agreement agreement;
    struct sdp_session *answer;
    struct arena *arena = arena_new();
    negotiation->local.srtp = srtp_now(negotiation);
    enum status status = answer_offer(arena, offer, &negotiation->local, &answer, &agreement, why);
    if (status == STATUS_OK) {
        take_agreement(negotiation, &agreement);
        write_text(negotiation, answer);
        *text = buffer_slice(&negotiation->text);
    }
    arena_free(arena);
    return status;
}

enum status negotiation_refuse(struct negotiation *negotiation, struct slice offer,
                               struct slice *text)
{
    struct sdp_session *parsed;
    struct arena *arena = arena_new();
    enum status status = sdp_parse(arena, offer, &parsed);
    if (status == STATUS_OK && parsed->has_more_media)
        status = STATUS_REFUSED;
    if (status == STATUS_OK) {
        write_text(negotiation, sdp_refuse(arena, parsed, &negotiation->local));
        *text = buffer_slice(&negotiation->text);
    }
    arena_free(arena);
    return status;
}

void negotiation_set_direction(struct negotiation *negotiation, enum sdp_direction direction)
{
    negotiation->local.direction = direction;
}

enum sdp_direction negotiation_direction(const struct negotiation *negotiation)
{
    return negotiation->local.direction;
}

struct slice negotiation_offer(struct negotiation *negotiation)
{
    struct sdp_session *before = NULL;
    struct arena *arena = arena_new();
    if (negotiation->has_text &&
        sdp_parse(arena, buffer_slice(&negotiation->text), &before) != STATUS_OK)
        before = NULL; /* it is our own text */
    /* A call that was agreed on in clear is not to fail over an attempt at more. */
    negotiation->offered_srtp = srtp_now(negotiation);
    if (negotiation->is_complete && negotiation->offered_srtp == SDP_SRTP_OPPORTUNISTIC)
        negotiation->offered_srtp = SDP_SRTP_OFF;
    negotiation->local.srtp = negotiation->offered_srtp;
    struct sdp_session *offer = sdp_offer(arena, &negotiation->local);
    if (before)
        sdp_offer_again(offer, before, negotiation->is_complete && negotiation->agreement.is_held);
    write_text(negotiation, offer);
    arena_free(arena);
    return buffer_slice(&negotiation->text);
}

enum status negotiation_accept(struct negotiation *negotiation, struct slice answer,
                               const char **why)
{
    struct sdp_agreement agreement;
    struct sdp_session *offered;
    struct sdp_session *answered;
    struct arena *arena = arena_new();
    negotiation->local.srtp = negotiation->offered_srtp;
    enum status status = sdp_parse(arena, buffer_slice(&negotiation->text), &offered);
    if (status == STATUS_OK)
        status = sdp_parse(arena, answer, &answered);
    if (status == STATUS_OK)
        status = sdp_accept_answer(offered, answered, &negotiation->local, &agreement, why);
    else
        *why = "the session description cannot be read";
    if (status == STATUS_OK)
        take_agreement(negotiation, &agreement);
    arena_free(arena);
    return status;
}

bool negotiation_is_complete(const struct negotiation *negotiation)
{
    return negotiation->is_complete;
}

bool negotiation_is_held(const struct negotiation *negotiation)
{
    return negotiation->is_complete && negotiation->agreement.is_held;
}

const struct media_parameters *negotiation_media(const struct negotiation *negotiation)
{
    return &negotiation->media;
}

const char *negotiation_codec_text(const struct negotiation *negotiation)
{
    return negotiation->is_complete ? codec_name(negotiation->agreement.codec) : "";
}

const char *negotiation_encryption_text(const struct negotiation *negotiation)
{
    if (!negotiation->is_complete)
        return "";
    return srtp_suite_facts(negotiation->agreement.suite)->name;
}

void negotiation_free(struct negotiation *negotiation)
{
    if (!negotiation)
        return;
    buffer_free(&negotiation->text);
    memory_erase(negotiation, sizeof(*negotiation));
    free(negotiation);
}
