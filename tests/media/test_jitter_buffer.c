// SPDX-License-Identifier: ISC
// The audio put in is a ramp: sample i of the stream is i (never 0), so that what comes out says
// where it came from.
#include "media/jitter_buffer.h"
#include "tests/suite.h"
#include "util/random.h"

#include <string.h>

enum {
    RATE = 8000,
    FRAME = 160
};

static int16_t ramp(uint32_t index)
{
    return (int16_t)(1 + index % 30000);
}

static void put_samples(struct jitter_buffer *buffer, uint16_t sequence, uint32_t timestamp,
                        const int16_t *samples, size_t count)
{
    struct jitter_packet packet = {
        .sequence = sequence,
        .timestamp = timestamp,
        .duration = (uint32_t)count,
        .payload = slice_make((const char *)samples, count * sizeof(*samples)),
    };
    jitter_buffer_put(buffer, &packet);
}

/* Packet number `number` of a stream, with a timestamp of its own. */
static void put_at(struct jitter_buffer *buffer, uint16_t sequence, uint32_t timestamp,
                   uint32_t number)
{
    int16_t samples[FRAME];
    for (uint32_t i = 0; i < FRAME; i++)
        samples[i] = ramp(number * FRAME + i);
    put_samples(buffer, sequence, timestamp, samples, FRAME);
}

static void put(struct jitter_buffer *buffer, uint32_t number)
{
    put_at(buffer, (uint16_t)(number + 65500), number * FRAME + 0xffffff00, number);
}

/* What is taken, beyond what was played. */
struct rest {
    int16_t samples[8 * 48000 / 50 + 48000];
    size_t count;
    bool is_shortened; // something was left out of the last frame
};

static struct rest rest;

/* The one piece that is next: its samples, 0 for silence and what is lost; what may be left out is
 * left out. */
static void take_piece(struct jitter_buffer *buffer, size_t wanted)
{
    struct jitter_piece piece;
    jitter_buffer_take(buffer, (uint32_t)wanted, &piece);
    int16_t *to = rest.samples + rest.count;
    uint32_t left_out = piece.excess < piece.length / 4 ? piece.excess : piece.length / 4;
    memset(to, 0, piece.length * sizeof(*to));
    if (piece.kind == JITTER_PACKET)
        memcpy(to, (const int16_t *)piece.packet.payload.data + piece.skip + left_out,
               (piece.length - left_out) * sizeof(*to));
    rest.is_shortened = rest.is_shortened || left_out;
    if (left_out)
        jitter_buffer_shortened(buffer, left_out);
    rest.count += piece.length - left_out;
}

static struct jitter_buffer *begin_with(uint32_t rate)
{
    rest.count = 0;
    return jitter_buffer_new(rate);
}

static void get(struct jitter_buffer *buffer, int16_t *samples, size_t count)
{
    rest.is_shortened = false;
    while (rest.count < count)
        take_piece(buffer, count - rest.count);
    memcpy(samples, rest.samples, count * sizeof(*samples));
    rest.count -= count;
    memmove(rest.samples, rest.samples + count, rest.count * sizeof(*samples));
}

/* Plays a frame: the packet that it is, whole and in place; -1 for silence, -2 for anything else.
 */
static int play(struct jitter_buffer *buffer)
{
    int16_t samples[FRAME];
    get(buffer, samples, FRAME);
    bool is_silent = true;
    for (size_t i = 0; i < FRAME; i++)
        is_silent = is_silent && samples[i] == 0;
    if (is_silent)
        return -1;
    for (uint32_t i = 1; i < FRAME; i++)
        if (samples[i] != ramp((uint32_t)(samples[0] - 1) + i))
            return -2;
    return (samples[0] - 1) % FRAME ? -2 : (samples[0] - 1) / FRAME;
}

/* Whether packet `number` is played within `frames` frames. */
static bool plays_within(struct jitter_buffer *buffer, int number, int frames)
{
    while (frames-- > 0)
        if (play(buffer) == number)
            return true;
    return false;
}

