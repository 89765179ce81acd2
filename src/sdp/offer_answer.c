// SPDX-License-Identifier: ISC
#include "sdp/offer_answer.h"

#include "sdp/encryption.h"

enum {
    PAYLOAD_TYPE_DYNAMIC = 96, // to 127
    PAYLOAD_TYPE_MAX = 127,
    PTIME_DEFAULT_MS = 20,
    EVENTS_PAYLOAD_TYPE = 101
};

static bool is_usable(const struct sdp_media *media)
{
    bool is_secure;
    return media->port != 0 && slice_equal_ignoring_case(media->type, slice_of("audio")) &&
           sdp_profile_is_known(media->transport, &is_secure);
}

static bool knows(const struct sdp_local *local, enum codec codec)
{
    for (size_t i = 0; i < local->codec_count; i++)
        if (local->codecs[i] == codec)
            return true;
    return false;
}

/* The offerer's order of preference counts (RFC 3264 6.1). */
static const struct sdp_format *choose_format(const struct sdp_media *media,
                                              const struct sdp_local *local)
{
    for (size_t i = 0; i < media->format_count; i++) {
        enum codec codec = sdp_format_codec(&media->formats[i]);
        if (codec != CODEC_NONE && knows(local, codec))
            return &media->formats[i];
    }
    return NULL;
}

/* Events of the codec's clock rate, else the only ones there are (P24a). */
static const struct sdp_format *choose_events(const struct sdp_media *media, uint32_t clock_rate)
{
    const struct sdp_format *other = NULL;
    for (size_t i = 0; i < media->format_count; i++) {
        if (!sdp_format_is_events(&media->formats[i]))
            continue;
        if (media->formats[i].clock_rate == clock_rate)
            return &media->formats[i];
        other = other ? other : &media->formats[i];
    }
    return other;
}

static bool has_comfort_noise(const struct sdp_media *media)
{
    for (size_t i = 0; i < media->format_count; i++)
        if (media->formats[i].payload_type == 13)
            return true;
    return false;
}

static uint32_t choose_ptime(const struct sdp_media *media, const struct sdp_local *local,
                             enum codec codec)
{
    uint32_t ptime = media->ptime_ms ? media->ptime_ms : local->ptime_ms;
    if (!ptime)
        ptime = PTIME_DEFAULT_MS;
    if (media->maxptime_ms && ptime > media->maxptime_ms)
        ptime = media->maxptime_ms;
    return codec_ptime(codec, ptime);
}

static bool is_unspecified(const struct net_address *address)
{
    static const uint8_t zero[16];
    return memcmp(address->bytes, zero, sizeof(zero)) == 0;
}

/* A zero address is the old way of holding: nothing is sent there. */
static enum status read_remote(const struct sdp_media *media, const struct sdp_local *local,
                               struct sdp_agreement *agreement, const char **why)
{
    bool allows_loopback = net_address_is_loopback(&local->address);
    struct net_address rtcp;
    *why = "the audio line has no usable address";
    if (net_address_parse(media->address, (uint16_t)media->port, &agreement->remote_rtp) !=
        STATUS_OK)
        return STATUS_REFUSED;
    const char *fault = net_address_fault(&agreement->remote_rtp, allows_loopback);
    *why = "no audio is sent to a multicast, broadcast, link-local or loopback address";
    if (fault && !is_unspecified(&agreement->remote_rtp))
        return STATUS_REFUSED;
    agreement->remote_rtcp = agreement->remote_rtp;
    agreement->has_rtcp_mux = media->has_rtcp_mux;
    if (media->has_rtcp_mux)
        return STATUS_OK;
    if (net_address_parse(media->rtcp_address, 0, &rtcp) == STATUS_OK &&
        !net_address_fault(&rtcp, allows_loopback))
        agreement->remote_rtcp = rtcp;
    agreement->remote_rtcp.port = (uint16_t)(media->rtcp_port ? media->rtcp_port : media->port + 1);
    return STATUS_OK;
}

