// SPDX-License-Identifier: ISC
#include "media/media_session.h"

#include "media/dtmf_detector.h"
#include "media/dtmf_tone.h"
#include "media/playout.h"
#include "media/protection.h"
#include "media/rtcp.h"
#include "media/source_guard.h"
#include "media/telephone_event.h"
#include "util/limits.h"
#include "util/memory.h"

#include <stdlib.h>

enum {
    WAITING_MAX = CODEC_SAMPLES_MAX + MEDIA_FRAME_SAMPLES_MAX,
    COMFORT_NOISE = 13,
    OLD_COMFORT_NOISE = 19
};

struct media_session {
    struct random *random;
    struct media_parameters parameters;
    struct source_guard guard;
    struct protection protection;
    struct rtcp rtcp;
    struct playout *playout;
    struct codec_encoder *encoder;
    struct telephone_events events;
    struct telephone_sender sender;
    struct dtmf_tones tones;       // sent
    struct dtmf_detector detector; // of those heard
    uint32_t ssrc;
    uint16_t sequence;
    uint32_t timestamp;
    bool wants_marker;            // the next packet begins a talk spurt
    int16_t waiting[WAITING_MAX]; // encoded when a ptime of it is there
    size_t waiting_count;
    bool has_event;
    struct rtp_packet event; // its payload is event_payload
    uint8_t event_payload[TELEPHONE_EVENT_BYTES];

    uint8_t packet[RTP_HEADER_BYTES + CODEC_PAYLOAD_MAX + SRTP_TRAILER_MAX];
    uint8_t report[RTCP_PACKET_BYTES + SRTP_TRAILER_MAX];
    size_t report_length;
    uint32_t remote_ssrc;
    bool has_remote_ssrc;
    bool has_received;
    time_ms last_received;
    uint64_t octets_received;
    uint64_t invalid;
    uint64_t foreign;
    uint64_t strange;
};

/* Another codec, or the far end wants something else of it; a change of anything else keeps its
 * memory. */
static void set_encoder(struct media_session *session, const struct media_parameters *parameters)
{
    const struct media_parameters *own = &session->parameters;
    if (session->encoder && own->codec == parameters->codec &&
        memcmp(&own->settings, &parameters->settings, sizeof(own->settings)) == 0)
        return;
    codec_encoder_free(session->encoder);
    session->encoder = codec_encoder_new(parameters->codec, &parameters->settings);
}

/* Numbers that came from an SDP must not reach a division or a buffer as they are (M2). */
static void set_parameters(struct media_session *session, time_ms now,
                           const struct media_parameters *parameters)
{
    struct media_parameters *own = &session->parameters;
    set_encoder(session, parameters);
    *own = *parameters;
    if (own->other_count > MEDIA_OTHERS_MAX)
        own->other_count = MEDIA_OTHERS_MAX;
    if (own->ptime_ms == 0)
        own->ptime_ms = MEDIA_FRAME_MS;
    own->ptime_ms = codec_ptime(own->codec, own->ptime_ms);
    if (own->receive_event_type_count > MEDIA_EVENT_TYPES_MAX)
        own->receive_event_type_count = MEDIA_EVENT_TYPES_MAX;
    if (own->event_clock_rate < 8000 || own->event_clock_rate > 48000)
        own->event_clock_rate = codec_clock_rate(own->codec);
    if (!own->has_events)
        telephone_sender_clear(&session->sender);
    own->sends = own->sends && own->remote_rtp.family != NET_NONE && own->remote_rtp.port != 0;
    source_guard_set(&session->guard, now, &own->remote_rtp);
    protection_set(&session->protection, own->send_key, own->receive_key);
    own->send_key = own->receive_key = NULL;
}

struct media_session *media_session_new(struct random *random, time_ms now,
                                        const struct media_parameters *parameters)
{
    struct media_session *session = memory_new(sizeof(*session));
    session->random = random;
    session->ssrc = random_uint32(random);
    session->sequence = (uint16_t)random_below(random, 32768);
    session->timestamp = random_uint32(random);
    session->wants_marker = true;
    session->last_received = now;
    session->playout = playout_new(codec_rate(parameters->codec));
    set_parameters(session, now, parameters);
    rtcp_init(&session->rtcp, now, random, session->ssrc, codec_clock_rate(parameters->codec));
    return session;
}

/* The stream's timestamp behind what waits. */
static uint32_t timestamp_now(const struct media_session *session)
{
    enum codec codec = session->parameters.codec;
    uint32_t samples_per_unit = codec_rate(codec) / codec_clock_rate(codec);
    return session->timestamp + (uint32_t)session->waiting_count / samples_per_unit;
}