START_TEST(packets_come_out_in_order_after_the_delay)
{
    struct jitter_buffer *buffer = begin_with(RATE);
    int first = -1;
    for (uint32_t i = 0; i < 100; i++) {
        put(buffer, i);
        int frame = play(buffer);
        if (first < 0 && frame == 0)
            first = (int)i;
        ck_assert_int_eq(frame, first < 0 ? -1 : (int)i - first);
    }
    ck_assert_int_eq(first, 2); /* 40 ms */
    jitter_buffer_free(buffer);
}
END_TEST

START_TEST(reordered_packets_find_their_place)
{
    struct jitter_buffer *buffer = begin_with(RATE);
    int next = 0;
    for (uint32_t i = 0; i < 100; i += 2) {
        put(buffer, i + 1);
        put(buffer, i);
        for (int k = 0; k < 2; k++) {
            int frame = play(buffer);
            if (frame == -1 && next == 0)
                continue;
            ck_assert_int_eq(frame, next++);
        }
    }
    ck_assert_uint_eq(jitter_buffer_statistics(buffer)->late, 0);
    jitter_buffer_free(buffer);
}
END_TEST

START_TEST(duplicates_are_dropped_and_counted)
{
    struct jitter_buffer *buffer = begin_with(RATE);
    for (uint32_t i = 0; i < 50; i++) {
        put(buffer, i);
        put(buffer, i);
        if (i >= 5)
            put(buffer, i - 5);
        int frame = play(buffer);
        ck_assert(frame == (int)i - 2 || (i < 2 && frame == -1));
    }
    ck_assert_uint_eq(jitter_buffer_statistics(buffer)->duplicates, 50 + 45);
    ck_assert_uint_eq(jitter_buffer_statistics(buffer)->late, 0);
    jitter_buffer_free(buffer);
}
END_TEST

START_TEST(a_fifth_lost_leaves_the_rest_in_place)
{
    struct jitter_buffer *buffer = begin_with(RATE);
    struct random random;
    random_init_number(&random, 20);
    int played = 0;
    int given = 0;
    for (uint32_t i = 0; i < 180; i++) {
        if (random_below(&random, 5)) {
            put(buffer, i);
            given++;
        }
        int frame = play(buffer);
        if (frame >= 0) {
            ck_assert_int_eq(frame, (int)i - 2);
            played++;
        }
    }
    ck_assert_int_ge(played, given - 3);
    ck_assert_uint_eq(jitter_buffer_statistics(buffer)->late, 0);
    jitter_buffer_free(buffer);
}
END_TEST

/* After 20 good packets the stream goes on with other numbers; all is well again within a jitter
 * window (200 ms), for good, and the gap is never longer than that. */
static const struct {
    const char *fact;
    int sequence;
    int64_t timestamp;
} jumps[] = {
    { "timestamp half the circle on", 0, INT64_C(0x80000000) },
    { "timestamp just less than half on", 0, INT64_C(0x7fffffff) },
    { "timestamp just less than half back", 0, -INT64_C(0x7fffffff) },
    { "timestamp 10 s on", 0, 80000 },
    { "timestamp 10 s back", 0, -80000 },
    { "timestamp 900 ms on", 0, 7200 },
    { "timestamp 900 ms back", 0, -7200 },
    { "timestamp 250 ms on", 0, 2000 },
    { "timestamp 250 ms back", 0, -2000 },
    { "timestamp 100 ms on", 0, 800 },
    { "timestamp 100 ms back", 0, -800 },
    { "timestamp 20 ms back", 0, -160 },
    { "sequence on", 20000, 0 },
    { "sequence back", -20000, 0 },
    { "sequence a little back", -30, 0 },
    { "both on", 20000, 1234567 },
    { "both back", -20000, -1234567 },
    { "both back by 10 s", -500, -80000 },
    { "sequence on, timestamp back", 2000, -1234567 },
    { "sequence back, timestamp on", -2000, 1234567 },
};