/* RFC 3264 8.4 and, for the zero address, 6.1: each side may stop the other from sending. */
static void agree_directions(enum sdp_direction remote, enum sdp_direction local,
                             struct sdp_agreement *agreement)
{
    bool remote_sends = remote == SDP_SENDRECV || remote == SDP_SENDONLY;
    bool remote_receives = remote == SDP_SENDRECV || remote == SDP_RECVONLY;
    bool local_sends = local == SDP_SENDRECV || local == SDP_SENDONLY;
    bool local_receives = local == SDP_SENDRECV || local == SDP_RECVONLY;
    bool has_address = !is_unspecified(&agreement->remote_rtp);
    agreement->sends = local_sends && remote_receives && has_address;
    agreement->receives = local_receives && remote_sends;
    agreement->is_held = !remote_receives || !has_address;
}

static enum sdp_direction direction_of(const struct sdp_agreement *agreement,
                                       enum sdp_direction remote, enum sdp_direction local)
{
    /* A zero address does not change the answer's direction: it is the old way of a=sendonly. */
    bool remote_receives = remote == SDP_SENDRECV || remote == SDP_RECVONLY;
    bool local_sends = local == SDP_SENDRECV || local == SDP_SENDONLY;
    bool sends = local_sends && remote_receives;
    if (sends)
        return agreement->receives ? SDP_SENDRECV : SDP_SENDONLY;
    return agreement->receives ? SDP_RECVONLY : SDP_INACTIVE;
}

static enum status agree(const struct sdp_media *media, const struct sdp_local *local,
                         struct sdp_agreement *agreement, const char **why)
{
    const struct sdp_format *format = choose_format(media, local);
    if (!format) {
        *why = "no codec in common";
        return STATUS_REFUSED;
    }
    const struct sdp_format *events = choose_events(media, format->clock_rate);
    *agreement = (struct sdp_agreement){
        .codec = sdp_format_codec(format),
        .settings = sdp_format_settings(format),
        .send_payload_type = format->payload_type,
        .receive_payload_type = format->payload_type,
        .has_comfort_noise = has_comfort_noise(media),
        .ptime_ms = choose_ptime(media, local, sdp_format_codec(format)),
    };
    if (events) {
        agreement->has_events = true;
        agreement->send_event_type = agreement->receive_event_types[0] = events->payload_type;
        agreement->receive_event_type_count = 1;
        agreement->event_clock_rate = events->clock_rate;
    }
    if (read_remote(media, local, agreement, why) != STATUS_OK)
        return STATUS_REFUSED;
    agree_directions(media->direction, local->direction, agreement);
    return STATUS_OK;
}

static struct slice local_address(struct arena *arena, const struct sdp_local *local)
{
    char text[NET_ADDRESS_TEXT_BYTES];
    return arena_copy(arena, slice_of(net_address_host(&local->address, text)));
}

static struct sdp_session *local_session(struct arena *arena, const struct sdp_local *local)
{
    struct sdp_session *session = arena_allocate(arena, sizeof(*session));
    session->id = local->session_id;
    session->version = local->version;
    session->address = local_address(arena, local);
    return session;
}

static void add_events(struct sdp_media *media, uint8_t payload_type, uint32_t clock_rate)
{
    media->formats[media->format_count++] = (struct sdp_format){
        .payload_type = payload_type,
        .encoding = slice_of("telephone-event"),
        .clock_rate = clock_rate,
        .channels = 1,
        .parameters = slice_of("0-15"),
    };
}

static void write_answer(struct arena *arena, const struct sdp_media *offered,
                         const struct sdp_local *local, const struct sdp_agreement *agreement,
                         struct sdp_media *media)
{
    *media = (struct sdp_media){
        .type = offered->type,
        .port = local->address.port,
        .transport = offered->transport,
        .direction = direction_of(agreement, offered->direction, local->direction),
        .ptime_ms = agreement->ptime_ms,
        .has_rtcp_mux = agreement->has_rtcp_mux,
    };
    media->formats[0] = sdp_format_of(agreement->codec);
    media->formats[0].payload_type = agreement->receive_payload_type;
    media->format_count = 1;
    if (agreement->has_events)
        add_events(media, agreement->receive_event_types[0], agreement->event_clock_rate);
    if (!agreement->has_rtcp_mux && local->rtcp_port != local->address.port + 1)
        media->rtcp_port = local->rtcp_port;
    sdp_encryption_write_answer(arena, local, agreement, media);
}