/* What waits to be sent will not be: the clock goes on as if it had been (P25d). */
static void drop_waiting(struct media_session *session)
{
    session->timestamp = timestamp_now(session);
    session->waiting_count = 0;
}

void media_session_update(struct media_session *session, time_ms now,
                          const struct media_parameters *parameters)
{
    if (parameters->codec != session->parameters.codec)
        drop_waiting(session);
    set_parameters(session, now, parameters);
    playout_set_rate(session->playout, codec_rate(parameters->codec));
    rtcp_set_clock_rate(&session->rtcp, codec_clock_rate(parameters->codec));
}

uint32_t media_session_rate(const struct media_session *session)
{
    return codec_rate(session->parameters.codec);
}

bool media_session_is_sending(const struct media_session *session)
{
    return session->parameters.sends;
}

/* What we listed may come at any time, each with its own decoder (RFC 3264 5.1, 6.1). */
static bool find_codec(const struct media_parameters *parameters, uint8_t payload_type,
                       enum codec *codec)
{
    *codec = parameters->codec;
    if (payload_type == parameters->receive_payload_type)
        return true;
    for (size_t i = 0; i < parameters->other_count; i++) {
        if (parameters->others[i].payload_type != payload_type)
            continue;
        *codec = parameters->others[i].codec;
        return true;
    }
    return false;
}

static bool is_event_type(const struct media_parameters *parameters, uint8_t payload_type)
{
    for (size_t i = 0; parameters->has_events && i < parameters->receive_event_type_count; i++)
        if (parameters->receive_event_types[i] == payload_type)
            return true;
    return false;
}

static void receive_audio(struct media_session *session, enum codec codec,
                          const struct rtp_packet *packet)
{
    if (!session->has_remote_ssrc || packet->ssrc != session->remote_ssrc) {
        session->has_remote_ssrc = true;
        session->remote_ssrc = packet->ssrc;
        playout_reset(session->playout);
    }
    if (!session->parameters.receives)
        return;
    playout_put(session->playout, packet->sequence, packet->timestamp, codec, packet->payload);
}

static void receive_rtp(struct media_session *session, time_ms now, struct slice datagram,
                        const struct net_address *from)
{
    struct rtp_packet packet;
    const struct media_parameters *parameters = &session->parameters;
    if (rtp_packet_parse(datagram, &packet) != STATUS_OK) {
        session->invalid++;
        return;
    }
    enum codec codec;
    bool is_audio = find_codec(parameters, packet.payload_type, &codec);
    bool is_event = is_event_type(parameters, packet.payload_type);
    bool is_noise =
        packet.payload_type == COMFORT_NOISE || packet.payload_type == OLD_COMFORT_NOISE;
    if (!is_audio && !is_event && !is_noise) {
        session->foreign++;
        return;
    }
    bool is_teaching =
        !is_noise || net_address_equal(from, source_guard_destination(&session->guard));
    if (protection_is_on(&session->protection)) {
        source_guard_prove(&session->guard, now, from, &packet);
    } else if (!is_teaching || !source_guard_admits(&session->guard, now, from, &packet)) {
        session->strange++;
        return;
    }
    session->has_received = true;
    session->last_received = now;
    session->octets_received += packet.payload.length;
    bool has_clock = is_audio && codec_clock_rate(codec) == codec_clock_rate(parameters->codec);
    rtcp_count_received(&session->rtcp, now, &packet, has_clock);
    if (is_audio)
        receive_audio(session, codec, &packet);
    else if (is_event)
        telephone_events_receive(&session->events, now, &packet);
}

void media_session_receive(struct media_session *session, time_ms now, bool is_rtcp_port,
                           struct slice datagram, const struct net_address *from)
{
    if (datagram.length > LIMIT_RTP_PACKET) {
        session->invalid++;
        return;
    }
    uint8_t room[LIMIT_RTP_PACKET];
    bool is_rtcp = is_rtcp_port || rtp_packet_is_rtcp(datagram);
    if (!protection_open(&session->protection, is_rtcp, datagram, room, &datagram))
        return;
    if (!is_rtcp) {
        receive_rtp(session, now, datagram, from);
        return;
    }
    if (!protection_is_on(&session->protection) &&
        !net_address_same_host(from, source_guard_destination(&session->guard)) &&
        !net_address_same_host(from, &session->parameters.remote_rtcp))
        session->strange++;
    else if (rtcp_receive(&session->rtcp, now, datagram) != STATUS_OK)
        session->invalid++;
}