START_TEST(a_jump_costs_at_most_one_jitter_window)
{
    for (size_t row = 0; row < sizeof(jumps) / sizeof(*jumps); row++) {
        struct jitter_buffer *buffer = begin_with(RATE);
        int bad_run = 0;
        int worst = 0;
        for (uint32_t i = 0; i < 180; i++) {
            int sequence = (int)i + (i < 20 ? 0 : jumps[row].sequence);
            int64_t timestamp = (int64_t)i * FRAME + (i < 20 ? 0 : jumps[row].timestamp);
            put_at(buffer, (uint16_t)sequence, (uint32_t)timestamp, i);
            bad_run = play(buffer) >= 0 || rest.is_shortened ? 0 : bad_run + 1;
            if (i > 5 && bad_run > worst)
                worst = bad_run;
        }
        ck_assert_msg(bad_run == 0, "%s: still silent", jumps[row].fact);
        ck_assert_msg(worst <= 10, "%s: %d frames missing", jumps[row].fact, worst);
        jitter_buffer_free(buffer);
    }
}
END_TEST

START_TEST(a_new_source_with_every_packet_is_heard)
{
    struct jitter_buffer *buffer = begin_with(RATE);
    struct random random;
    random_init_number(&random, 3);
    int played = 0;
    for (uint32_t i = 0; i < 180; i++) {
        jitter_buffer_reset(buffer);
        put_at(buffer, (uint16_t)random_uint32(&random), random_uint32(&random), i);
        played += play(buffer) >= 0;
        ck_assert_uint_le(jitter_buffer_level(buffer), RATE / 1000 * 300);
    }
    ck_assert_int_ge(played, 170);
    jitter_buffer_free(buffer);
}
END_TEST

START_TEST(wild_timestamps_never_pile_up_silence)
{
    struct jitter_buffer *buffer = begin_with(RATE);
    struct random random;
    random_init_number(&random, 4);
    int silent = 0;
    for (uint32_t i = 0; i < 180; i++) {
        put_at(buffer, (uint16_t)i, random_uint32(&random), i);
        int frame = play(buffer);
        silent = frame == -1 ? silent + 1 : 0;
        ck_assert_int_le(silent, 10);
        ck_assert_uint_le(jitter_buffer_level(buffer), RATE / 1000 * 300);
    }
    jitter_buffer_free(buffer);
}
END_TEST

START_TEST(after_a_gap_the_stream_begins_anew)
{
    /* Frames of silence; how far the sender's clock went meanwhile. */
    static const struct {
        int frames;
        uint32_t packets;
    } rows[] = { { 500, 500 }, { 500, 0 }, { 500, 10000 }, { 12, 12 },
                 { 9, 0 },     { 5, 0 },   { 5, 5 },       { 250, 251 } };
    for (size_t row = 0; row < sizeof(rows) / sizeof(*rows); row++) {
        struct jitter_buffer *buffer = begin_with(RATE);
        uint32_t i = 0;
        for (; i < 20; i++) {
            put(buffer, i);
            play(buffer);
        }
        for (int k = 0; k < rows[row].frames; k++)
            play(buffer);
        uint32_t clock = rows[row].packets;
        put_at(buffer, (uint16_t)(i + 65500), (i + clock) * FRAME + 0xffffff00, i);
        ck_assert_msg(plays_within(buffer, (int)i, 11), "row %zu", row);
        jitter_buffer_free(buffer);
    }
}
END_TEST

/* One tick of a stream whose sender needs `period_us` for each 20 ms. */
static int drift(struct jitter_buffer *buffer, uint32_t *sent, uint64_t tick, uint64_t period_us)
{
    while (*sent * period_us <= tick * 20000) {
        put_at(buffer, (uint16_t)*sent, *sent * FRAME, *sent % 180);
        ++*sent;
    }
    return play(buffer);
}

START_TEST(a_sender_with_a_slow_or_fast_clock_is_followed_for_ever)
{
    static const uint64_t periods[] = { 20100, 20002, 19998, 19900 };
    for (size_t row = 0; row < 4; row++) {
        struct jitter_buffer *buffer = begin_with(RATE);
        uint32_t sent = 0;
        int silent = 0;
        for (uint64_t tick = 0; tick < 100000; tick++) {
            int frame = drift(buffer, &sent, tick, periods[row]);
            silent = frame == -1 && tick > 3 ? silent + 1 : 0;
            ck_assert_int_le(silent, 2);
            ck_assert_uint_le(jitter_buffer_level(buffer), RATE / 1000 * 120);
        }
        jitter_buffer_free(buffer);
    }
}
END_TEST

