// SPDX-License-Identifier: ISC
// Two sessions back to back over a network that loses, delays and reorders: what was said is
// compared with what was heard by content.
#include "media/resampler.h"
#include "tests/media/far_end.h"

enum {
    SECONDS = 4,
    SAMPLES_MAX = SECONDS * 48000,
    IN_FLIGHT = 64,
    PACKET_MAX = 1500
};

struct network {
    uint32_t loss_percent;
    uint32_t delay_max_ms; // each packet takes 0 to this
};

struct flying {
    bool is_used;
    bool is_rtcp;
    time_ms arrival;
    size_t length;
    char bytes[PACKET_MAX];
};

struct side {
    struct media_session *session;
    struct resampler *from_program; // at the rate of the world
    struct resampler *to_program;
    struct net_address address;
    struct flying to_it[IN_FLIGHT];
};

struct world {
    struct random random;
    struct network network;
    uint32_t rate;
    time_ms now;
    struct side left;
    struct side right;
};

static void side_begin(struct world *world, struct side *side, const struct side *peer,
                       enum codec codec, uint32_t ptime_ms)
{
    struct media_parameters parameters = parameters_to(peer->address);
    parameters.codec = codec;
    parameters.ptime_ms = ptime_ms;
    side->session = media_session_new(&world->random, world->now, &parameters);
    side->from_program = resampler_new(world->rate, media_session_rate(side->session));
    side->to_program = resampler_new(media_session_rate(side->session), world->rate);
}

static struct world *world_new(uint32_t rate, enum codec codec, uint32_t ptime_ms,
                               struct network network)
{
    struct world *world = calloc(1, sizeof(*world));
    ck_assert_ptr_nonnull(world);
    random_init_number(&world->random, rate + ptime_ms + network.loss_percent);
    world->network = network;
    world->rate = rate;
    world->now = 1000;
    world->left.address = address_of(1, 4000);
    world->right.address = address_of(2, 5000);
    side_begin(world, &world->left, &world->right, codec, ptime_ms);
    side_begin(world, &world->right, &world->left, codec, ptime_ms);
    return world;
}

static void side_end(struct side *side)
{
    media_session_free(side->session);
    resampler_free(side->from_program);
    resampler_free(side->to_program);
}

static void world_free(struct world *world)
{
    side_end(&world->left);
    side_end(&world->right);
    free(world);
}

static void carry(struct world *world, struct side *from, struct side *to)
{
    struct media_packet packet;
    while (media_session_next_packet(from->session, &packet)) {
        ck_assert_uint_le(packet.bytes.length, PACKET_MAX);
        if (random_below(&world->random, 100) < world->network.loss_percent)
            continue;
        size_t i = 0;
        while (i < IN_FLIGHT && to->to_it[i].is_used)
            i++;
        ck_assert_uint_lt(i, IN_FLIGHT);
        struct flying *flying = &to->to_it[i];
        flying->is_used = true;
        flying->is_rtcp = packet.is_rtcp;
        flying->arrival =
            world->now + (time_ms)random_below(&world->random, world->network.delay_max_ms + 1);
        flying->length = packet.bytes.length;
        memcpy(flying->bytes, packet.bytes.data, packet.bytes.length);
    }
    for (size_t i = 0; i < IN_FLIGHT; i++) {
        struct flying *flying = &to->to_it[i];
        if (!flying->is_used || flying->arrival > world->now)
            continue;
        struct net_address source = from->address;
        source.port = (uint16_t)(source.port + flying->is_rtcp);
        media_session_receive(to->session, world->now, flying->is_rtcp,
                              slice_make(flying->bytes, flying->length), &source);
        flying->is_used = false;
    }
}

/* 20 ms of the world: left says `said`, right hears `heard`. */
static void turn(struct world *world, const int16_t *said, int16_t *heard)
{
    int16_t frame[MEDIA_FRAME_SAMPLES_MAX];
    int16_t far[MEDIA_FRAME_SAMPLES_MAX];
    if (said)
        resampler_run(world->left.from_program, said, frame);
    media_session_tick(world->left.session, world->now, said ? frame : NULL, far);
    media_session_tick(world->right.session, world->now, NULL, far);
    resampler_run(world->right.to_program, far, heard);
    carry(world, &world->left, &world->right);
    carry(world, &world->right, &world->left);
    world->now += 20;
}