static void take_frame(struct media_session *session, const int16_t *said)
{
    size_t count = codec_rate(session->parameters.codec) / 50;
    int16_t *frame = session->waiting + session->waiting_count;
    if (session->waiting_count + count > sizeof(session->waiting) / sizeof(*session->waiting))
        return;
    if (said)
        memcpy(frame, said, count * sizeof(*frame));
    else
        memset(frame, 0, count * sizeof(*frame));
    dtmf_tones_insert(&session->tones, codec_rate(session->parameters.codec), frame, count);
    session->waiting_count += count;
}

/* One tick's worth to send: a piece of a digit, or audio, or nothing but time. */
static void talk(struct media_session *session, const int16_t *said)
{
    const struct media_parameters *parameters = &session->parameters;
    session->has_event = parameters->sends && parameters->has_events &&
                         telephone_sender_tick(&session->sender, timestamp_now(session),
                                               parameters->event_clock_rate, &session->event,
                                               session->event_payload);
    if (parameters->sends && !session->has_event) {
        take_frame(session, said);
        return;
    }
    if (!parameters->sends) {
        telephone_sender_pause(&session->sender);
        dtmf_tones_pause(&session->tones);
    }
    /* RFC 3551 4.1: the clock goes on while no audio is sent. */
    drop_waiting(session);
    session->timestamp += codec_clock_rate(parameters->codec) / 50;
    session->wants_marker = true;
}

/* Who sends telephone-events may leave the tones in the audio: a digit would count twice. */
static void listen_for_tones(struct media_session *session, const int16_t *heard, size_t count)
{
    if (session->parameters.has_events || !session->parameters.receives)
        return;
    char digit =
        dtmf_detector_run(&session->detector, codec_rate(session->parameters.codec), heard, count);
    if (digit)
        telephone_events_add(&session->events, digit);
}

void media_session_tick(struct media_session *session, time_ms now, const int16_t *said,
                        int16_t *heard)
{
    size_t count = codec_rate(session->parameters.codec) / 50;
    playout_get(session->playout, heard, count);
    if (!session->parameters.receives)
        memset(heard, 0, count * sizeof(*heard));
    listen_for_tones(session, heard, count);
    talk(session, said);
    if (now < session->rtcp.report_at)
        return;
    session->report_length =
        rtcp_write(&session->rtcp, now, session->timestamp, false, session->report);
    rtcp_schedule(&session->rtcp, now, session->random);
    codec_encoder_set_loss(session->encoder, (session->rtcp.remote_loss * 100u + 255) / 256);
}

bool media_session_hear_rest(struct media_session *session, int16_t *heard)
{
    if (!session->parameters.receives || playout_is_empty(session->playout))
        return false;
    playout_get(session->playout, heard, codec_rate(session->parameters.codec) / 50);
    return true;
}

void media_session_bye(struct media_session *session, time_ms now)
{
    drop_waiting(session);
    session->has_event = false;
    session->report_length =
        rtcp_write(&session->rtcp, now, session->timestamp, true, session->report);
}

static bool next_report(struct media_session *session, struct media_packet *packet)
{
    const struct media_parameters *parameters = &session->parameters;
    const struct net_address *to = parameters->has_rtcp_mux
                                       ? source_guard_destination(&session->guard)
                                       : &parameters->remote_rtcp;
    size_t length = session->report_length;
    session->report_length = 0;
    if (!length || to->family == NET_NONE || to->port == 0 ||
        !protection_seal(&session->protection, true, session->report, &length))
        return false;
    *packet = (struct media_packet){
        .bytes = slice_make((const char *)session->report, length),
        .to = *to,
        .is_rtcp = true,
    };
    return true;
}

/* `header` has its payload type, marker and timestamp; the payload is written behind it already. */
static bool finish_packet(struct media_session *session, struct rtp_packet *header, size_t length,
                          struct media_packet *packet)
{
    size_t whole = RTP_HEADER_BYTES + length;
    header->sequence = session->sequence++;
    header->ssrc = session->ssrc;
    rtp_packet_write_header(header, session->packet);
    if (!protection_seal(&session->protection, false, session->packet, &whole))
        return false;
    rtcp_count_sent(&session->rtcp, length);
    *packet = (struct media_packet){
        .bytes = slice_make((const char *)session->packet, whole),
        .to = *source_guard_destination(&session->guard),
    };
    return true;
}

