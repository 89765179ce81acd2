// SPDX-License-Identifier: ISC
// A media session against any datagrams at any time. The input is a row of steps, each of two bytes
// and what belongs to it: kind (from its low bits) and an argument. 0, 1: a datagram on the RTP,
// RTCP port from one of four addresses, two bytes of length and the datagram; 2: ticks;
// 3: other parameters; 4: a digit to send; 5: time passes.
#include "fuzz.h"
#include "media/media_session.h"
#include "media/rtp_packet.h"
#include "util/limits.h"

enum {
    KINDS = 6,
    STEPS_MAX = 2000,
    FRAME = 160
};

struct world {
    struct random random;
    struct media_parameters parameters;
    struct media_session *session;
    time_ms now;
    bool has_sent;
    uint16_t sequence; // of the last packet sent
    uint32_t ssrc;
};

static struct net_address address_of(unsigned number)
{
    return (struct net_address){ .family = NET_IPV4,
                                 .bytes = { 192, 0, 2, (uint8_t)(number & 3) },
                                 .port = 4000 };
}

static void check_sent(struct world *world)
{
    struct media_packet packet;
    struct rtp_packet header;
    for (int count = 0; media_session_next_packet(world->session, &packet); count++) {
        FUZZ_ASSERT(count < 8);
        FUZZ_ASSERT(packet.bytes.length <= LIMIT_RTP_PACKET);
        FUZZ_ASSERT(packet.to.family != NET_NONE && packet.to.port != 0);
        if (packet.is_rtcp)
            continue;
        FUZZ_ASSERT(rtp_packet_parse(packet.bytes, &header) == STATUS_OK);
        FUZZ_ASSERT(!world->has_sent || header.ssrc == world->ssrc);
        FUZZ_ASSERT(!world->has_sent || header.sequence == (uint16_t)(world->sequence + 1));
        world->has_sent = true;
        world->ssrc = header.ssrc;
        world->sequence = header.sequence;
    }
}

static void tick(struct world *world)
{
    int16_t heard[FRAME + 1] = { [FRAME] = 77 };
    char digit;
    media_session_tick(world->session, world->now, NULL, heard);
    FUZZ_ASSERT(heard[FRAME] == 77);
    world->now += MEDIA_FRAME_MS;
    check_sent(world);
    for (int count = 0; media_session_next_digit(world->session, &digit); count++) {
        FUZZ_ASSERT(count < LIMIT_DIGITS_QUEUED);
        FUZZ_ASSERT(digit && strchr("0123456789*#ABCD", digit));
    }
}

/* Everything about the parameters is the fuzzer's, as it would be the far end's. */
static void change(struct world *world, unsigned argument)
{
    static const uint32_t ptimes[] = { 20, 0, 10, 30, 60, 65535, UINT32_MAX, 33 };
    struct media_parameters *parameters = &world->parameters;
    parameters->sends = argument & 1;
    parameters->receives = argument & 2;
    parameters->ptime_ms = ptimes[argument >> 2 & 7];
    parameters->codec = argument & 32 ? CODEC_PCMU : CODEC_PCMA;
    parameters->event_clock_rate = argument & 64 ? 0 : 8000;
    parameters->has_rtcp_mux = argument & 128;
    parameters->remote_rtp = parameters->remote_rtcp = address_of(argument >> 3 & 1);
    media_session_update(world->session, world->now, parameters);
}

/* Takes one step; what is left of the input. */
static struct slice step(struct world *world, struct slice input)
{
    unsigned kind = (uint8_t)input.data[0] % KINDS;
    unsigned argument = (uint8_t)input.data[1];
    struct net_address from = address_of(argument);
    input = slice_skip(input, 2);
    if (kind <= 1 && input.length >= 2) {
        size_t length = (size_t)(uint8_t)input.data[0] << 8 | (uint8_t)input.data[1];
        struct slice datagram = slice_first(slice_skip(input, 2), length);
        media_session_receive(world->session, world->now, kind == 1, datagram, &from);
        return slice_skip(input, 2 + datagram.length);
    }
    if (kind == 2)
        for (unsigned i = 0; i <= argument % 16; i++)
            tick(world);
    else if (kind == 3)
        change(world, argument);
    else if (kind == 4)
        media_session_send_digit(world->session, (char)argument, argument, argument);
    else
        world->now += (time_ms)argument * argument * argument;
    return input;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world world = {
        .now = 1000,
        .parameters = {
            .codec = CODEC_PCMA,
            .send_payload_type = 8,
            .receive_payload_type = 8,
            .has_events = true,
            .send_event_type = 101,
            .receive_event_types = { 101 },
        .receive_event_type_count = 1,
            .event_clock_rate = 8000,
            .remote_rtp = address_of(1),
            .remote_rtcp = address_of(1),
            .sends = true,
            .receives = true,
            .ptime_ms = 20,
        },
    };
    struct slice input = slice_make((const char *)data, size);
    struct media_statistics statistics;
    random_init_number(&world.random, 1);
    world.session = media_session_new(&world.random, world.now, &world.parameters);
    for (int i = 0; i < STEPS_MAX && input.length >= 2; i++)
        input = step(&world, input);
    media_session_statistics(world.session, &statistics);
    FUZZ_ASSERT(statistics.loss_percent_x100 <= 10000);
    FUZZ_ASSERT((statistics.mos_x100 >= 100 || !statistics.packets_received) &&
                statistics.mos_x100 <= 450);
    media_session_bye(world.session, world.now);
    check_sent(&world);
    media_session_free(world.session);
    return 0;
}
