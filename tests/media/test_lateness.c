// SPDX-License-Identifier: ISC
// A program that answers what it hears, between pipes as wide as the real ones, on a fake clock:
// how late its answers are after whatever has kept it or the call waiting; and that one who plays
// loses nothing. Each frame that is heard is full of its number.
#include "media/call_audio.h"
#include "tests/suite.h"
#include "util/log.h"

#include <string.h>

enum {
    PIPE_BYTES = 4096 // that each pipe holds
};

struct pipe {
    char bytes[2 * PIPE_BYTES];
    size_t count;
};

struct world {
    struct call_audio *audio;
    uint32_t rate;
    size_t frame; // bytes
    int now;      // tick
    struct audio_line line;
    struct audio_places places;
    struct pipe heard; // to the program
    struct pipe said;  // and from it
    int given_last;    // the frame that was given last
    int16_t said_now;  // 0: silence
};

static struct world *begin(uint32_t rate)
{
    struct world *world = calloc(1, sizeof(*world));
    ck_assert_ptr_nonnull(world);
    struct audio_request request = { .rate = rate, .listens = true, .speaks = true, .owner = 1 };
    log_set_level(LOG_LEVEL_ERROR);
    world->rate = rate;
    world->frame = rate / 50 * 2;
    world->audio = call_audio_new(rate);
    world->line = (struct audio_line){ .is_sending = true, .has_received = true };
    world->places = call_audio_attach(world->audio, &request);
    return world;
}

static void finish(struct world *world)
{
    call_audio_free(world->audio);
    free(world);
}

static void put(struct pipe *pipe, const char *bytes, size_t count)
{
    memcpy(pipe->bytes + pipe->count, bytes, count);
    pipe->count += count;
}

static void take(struct pipe *pipe, size_t count)
{
    pipe->count -= count;
    memmove(pipe->bytes, pipe->bytes + count, pipe->count);
}

static void read_said(struct world *world)
{
    size_t wanted;
    while ((wanted = call_audio_wants(world->audio, world->places.speaker)) > 0 &&
           world->said.count) {
        size_t count = wanted < world->said.count ? wanted : world->said.count;
        call_audio_feed(world->audio, world->places.speaker, slice_make(world->said.bytes, count));
        take(&world->said, count);
    }
    if (!call_audio_wants_look(world->audio))
        return;
    call_audio_look(world->audio, world->places.speaker, world->said.count, true);
    if (call_audio_answering_listener(world->audio))
        call_audio_look_unread(world->audio, world->heard.count);
}

static void give_heard(struct world *world)
{
    struct audio_frame frame;
    while (call_audio_next_frame(world->audio, &frame)) {
        if (world->heard.count + frame.bytes.length <= PIPE_BYTES) {
            put(&world->heard, frame.bytes.data, frame.bytes.length);
            world->given_last = world->now;
        } else {
            call_audio_frame_lost(world->audio, frame.listener, false);
        }
    }
}

/* The far end says the number of this tick. */
static void tick(struct world *world)
{
    int16_t samples[960];
    struct call_audio_output output;
    world->now++;
    call_audio_begin(world->audio, world->now * 20, &world->line);
    read_said(world);
    const int16_t *said = call_audio_say(world->audio, world->now * 20, NULL);
    world->said_now = said ? said[0] : 0;
    for (size_t i = 0; i < world->rate / 50; i++)
        samples[i] = (int16_t)world->now;
    call_audio_hear(world->audio, samples, said);
    give_heard(world);
    while (call_audio_next_output(world->audio, &output))
        ;
}

/* /bin/cat, when it is its turn: all that it can. */
static void echo(struct world *world)
{
    size_t room = PIPE_BYTES - world->said.count;
    size_t count = world->heard.count < room ? world->heard.count : room;
    put(&world->said, world->heard.bytes, count);
    take(&world->heard, count);
}

static void echo_for(struct world *world, int ticks)
{
    while (ticks-- > 0) {
        tick(world);
        echo(world);
    }
}

/* Of what is said now, in ticks. */
static int delay(const struct world *world)
{
    return world->said_now ? world->now - world->said_now : 1000;
}

static const uint32_t rates[] = { 8000, 16000 };

enum {
    FLOOR = 1, // ticks that an echo takes at the least
    TWO_SECONDS = 100
};

START_TEST(an_echo_is_one_frame_late_whenever_the_first_packet_comes)
{
    static const int firsts[] = { 0, 100, 300, 1000 };
    for (size_t row = 0; row < 8; row++) {
        struct world *world = begin(rates[row % 2]);
        world->line.has_received = false;
        call_audio_connected(world->audio, 0);
        for (int i = 0; i < firsts[row / 2] / 20; i++)
            echo_for(world, 1);
        world->line.has_received = true;
        echo_for(world, TWO_SECONDS);
        ck_assert_msg(delay(world) <= FLOOR + 1, "%d ms, %u: %d", firsts[row / 2], world->rate,
                      delay(world));
        finish(world);
    }
}
END_TEST

START_TEST(before_the_call_is_up_nothing_is_given_that_cannot_be_answered)
{
    struct world *world = begin(8000);
    echo_for(world, 100);
    call_audio_connected(world->audio, world->now * 20);
    echo_for(world, TWO_SECONDS);
    ck_assert_int_le(delay(world), FLOOR + 1);
    finish(world);
}
END_TEST