/* The line that is taken: the first with which there will be encryption, else the first without. */
static const struct sdp_media *choose_line(const struct sdp_session *offer,
                                           const struct sdp_local *local,
                                           struct sdp_agreement *agreement, const char **why)
{
    for (int clear = 0; clear < 2; clear++) {
        for (size_t i = 0; i < offer->media_count; i++) {
            const struct sdp_media *media = &offer->media[i];
            if (is_usable(media) && agree(media, local, agreement, why) == STATUS_OK &&
                sdp_encryption_answer(media, local, !clear, agreement, why) == STATUS_OK)
                return media;
        }
    }
    return NULL;
}

struct sdp_session *sdp_refuse(struct arena *arena, const struct sdp_session *offer,
                               const struct sdp_local *local)
{
    struct sdp_session *session = local_session(arena, local);
    session->time = offer->time;
    session->media_count = offer->media_count;
    for (size_t i = 0; i < offer->media_count; i++)
        session->media[i] = (struct sdp_media){
            .type = offer->media[i].type,
            .transport = offer->media[i].transport,
            .format_list = offer->media[i].format_list,
        };
    return session;
}

enum status sdp_answer(struct arena *arena, const struct sdp_session *offer,
                       const struct sdp_local *local, struct sdp_session **answer,
                       struct sdp_agreement *agreement, const char **why)
{
    struct sdp_session *session = sdp_refuse(arena, offer, local);
    struct sdp_agreement agreed;
    *why = "no audio over RTP/AVP or RTP/SAVP is offered";
    if (offer->has_more_media) {
        *why = "more media lines than can be answered";
        return STATUS_REFUSED;
    }
    const struct sdp_media *chosen = choose_line(offer, local, &agreed, why);
    if (!chosen)
        return STATUS_REFUSED;
    write_answer(arena, chosen, local, &agreed, &session->media[chosen - offer->media]);
    *answer = session;
    *agreement = agreed;
    return STATUS_OK;
}

static bool has_clock(const struct sdp_local *local, uint32_t clock_rate)
{
    for (size_t i = 0; i < local->codec_count; i++)
        if (codec_clock_rate(local->codecs[i]) == clock_rate)
            return true;
    return false;
}

/* RFC 4733 2.1: with the clock of the audio that they stand in. */
static void add_events_of_each_clock(struct sdp_media *media, const struct sdp_local *local)
{
    static const uint32_t clock_rates[SDP_EVENT_TYPES_MAX] = { 8000, 48000, 16000 };
    uint8_t payload_type = EVENTS_PAYLOAD_TYPE;
    for (size_t i = 0; i < SDP_EVENT_TYPES_MAX; i++)
        if (i == 0 || has_clock(local, clock_rates[i]))
            add_events(media, payload_type++, clock_rates[i]);
}

struct sdp_session *sdp_offer(struct arena *arena, const struct sdp_local *local)
{
    struct sdp_session *session = local_session(arena, local);
    struct sdp_media *media = &session->media[session->media_count++];
    media->type = slice_of("audio");
    media->port = local->address.port;
    media->direction = local->direction;
    media->ptime_ms = local->ptime_ms;
    for (size_t i = 0; i < local->codec_count; i++)
        media->formats[media->format_count++] = sdp_format_of(local->codecs[i]);
    add_events_of_each_clock(media, local);
    if (local->rtcp_port != local->address.port + 1)
        media->rtcp_port = local->rtcp_port;
    sdp_encryption_write_offer(arena, local, media);
    return session;
}

static bool is_same_format(const struct sdp_format *left, const struct sdp_format *right)
{
    return left->clock_rate == right->clock_rate &&
           slice_equal_ignoring_case(left->encoding, right->encoding);
}

static const struct sdp_format *find_number(const struct sdp_media *media, size_t count,
                                            uint32_t payload_type)
{
    for (size_t i = 0; i < count; i++)
        if (media->formats[i].payload_type == payload_type)
            return &media->formats[i];
    return NULL;
}

static const struct sdp_format *find_same(const struct sdp_media *media,
                                          const struct sdp_format *format)
{
    for (size_t i = 0; i < media->format_count; i++)
        if (is_same_format(&media->formats[i], format))
            return &media->formats[i];
    return NULL;
}

