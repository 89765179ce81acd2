// SPDX-License-Identifier: ISC
#include "media/media_session.h"

#include "media/jitter_buffer.h"
#include "media/resampler.h"
#include "media/rtcp.h"
#include "media/source_guard.h"
#include "media/telephone_event.h"
#include "util/limits.h"
#include "util/memory.h"

#include <stdlib.h>

enum {
    CODEC_FRAME_MAX = 960,
    PTIME_MAX_MS = 60,
    PAYLOAD_MAX = 2880
};

struct media_session {
    struct random *random;
    struct media_parameters parameters;
    struct source_guard guard;
    struct rtcp rtcp;
    struct jitter_buffer *jitter;
    struct telephone_events events;
    uint32_t program_rate;
    struct resampler *to_program;
    struct resampler *from_program;

    uint32_t ssrc;
    uint16_t sequence;
    uint32_t timestamp;
    bool wants_marker; // the next packet begins a talk spurt
    bool was_sending;
    int16_t waiting[CODEC_FRAME_MAX * 4]; // encoded when a ptime of it is there
    size_t waiting_count;

    uint8_t packet[RTP_HEADER_BYTES + PAYLOAD_MAX];
    uint8_t report[RTCP_PACKET_BYTES];
    size_t report_length;
    uint32_t remote_ssrc;
    bool has_received;
    uint64_t invalid;
    uint64_t strange;
};

static void make_resamplers(struct media_session *session)
{
    uint32_t rate = codec_rate(session->parameters.codec);
    resampler_free(session->to_program);
    resampler_free(session->from_program);
    session->to_program = resampler_new(rate, session->program_rate);
    session->from_program = resampler_new(session->program_rate, rate);
}

struct media_session *media_session_new(struct random *random, time_ms now,
                                        const struct media_parameters *parameters,
                                        uint32_t program_rate)
{
    struct media_session *session = memory_new(sizeof(*session));
    session->random = random;
    session->parameters = *parameters;
    session->program_rate = program_rate;
    session->ssrc = random_uint32(random);
    session->sequence = (uint16_t)random_below(random, 32768);
    session->timestamp = random_uint32(random);
    session->wants_marker = true;
    session->jitter = jitter_buffer_new(codec_rate(parameters->codec));
    source_guard_set(&session->guard, now, &parameters->remote_rtp);
    rtcp_init(&session->rtcp, now, random, session->ssrc, codec_clock_rate(parameters->codec));
    make_resamplers(session);
    return session;
}

void media_session_update(struct media_session *session, time_ms now,
                          const struct media_parameters *parameters)
{
    bool is_other_rate = codec_rate(parameters->codec) != codec_rate(session->parameters.codec);
    session->parameters = *parameters;
    source_guard_set(&session->guard, now, &parameters->remote_rtp);
    session->waiting_count = 0;
    if (!is_other_rate)
        return;
    jitter_buffer_free(session->jitter);
    session->jitter = jitter_buffer_new(codec_rate(parameters->codec));
    session->rtcp.clock_rate = codec_clock_rate(parameters->codec);
    make_resamplers(session);
}

void media_session_set_rate(struct media_session *session, uint32_t program_rate)
{
    if (program_rate == session->program_rate)
        return;
    session->program_rate = program_rate;
    make_resamplers(session);
}

static void receive_audio(struct media_session *session, const struct rtp_packet *packet)
{
    int16_t samples[PAYLOAD_MAX];
    if (packet->ssrc != session->remote_ssrc) {
        session->remote_ssrc = packet->ssrc;
        jitter_buffer_reset(session->jitter);
    }
    if (!session->parameters.receives)
        return;
    size_t count = codec_decode(session->parameters.codec, packet->payload, samples,
                                sizeof(samples) / sizeof(*samples));
    jitter_buffer_put(session->jitter, packet->sequence, packet->timestamp, samples, count);
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
    bool is_audio = packet.payload_type == parameters->receive_payload_type;
    bool is_event = parameters->has_events && packet.payload_type == parameters->receive_event_type;
    bool is_noise = packet.payload_type == 13 || packet.payload_type == 19;
    if (!is_audio && !is_event && !is_noise) {
        session->invalid++;
        return;
    }
    if (!source_guard_admits(&session->guard, now, from, &packet)) {
        session->strange++;
        return;
    }
    session->has_received = true;
    rtcp_count_received(&session->rtcp, now, &packet);
    if (is_audio)
        receive_audio(session, &packet);
    else if (is_event)
        telephone_events_receive(&session->events, &packet);
}

void media_session_receive(struct media_session *session, time_ms now, bool is_rtcp_port,
                           struct slice datagram, const struct net_address *from)
{
    if (datagram.length > LIMIT_RTP_PACKET) {
        session->invalid++;
        return;
    }
    if (!is_rtcp_port && !rtp_packet_is_rtcp(datagram)) {
        receive_rtp(session, now, datagram, from);
        return;
    }
    if (!net_address_same_host(from, source_guard_destination(&session->guard)) &&
        !net_address_same_host(from, &session->parameters.remote_rtcp))
        session->strange++;
    else if (rtcp_receive(&session->rtcp, now, datagram) != STATUS_OK)
        session->invalid++;
}