START_TEST(late_packets_make_the_delay_grow_and_calm_makes_it_shrink)
{
    struct jitter_buffer *buffer = begin_with(RATE);
    uint32_t i = 0;
    /* Three packets out of four come 100 ms late, in a heap. */
    for (uint32_t sent = 0; i < 400; i++) {
        if (i % 5 == 4)
            while (sent <= i) {
                put_at(buffer, (uint16_t)sent, sent * FRAME, sent % 180);
                sent++;
            }
        int frame = play(buffer);
        if (i > 50)
            ck_assert_int_ge(frame, 0);
    }
    size_t grown = jitter_buffer_level(buffer);
    ck_assert_uint_ge(grown, 5 * FRAME);
    for (; i < 4000; i++) {
        put_at(buffer, (uint16_t)i, i * FRAME, i % 180);
        play(buffer);
    }
    ck_assert_uint_le(jitter_buffer_level(buffer), 3 * FRAME);
    jitter_buffer_free(buffer);
}
END_TEST

START_TEST(a_burst_after_a_stall_is_bounded_and_then_caught_up)
{
    struct jitter_buffer *buffer = begin_with(RATE);
    uint32_t i = 0;
    for (; i < 20; i++) {
        put(buffer, i);
        play(buffer);
    }
    for (int k = 0; k < 100; k++)
        play(buffer);
    for (; i < 120; i++)
        put(buffer, i);
    ck_assert_uint_le(jitter_buffer_level(buffer), RATE / 1000 * 300);
    for (; i < 150; i++) {
        put(buffer, i);
        ck_assert_int_ge(play(buffer), (int)i - 16);
    }
    jitter_buffer_free(buffer);
}
END_TEST

START_TEST(nothing_played_is_ever_played_again)
{
    struct jitter_buffer *buffer = begin_with(RATE);
    struct random random;
    random_init_number(&random, 9);
    int last = -1;
    for (uint32_t i = 0; i < 180; i++) {
        /* Any of the last eight packets, at random, again and again. */
        put(buffer, i);
        for (int k = 0; k < 3 && i >= 8; k++)
            put(buffer, i - random_below(&random, 8));
        if (i % 50 < 40) {
            int frame = play(buffer);
            if (frame >= 0) {
                ck_assert_int_gt(frame, last);
                last = frame;
            }
        }
    }
    ck_assert_int_gt(last, 150);
    jitter_buffer_free(buffer);
}
END_TEST

START_TEST(a_new_source_follows_what_is_held)
{
    struct jitter_buffer *buffer = begin_with(RATE);
    for (uint32_t i = 0; i < 6; i++)
        put(buffer, i);
    jitter_buffer_reset(buffer);
    put_at(buffer, 9, 99, 6);
    put_at(buffer, 10, 99 + FRAME, 7);
    ck_assert_int_eq(play(buffer), -1);
    ck_assert_int_eq(play(buffer), -1);
    for (int i = 0; i < 8; i++)
        ck_assert_int_eq(play(buffer), i);
    jitter_buffer_free(buffer);
}
END_TEST

START_TEST(what_was_skipped_never_comes_back)
{
    struct jitter_buffer *buffer = begin_with(RATE);
    uint32_t i = 0;
    for (; i < 100; i++)
        put(buffer, i);
    int newest = 0;
    for (; i < 180; i++) {
        int16_t samples[FRAME];
        int old = 0;
        if (i % 2)
            put(buffer, i);
        get(buffer, samples, FRAME);
        /* Concealment fades; only true audio is a rising ramp. */
        for (size_t k = 1; k < FRAME; k++)
            if (samples[k] == samples[k - 1] + 1) {
                old += samples[k] <= newest;
                newest = samples[k] > newest ? samples[k] : newest;
            }
        ck_assert_msg(old < 20, "tick %u: %d old samples", i, old);
    }
    jitter_buffer_free(buffer);
}
END_TEST