static bool next_event(struct media_session *session, struct media_packet *packet)
{
    session->has_event = false;
    session->event.payload_type = session->parameters.send_event_type;
    memcpy(session->packet + RTP_HEADER_BYTES, session->event_payload, TELEPHONE_EVENT_BYTES);
    return finish_packet(session, &session->event, TELEPHONE_EVENT_BYTES, packet);
}

bool media_session_next_packet(struct media_session *session, struct media_packet *packet)
{
    const struct media_parameters *parameters = &session->parameters;
    size_t count = codec_rate(parameters->codec) / 1000 * parameters->ptime_ms;
    if (session->has_event)
        return next_event(session, packet);
    if (!parameters->sends || session->waiting_count < count)
        return next_report(session, packet);
    struct rtp_packet header = {
        .payload_type = parameters->send_payload_type,
        .has_marker = session->wants_marker,
        .timestamp = session->timestamp,
    };
    size_t length = codec_encoder_run(session->encoder, session->waiting, count,
                                      session->packet + RTP_HEADER_BYTES);
    session->waiting_count -= count;
    memmove(session->waiting, session->waiting + count,
            session->waiting_count * sizeof(*session->waiting));
    session->timestamp += codec_clock_rate(parameters->codec) / 1000 * parameters->ptime_ms;
    session->wants_marker = length == 0;
    if (length == 0) /* a pause that need not be sent (7587 3.1.3) */
        return next_report(session, packet);
    return finish_packet(session, &header, length, packet);
}

bool media_session_send_digit(struct media_session *session, char digit, uint32_t tone_ms,
                              uint32_t gap_ms)
{
    return session->parameters.has_events &&
           telephone_sender_add(&session->sender, digit, tone_ms, gap_ms);
}

bool media_session_send_tone(struct media_session *session, char digit, uint32_t tone_ms,
                             uint32_t gap_ms)
{
    return dtmf_tones_add(&session->tones, digit, tone_ms, gap_ms);
}

bool media_session_is_sending_digits(const struct media_session *session)
{
    return session->sender.count || session->tones.count;
}

bool media_session_next_digit(struct media_session *session, char *digit)
{
    return telephone_events_next(&session->events, digit);
}

bool media_session_has_received(const struct media_session *session)
{
    return session->has_received;
}

time_ms media_session_last_received(const struct media_session *session)
{
    return session->last_received;
}

/* The E-model of ITU-T G.107, reduced to what G.711 and a loss and delay figure allow. */
static uint32_t estimate_mos(uint32_t loss_percent_x100, uint32_t jitter_ms)
{
    double loss = loss_percent_x100 / 100.0;
    double delay = 40.0 + 2.0 * jitter_ms;
    double rating = 93.2 - 0.024 * delay - (delay > 177.3 ? 0.11 * (delay - 177.3) : 0.0) -
                    95.0 * loss / (loss + 25.1);
    if (rating < 0)
        return 100;
    double mos = 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6;
    return mos < 1 ? 100 : (uint32_t)(mos * 100);
}

void media_session_statistics(const struct media_session *session,
                              struct media_statistics *statistics)
{
    struct playout_statistics played;
    playout_statistics(session->playout, &played);
    uint64_t lost = rtcp_lost(&session->rtcp);
    uint64_t expected = lost + session->rtcp.packets_total;
    *statistics = (struct media_statistics){
        .packets_sent = session->rtcp.packets_sent,
        .octets_sent = session->rtcp.octets_sent,
        .packets_received = session->rtcp.packets_total,
        .octets_received = session->octets_received,
        .packets_lost = lost,
        .packets_late = played.late,
        .packets_duplicate = played.duplicates,
        .packets_invalid = session->invalid,
        .packets_foreign = session->foreign,
        .packets_strange = session->strange,
        .packets_refused = session->protection.refused,
        .packets_repeated = session->protection.repeated,
        .digits_dropped = session->events.dropped,
        .concealed_ms = played.concealed_ms,
        .jitter_ms = rtcp_jitter_ms(&session->rtcp),
        .round_trip_ms = session->rtcp.round_trip_ms,
        .remote_loss_percent_x100 = session->rtcp.remote_loss * 10000u / 256,
        .loss_percent_x100 = expected ? (uint32_t)(lost * 10000 / expected) : 0,
    };
    if (statistics->packets_received)
        statistics->mos_x100 = estimate_mos(statistics->loss_percent_x100, statistics->jitter_ms);
}

void media_session_free(struct media_session *session)
{
    if (!session)
        return;
    playout_free(session->playout);
    codec_encoder_free(session->encoder);
    protection_clear(&session->protection);
    free(session);
}