static void take_frame(struct media_session *session, const int16_t *from_program)
{
    size_t count = codec_rate(session->parameters.codec) / 50;
    int16_t *frame = session->waiting + session->waiting_count;
    if (session->waiting_count + count > sizeof(session->waiting) / sizeof(*session->waiting))
        return;
    if (from_program)
        resampler_run(session->from_program, from_program, frame);
    else
        memset(frame, 0, count * sizeof(*frame));
    session->waiting_count += count;
}

void media_session_tick(struct media_session *session, time_ms now, const int16_t *from_program,
                        int16_t *to_program)
{
    int16_t heard[CODEC_FRAME_MAX];
    size_t count = codec_rate(session->parameters.codec) / 50;
    jitter_buffer_get(session->jitter, heard, count);
    if (!session->parameters.receives)
        memset(heard, 0, count * sizeof(*heard));
    resampler_run(session->to_program, heard, to_program);
    if (session->parameters.sends) {
        session->wants_marker = session->wants_marker || !session->was_sending;
        take_frame(session, from_program);
    } else {
        /* 4.1 of RFC 3551: the clock goes on while nothing is sent. */
        session->timestamp += codec_clock_rate(session->parameters.codec) / 50;
        session->waiting_count = 0;
    }
    session->was_sending = session->parameters.sends;
    if (now >= session->rtcp.report_at) {
        session->report_length =
            rtcp_write(&session->rtcp, now, session->timestamp, false, session->report);
        rtcp_schedule(&session->rtcp, now, session->random);
    }
}

void media_session_bye(struct media_session *session, time_ms now)
{
    session->waiting_count = 0;
    session->report_length =
        rtcp_write(&session->rtcp, now, session->timestamp, true, session->report);
}

static bool next_report(struct media_session *session, struct media_packet *packet)
{
    if (!session->report_length)
        return false;
    *packet = (struct media_packet){
        .bytes = slice_make((const char *)session->report, session->report_length),
        .to = session->parameters.has_rtcp_mux ? *source_guard_destination(&session->guard)
                                               : session->parameters.remote_rtcp,
        .is_rtcp = true,
    };
    session->report_length = 0;
    return true;
}

bool media_session_next_packet(struct media_session *session, struct media_packet *packet)
{
    const struct media_parameters *parameters = &session->parameters;
    size_t count = codec_rate(parameters->codec) / 1000 * parameters->ptime_ms;
    if (!parameters->sends || session->waiting_count < count)
        return next_report(session, packet);
    struct rtp_packet header = {
        .payload_type = parameters->send_payload_type,
        .has_marker = session->wants_marker,
        .sequence = session->sequence++,
        .timestamp = session->timestamp,
        .ssrc = session->ssrc,
    };
    rtp_packet_write_header(&header, session->packet);
    size_t length = codec_encode(parameters->codec, session->waiting, count,
                                 session->packet + RTP_HEADER_BYTES);
    session->waiting_count -= count;
    memmove(session->waiting, session->waiting + count,
            session->waiting_count * sizeof(*session->waiting));
    session->timestamp += codec_clock_rate(parameters->codec) / 1000 * parameters->ptime_ms;
    session->wants_marker = false;
    rtcp_count_sent(&session->rtcp, length);
    *packet = (struct media_packet){
        .bytes = slice_make((const char *)session->packet, RTP_HEADER_BYTES + length),
        .to = *source_guard_destination(&session->guard),
    };
    return true;
}

bool media_session_next_digit(struct media_session *session, char *digit)
{
    return telephone_events_next(&session->events, digit);
}

bool media_session_has_received(const struct media_session *session)
{
    return session->has_received;
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
    return (uint32_t)(mos * 100);
}

void media_session_statistics(const struct media_session *session,
                              struct media_statistics *statistics)
{
    const struct jitter_statistics *jitter = jitter_buffer_statistics(session->jitter);
    uint64_t lost = rtcp_lost(&session->rtcp);
    uint64_t expected = lost + session->rtcp.packets_total;
    *statistics = (struct media_statistics){
        .packets_sent = session->rtcp.packets_sent,
        .packets_received = session->rtcp.packets_total,
        .packets_lost = lost,
        .packets_late = jitter->late,
        .packets_duplicate = jitter->duplicates,
        .packets_invalid = session->invalid,
        .packets_strange = session->strange,
        .concealed_ms = jitter->concealed * 1000 / codec_rate(session->parameters.codec),
        .jitter_ms = rtcp_jitter_ms(&session->rtcp),
        .loss_percent_x100 = expected ? (uint32_t)(lost * 10000 / expected) : 0,
    };
    statistics->mos_x100 = estimate_mos(statistics->loss_percent_x100, statistics->jitter_ms);
}

void media_session_free(struct media_session *session)
{
    if (!session)
        return;
    resampler_free(session->to_program);
    resampler_free(session->from_program);
    jitter_buffer_free(session->jitter);
    free(session);
}