static int16_t said[SAMPLES_MAX];
static int16_t heard[SAMPLES_MAX];

static void talk(struct world *world)
{
    size_t frame = world->rate / 50;
    double phase = 0;
    for (size_t i = 0; i < SECONDS * 50; i++) {
        sine(&phase, world->rate, said + i * frame, frame);
        turn(world, said + i * frame, heard + i * frame);
    }
}

START_TEST(a_tone_arrives_whole_at_every_rate_and_ptime)
{
    static const uint32_t rates[] = { 8000, 16000, 24000, 48000 };
    static const uint32_t ptimes[] = { 10, 20, 30, 40, 60 };
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < 5; k++) {
            struct world *world = world_new(rates[i], k % 2 ? CODEC_PCMA : CODEC_PCMU, ptimes[k],
                                            (struct network){ 0 });
            talk(world);
            /* From half a second on; a period of 440 Hz is the furthest one has to look. */
            double match = best_correlation(said + rates[i] / 2, heard + rates[i] / 2, rates[i],
                                            rates[i] / 440 + 1);
            ck_assert_msg(match >= 0.99, "%u Hz, %u ms: %f", rates[i], ptimes[k], match);
            double level =
                loudness(heard + rates[i] / 2, rates[i]) / loudness(said + rates[i] / 2, rates[i]);
            ck_assert_msg(level > 0.95 && level < 1.05, "%u Hz: level %f", rates[i], level);
            world_free(world);
        }
}
END_TEST

START_TEST(what_was_said_is_heard_within_a_tenth_of_a_second)
{
    struct world *world = world_new(8000, CODEC_PCMA, 20, (struct network){ 0 });
    for (size_t i = 0; i < SECONDS * 8000; i++)
        said[i] = (int16_t)(random_below(&world->random, 20000) - 10000);
    for (size_t i = 0; i < SECONDS * 50; i++)
        turn(world, said + i * FRAME, heard + i * FRAME);
    /* Noise matches itself only at the right delay. */
    ck_assert(best_correlation(said + 8000, heard + 8000, 16000, 800) >= 0.99);
    struct media_statistics statistics;
    media_session_statistics(world->right.session, &statistics);
    ck_assert_uint_eq(statistics.packets_lost, 0);
    ck_assert_uint_eq(statistics.concealed_ms, 0);
    ck_assert_uint_eq(statistics.packets_late, 0);
    ck_assert_uint_ge(statistics.mos_x100, 430);
    world_free(world);
}
END_TEST

START_TEST(jitter_and_reordering_are_smoothed_out)
{
    struct world *world = world_new(8000, CODEC_PCMA, 20, (struct network){ .delay_max_ms = 80 });
    for (size_t i = 0; i < SECONDS * 8000; i++)
        said[i] = (int16_t)(random_below(&world->random, 20000) - 10000);
    for (size_t i = 0; i < SECONDS * 50; i++)
        turn(world, said + i * FRAME, heard + i * FRAME);
    /* The delay has grown to what is needed and stays there. */
    ck_assert(best_correlation(said + 16000, heard + 16000, 8000, 1600) >= 0.99);
    world_free(world);
}
END_TEST

START_TEST(a_fifth_lost_is_still_a_tone)
{
    struct world *world =
        world_new(8000, CODEC_PCMA, 20, (struct network){ .loss_percent = 20, .delay_max_ms = 30 });
    talk(world);
    /* The phase is lost with every gap, the loudness is not. */
    ck_assert(loudness(heard + 8000, 16000) > 0.75 * loudness(said + 8000, 16000));
    struct media_statistics statistics;
    media_session_statistics(world->right.session, &statistics);
    ck_assert_uint_ge(statistics.loss_percent_x100, 1500);
    ck_assert_uint_le(statistics.loss_percent_x100, 2500);
    world_free(world);
}
END_TEST