START_TEST(what_comes_after_its_successor_was_played_is_dropped)
{
    struct jitter_buffer *buffer = begin_with(RATE);
    for (uint32_t i = 0; i < 9; i++)
        if (i < 3 || i > 5)
            put(buffer, i);
    ck_assert(plays_within(buffer, 6, 20));
    for (uint32_t i = 3; i < 6; i++)
        put(buffer, i);
    for (int k = 0; k < 10; k++) {
        int frame = play(buffer);
        ck_assert(frame < 0 || frame > 6);
    }
    ck_assert_uint_eq(jitter_buffer_statistics(buffer)->late, 3);
    jitter_buffer_free(buffer);
}
END_TEST

START_TEST(any_input_keeps_the_bounds)
{
    struct random random;
    random_init_number(&random, 1);
    for (int run = 0; run < 50; run++) {
        struct jitter_buffer *buffer = begin_with(run % 2 ? RATE : 48000);
        static int16_t samples[960];
        uint32_t base = random_uint32(&random);
        for (int i = 0; i < 2000; i++) {
            uint32_t spread = 1u << random_below(&random, 32);
            uint32_t timestamp = base + random_below(&random, spread) - spread / 2;
            put_samples(buffer, (uint16_t)random_below(&random, spread), timestamp, samples,
                        random_below(&random, 961));
            if (random_below(&random, 3) == 0)
                get(buffer, samples, 1 + random_below(&random, 960));
            if (random_below(&random, 50) == 0)
                jitter_buffer_reset(buffer);
            if (random_below(&random, 10) == 0)
                base += 160;
            ck_assert_uint_le(jitter_buffer_level(buffer), 48 * 300);
        }
        jitter_buffer_free(buffer);
    }
}
END_TEST

START_TEST(packets_of_every_length_are_played_whole)
{
    static const size_t lengths[] = { 20, 40, 80, 100, 160, 240, 264, 320, 480, 1520 };
    for (size_t row = 0; row < sizeof(lengths) / sizeof(*lengths); row++) {
        struct jitter_buffer *buffer = begin_with(RATE);
        size_t length = lengths[row];
        uint32_t sent = 0;
        uint32_t sequence = 0;
        uint32_t expected = UINT32_MAX;
        for (uint32_t tick = 1; tick < 150; tick++) {
            int16_t samples[1520];
            while (sent + length <= tick * FRAME) {
                for (uint32_t i = 0; i < length; i++)
                    samples[i] = ramp(sent + i);
                put_samples(buffer, (uint16_t)sequence++, sent, samples, length);
                sent += (uint32_t)length;
            }
            get(buffer, samples, FRAME);
            for (size_t i = 0; i < FRAME && tick > 40; i++) {
                if (expected == UINT32_MAX)
                    expected = (uint32_t)samples[i] - 1;
                ck_assert_msg(samples[i] == ramp(expected), "length %zu, tick %u", length, tick);
                expected++;
            }
        }
        jitter_buffer_free(buffer);
    }
}
END_TEST

SUITE_MAIN("media/jitter_buffer", packets_come_out_in_order_after_the_delay,
           reordered_packets_find_their_place, duplicates_are_dropped_and_counted,
           a_fifth_lost_leaves_the_rest_in_place, a_jump_costs_at_most_one_jitter_window,
           a_new_source_with_every_packet_is_heard, wild_timestamps_never_pile_up_silence,
           after_a_gap_the_stream_begins_anew,
           a_sender_with_a_slow_or_fast_clock_is_followed_for_ever,
           late_packets_make_the_delay_grow_and_calm_makes_it_shrink,
           a_burst_after_a_stall_is_bounded_and_then_caught_up, nothing_played_is_ever_played_again,
           any_input_keeps_the_bounds, a_new_source_follows_what_is_held,
           what_was_skipped_never_comes_back, what_comes_after_its_successor_was_played_is_dropped,
           packets_of_every_length_are_played_whole)