START_TEST(after_a_hold_an_echo_is_as_late_as_before)
{
    static const int holds[] = { 500, 5000 };
    for (size_t row = 0; row < 4; row++) {
        struct world *world = begin(rates[row % 2]);
        call_audio_connected(world->audio, 0);
        echo_for(world, 50);
        ck_assert_int_eq(delay(world), FLOOR);
        world->line.is_sending = false;
        echo_for(world, holds[row / 2] / 20);
        ck_assert_uint_le(world->said.count + world->heard.count, 2 * world->frame);
        world->line.is_sending = true;
        echo_for(world, TWO_SECONDS);
        ck_assert_msg(delay(world) <= FLOOR + 1, "%d ms, %u: %d", holds[row / 2], world->rate,
                      delay(world));
        finish(world);
    }
}
END_TEST

START_TEST(a_program_that_was_stopped_catches_up_within_two_seconds)
{
    static const int stops[] = { 100, 200, 400, 2000 };
    for (size_t row = 0; row < 8; row++) {
        struct world *world = begin(rates[row % 2]);
        struct audio_figures figures;
        call_audio_connected(world->audio, 0);
        echo_for(world, 50);
        for (int i = 0; i < stops[row / 2] / 20; i++)
            tick(world);
        echo_for(world, TWO_SECONDS);
        ck_assert_msg(delay(world) <= FLOOR + 1, "%d ms, %u: %d", stops[row / 2], world->rate,
                      delay(world));
        call_audio_figures(world->audio, &figures);
        ck_assert_uint_ge(figures.late_frames, 3);
        finish(world);
    }
}
END_TEST

START_TEST(a_stop_again_and_again_never_adds_up)
{
    struct world *world = begin(16000);
    call_audio_connected(world->audio, 0);
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 3; i++)
            tick(world);
        echo_for(world, TWO_SECONDS);
        ck_assert_int_le(delay(world), FLOOR + 1);
    }
    finish(world);
}
END_TEST

START_TEST(who_listens_only_so_far_hears_the_music_on_hold)
{
    struct world *world = begin(8000);
    call_audio_connected(world->audio, 0);
    world->line.is_sending = false;
    for (int i = 0; i < 100; i++) {
        tick(world);
        ck_assert_int_eq(world->given_last, world->now);
        world->heard.count = 0;
    }
    finish(world);
}
END_TEST

/* A file: frames that are numbered from 1 on, as many as fit each time. */
struct file {
    int next;
    int count;
};

static void play(struct world *world, struct file *file)
{
    while (file->next < file->count && world->said.count + world->frame <= PIPE_BYTES) {
        int16_t samples[960];
        file->next++;
        for (size_t i = 0; i < world->rate / 50; i++)
            samples[i] = (int16_t)file->next;
        put(&world->said, (const char *)samples, world->frame);
    }
}

enum reading {
    READS_NOTHING,
    READS_ALL,        // in another thread
    READS_WHAT_IT_HAS // after each second
};

START_TEST(a_file_that_is_played_loses_nothing_however_its_player_reads)
{
    for (int row = 0; row < 12; row++) {
        enum reading reading = (enum reading)(row % 3);
        struct world *world = begin(rates[row / 3 % 2]);
        int silent = row / 6 * 250; /* ticks before it begins */
        struct file file = { .count = 400 };
        int wanted = 1;
        call_audio_connected(world->audio, 0);
        for (int i = 0; i < 800; i++) {
            tick(world);
            if (world->said_now)
                ck_assert_msg(world->said_now == wanted++, "row %d: %d, not %d", row,
                              world->said_now, wanted - 1);
            if (i >= silent)
                play(world, &file);
            if (reading == READS_ALL || (reading == READS_WHAT_IT_HAS && i % 50 == 0))
                world->heard.count = 0;
        }
        ck_assert_int_eq(wanted, 401);
        finish(world);
    }
}
END_TEST

START_TEST(a_file_is_whole_through_a_hold)
{
    struct world *world = begin(8000);
    struct file file = { .count = 200 };
    int wanted = 1;
    call_audio_connected(world->audio, 0);
    for (int i = 0; i < 500; i++) {
        world->line.is_sending = i < 50 || i > 150;
        tick(world);
        if (world->said_now)
            ck_assert_int_eq(world->said_now, wanted++);
        play(world, &file);
        world->heard.count = 0;
    }
    ck_assert_int_eq(wanted, 201);
    finish(world);
}
END_TEST

START_TEST(who_plays_a_file_and_then_echoes_loses_nothing_of_it_and_is_in_time)
{
    struct world *world = begin(8000);
    struct file file = { .count = 150 };
    call_audio_connected(world->audio, 0);
    int wanted = 1;
    for (int i = 0; i < 170; i++) {
        tick(world);
        if (file.next == 150)
            echo(world);
        else
            play(world, &file);
        if (world->said_now && wanted <= 150)
            ck_assert_int_eq(world->said_now, wanted++);
    }
    ck_assert_int_eq(wanted, 151);
    echo_for(world, TWO_SECONDS);
    ck_assert_int_le(delay(world), FLOOR + 1);
    finish(world);
}
END_TEST

SUITE_MAIN("media/lateness", an_echo_is_one_frame_late_whenever_the_first_packet_comes,
           before_the_call_is_up_nothing_is_given_that_cannot_be_answered,
           after_a_hold_an_echo_is_as_late_as_before,
           a_program_that_was_stopped_catches_up_within_two_seconds,
           a_stop_again_and_again_never_adds_up, who_listens_only_so_far_hears_the_music_on_hold,
           a_file_that_is_played_loses_nothing_however_its_player_reads,
           a_file_is_whole_through_a_hold,
           who_plays_a_file_and_then_echoes_loses_nothing_of_it_and_is_in_time)