START_TEST(digits_arrive_once_and_in_order_although_packets_are_lost)
{
    static const char keys[] = "0123456789*#ABCD";
    for (uint32_t ptime_ms = 10; ptime_ms <= 60; ptime_ms += 10) {
        struct world *world = world_new(
            8000, CODEC_PCMA, ptime_ms,
            (struct network){ .loss_percent = 5, .delay_max_ms = ptime_ms == 20 ? 50 : 0 });
        int16_t frame[FRAME];
        int16_t unused[FRAME];
        double phase = 0;
        size_t sent = 0;
        size_t received = 0;
        for (int i = 0; i < 50 * 60; i++) {
            if (sent < 200 && media_session_send_digit(world->left.session, keys[sent * 7 % 16],
                                                       100, 80 + (uint32_t)(sent % 40)))
                sent++;
            sine(&phase, 8000, frame, FRAME);
            turn(world, frame, unused);
            char digit;
            while (media_session_next_digit(world->right.session, &digit)) {
                ck_assert_int_eq(digit, keys[received * 7 % 16]);
                received++;
            }
        }
        ck_assert_uint_eq(received, 200);
        world_free(world);
    }
}
END_TEST

START_TEST(a_digit_is_not_heard_and_audio_comes_back_after_it)
{
    struct world *world = world_new(8000, CODEC_PCMA, 20, (struct network){ 0 });
    double phase = 0;
    for (size_t i = 0; i < SECONDS * 50; i++) {
        if (i == 50)
            media_session_send_digit(world->left.session, '5', 400, 100);
        sine(&phase, 8000, said + i * FRAME, FRAME);
        turn(world, said + i * FRAME, heard + i * FRAME);
    }
    ck_assert(loudness(heard + 60 * FRAME, 8 * FRAME) <= 0);
    ck_assert(best_correlation(said + 16000, heard + 16000, 8000, 20) >= 0.99);
    world_free(world);
}
END_TEST

START_TEST(both_ends_know_the_round_trip_and_the_loss)
{
    struct world *world = world_new(8000, CODEC_PCMA, 20,
                                    (struct network){ .loss_percent = 10, .delay_max_ms = 100 });
    int16_t unused[FRAME];
    for (int i = 0; i < 50 * 60; i++)
        turn(world, NULL, unused);
    struct media_statistics statistics;
    media_session_statistics(world->left.session, &statistics);
    ck_assert_uint_le(statistics.round_trip_ms, 240);
    ck_assert_uint_gt(statistics.round_trip_ms, 0);
    ck_assert_uint_ge(statistics.remote_loss_percent_x100, 500);
    ck_assert_uint_le(statistics.remote_loss_percent_x100, 1600);
    world_free(world);
}
END_TEST

START_TEST(a_day_long_call_needs_no_more_than_a_short_one)
{
    struct world *world = world_new(8000, CODEC_PCMA, 20, (struct network){ 0 });
    double phase = 0;
    world->now = INT64_C(49) * 86400000; /* and of a daemon that is 49 days old */
    for (size_t i = 0; i < 200000; i++) {
        size_t k = i % (SECONDS * 50);
        sine(&phase, 8000, said + k * FRAME, FRAME);
        turn(world, said + k * FRAME, heard + k * FRAME);
    }
    ck_assert(best_correlation(said + 8000, heard + 8000, 8000, 20) >= 0.99);
    struct media_statistics statistics;
    media_session_statistics(world->right.session, &statistics);
    ck_assert_uint_eq(statistics.packets_lost, 0);
    ck_assert_uint_eq(statistics.jitter_ms, 0);
    world_free(world);
}
END_TEST

SUITE_MAIN("media/reality", a_tone_arrives_whole_at_every_rate_and_ptime,
           what_was_said_is_heard_within_a_tenth_of_a_second,
           jitter_and_reordering_are_smoothed_out, a_fifth_lost_is_still_a_tone,
           digits_arrive_once_and_in_order_although_packets_are_lost,
           a_digit_is_not_heard_and_audio_comes_back_after_it,
           both_ends_know_the_round_trip_and_the_loss,
           a_day_long_call_needs_no_more_than_a_short_one)