/* RFC 3264 8.3.2: a number that has meant one format never means another in the session. */
static void keep_numbers(struct sdp_media *audio, const struct sdp_media *before)
{
    for (size_t i = 0; i < audio->format_count; i++) {
        const struct sdp_format *same = find_same(before, &audio->formats[i]);
        if (same)
            audio->formats[i].payload_type = same->payload_type;
    }
    for (size_t i = 0; i < audio->format_count; i++) {
        struct sdp_format *format = &audio->formats[i];
        uint8_t number = PAYLOAD_TYPE_DYNAMIC;
        if (find_same(before, format) || format->payload_type < PAYLOAD_TYPE_DYNAMIC)
            continue;
        if (!find_number(before, before->format_count, format->payload_type) &&
            !find_number(audio, i, format->payload_type))
            continue;
        while (number < PAYLOAD_TYPE_MAX && (find_number(before, before->format_count, number) ||
                                             find_number(audio, audio->format_count, number)))
            number++;
        format->payload_type = number;
    }
}

void sdp_offer_again(struct sdp_session *offer, const struct sdp_session *before, bool is_held)
{
    struct sdp_media audio = offer->media[0];
    bool has_audio = false;
    if (is_held && audio.direction == SDP_SENDONLY)
        audio.direction = SDP_INACTIVE;
    offer->media_count = before->media_count;
    for (size_t i = 0; i < before->media_count; i++) {
        const struct sdp_media *old = &before->media[i];
        offer->media[i] = (struct sdp_media){
            .type = old->type,
            .transport = old->transport,
            .format_list = old->format_list,
        };
        if (!old->port || has_audio)
            continue;
        has_audio = true;
        audio.transport = old->transport;
        keep_numbers(&audio, old);
        offer->media[i] = audio;
    }
}

static void add_other(struct sdp_agreement *agreement, enum codec codec, uint8_t payload_type)
{
    if (codec != CODEC_NONE && agreement->other_count < SDP_OTHERS_MAX)
        agreement->others[agreement->other_count++] = (struct sdp_listed){ codec, payload_type };
}

/* What they call a format is what we send; we receive it under the number that we offered, and
 * whatever else we offered, although the answer may name one only (3264 5.1). */
static void receive_as_offered(const struct sdp_media *offered, struct sdp_agreement *agreement)
{
    size_t count = 0;
    for (size_t i = 0; i < offered->format_count; i++) {
        const struct sdp_format *format = &offered->formats[i];
        if (sdp_format_codec(format) == agreement->codec)
            agreement->receive_payload_type = format->payload_type;
        else
            add_other(agreement, sdp_format_codec(format), format->payload_type);
        if (sdp_format_is_events(format) && count < SDP_EVENT_TYPES_MAX)
            agreement->receive_event_types[count++] = format->payload_type;
    }
    agreement->receive_event_type_count = count;
}

/* Our offer has one line with a port (sdp_offer_again); the others were refused before. */
static size_t index_of_audio(const struct sdp_session *offer)
{
    size_t index = 0;
    while (index + 1 < offer->media_count && !offer->media[index].port)
        index++;
    return index;
}

/* The answer's line in the same place; where there are too few, the last one. */
static const struct sdp_media *answered_audio(const struct sdp_session *answer, size_t index)
{
    if (!answer->media_count)
        return NULL;
    return &answer->media[index < answer->media_count ? index : answer->media_count - 1];
}

enum status sdp_accept_answer(const struct sdp_session *offer, const struct sdp_session *answer,
                              const struct sdp_local *local, struct sdp_agreement *agreement,
                              const char **why)
{
    struct sdp_agreement agreed;
    const struct sdp_media *offered = &offer->media[index_of_audio(offer)];
    const struct sdp_media *answered = answered_audio(answer, index_of_audio(offer));
    if (answer->media_count > offer->media_count || answer->has_more_media) {
        *why = "the answer has more lines than our offer"; /* 3264 6 */
        return STATUS_REFUSED;
    }
    if (!answered || !is_usable(answered)) {
        *why = "the answer refuses the audio";
        return STATUS_REFUSED;
    }
    if (agree(answered, local, &agreed, why) != STATUS_OK)
        return STATUS_REFUSED;
    if (sdp_encryption_accept(offered, answered, local, &agreed, why) != STATUS_OK)
        return STATUS_REFUSED;
    agreed.has_rtcp_mux = agreed.has_rtcp_mux && offered->has_rtcp_mux;
    receive_as_offered(offered, &agreed);
    *agreement = agreed;
    return STATUS_OK;
}
