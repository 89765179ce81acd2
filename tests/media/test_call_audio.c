// SPDX-License-Identifier: ISC
// The audio of a call on a fake clock, without pipes: when what is said is heard, what is dropped,
// and when it is told that all has been said. What pipes add to it:
// tests/daemon/test_audio_pipes.c.
#include "media/audio_speaker.h"
#include "media/call_audio.h"
#include "tests/suite.h"
#include "util/log.h"

#include <string.h>

enum {
    FRAME = 160, // samples of 20 ms at 8 kHz
    OWNER = 7,
    TICK = 20,
    PIPE = 64 * 1024
};

/* A call, and one program that has written to its pipe. */
struct world {
    struct call_audio *audio;
    time_ms now;
    struct audio_line line;
    uint32_t speaker;
    char pipe[PIPE];
    size_t piped;
    bool is_closed;                         // the program has ended
    int flushed, played_out, drained, gone; // how often it was told
    uint32_t heard_ms;
};

static struct world begin(uint32_t rate)
{
    log_set_level(LOG_LEVEL_ERROR);
    return (struct world){ .audio = call_audio_new(rate),
                           .line = { .is_sending = true, .has_received = true } };
}

static void pull(struct world *world)
{
    struct call_audio_output output;
    while (call_audio_next_output(world->audio, &output)) {
        world->flushed += output.kind == CALL_AUDIO_FLUSHED;
        world->played_out += output.kind == CALL_AUDIO_PLAYED_OUT;
        world->drained += output.kind == CALL_AUDIO_DRAINED;
        world->gone += output.kind == CALL_AUDIO_SPEAKER_GONE;
        if (output.kind == CALL_AUDIO_SPEAKER_GONE)
            ck_assert_uint_ne(output.number, 0);
        if (output.kind == CALL_AUDIO_FLUSHED || output.kind == CALL_AUDIO_PLAYED_OUT)
            world->heard_ms = output.heard_ms;
    }
}

static void look(struct world *world)
{
    call_audio_look(world->audio, world->speaker, world->piped, !world->is_closed);
}

static void read_pipe(struct world *world)
{
    size_t wanted;
    while ((wanted = call_audio_wants(world->audio, world->speaker)) > 0) {
        size_t count = wanted < world->piped ? wanted : world->piped;
        if (count) {
            call_audio_feed(world->audio, world->speaker, slice_make(world->pipe, count));
            world->piped -= count;
            memmove(world->pipe, world->pipe + count, world->piped);
        } else if (world->is_closed) {
            call_audio_end_of_file(world->audio, world->speaker);
        } else {
            break;
        }
    }
    if (call_audio_wants_look(world->audio) && call_audio_speaker(world->audio, 0))
        look(world);
}

/* What the far end hears in the next tick: the first sample, 0 for silence. */
static int16_t tick(struct world *world)
{
    call_audio_begin(world->audio, world->now, &world->line);
    read_pipe(world);
    const int16_t *said = call_audio_say(world->audio, world->now, NULL);
    int16_t first = said ? said[0] : 0;
    world->now += TICK;
    pull(world);
    return first;
}

static void speak(struct world *world, uint32_t owner)
{
    struct audio_request request = { .rate = 8000, .speaks = true, .owner = owner };
    const char *why;
    ck_assert_int_eq(call_audio_may_attach(world->audio, &request, &why), STATUS_OK);
    world->speaker = call_audio_attach(world->audio, &request).speaker;
    world->piped = 0;
    world->is_closed = false;
}

/* Of a call that is up. */
static struct world begin_speaking(void)
{
    struct world world = begin(8000);
    call_audio_connected(world.audio, 0);
    speak(&world, OWNER);
    return world;
}

static void write_bytes(struct world *world, const void *bytes, size_t length)
{
    ck_assert_uint_le(world->piped + length, PIPE);
    memcpy(world->pipe + world->piped, bytes, length);
    world->piped += length;
}

/* Frames of 8 kHz, each full of its number. */
static void write_frames(struct world *world, int16_t first, int count)
{
    int16_t frame[FRAME];
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < FRAME; k++)
            frame[k] = (int16_t)(first + i);
        write_bytes(world, frame, sizeof(frame));
    }
}

static void expect_frames(struct world *world, int16_t first, int count)
{
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(tick(world), first + i);
}

static void expect_silence(struct world *world, int count)
{
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(tick(world), 0);
}

START_TEST(nothing_is_said_before_the_call_is_up)
{
    struct world world = begin(8000);
    speak(&world, OWNER);
    write_frames(&world, 1, 3);
    expect_silence(&world, 50);
    ck_assert_uint_eq(world.piped, 3 * FRAME * 2); /* it waits in its pipe */
    call_audio_connected(world.audio, world.now);
    expect_frames(&world, 1, 3);
    call_audio_free(world.audio);
}
END_TEST

START_TEST(the_first_word_waits_200_ms_or_for_the_first_packet)
{
    for (int has_packet = 0; has_packet < 2; has_packet++) {
        struct world world = begin(8000);
        world.line.has_received = false;
        speak(&world, OWNER);
        write_frames(&world, 1, 3);
        call_audio_connected(world.audio, world.now);
        expect_silence(&world, has_packet ? 3 : 10);
        call_audio_connected(world.audio, world.now); /* told again: it stays as it is */
        world.line.has_received = has_packet;
        expect_frames(&world, 1, 3);
        call_audio_free(world.audio);
    }
}
END_TEST

START_TEST(who_speaks_waits_while_the_call_is_held)
{
    struct world world = begin_speaking();
    write_frames(&world, 1, 10);
    expect_frames(&world, 1, 2);
    world.line.is_sending = false;
    expect_silence(&world, 100);
    world.line.is_sending = true;
    expect_frames(&world, 3, 8);
    call_audio_free(world.audio);
}
END_TEST

START_TEST(a_muted_call_is_silent_and_whoever_speaks_goes_on)
{
    struct world world = begin_speaking();
    write_frames(&world, 1, 6);
    expect_frames(&world, 1, 2);
    call_audio_mute(world.audio, true);
    expect_silence(&world, 2);
    call_audio_mute(world.audio, false);
    expect_frames(&world, 5, 2);
    call_audio_play_out(world.audio);
    expect_silence(&world, 1);
    ck_assert_int_eq(world.played_out, 1);
    ck_assert_uint_eq(world.heard_ms, 80); /* what was muted was not heard */
    call_audio_free(world.audio);
}
END_TEST

START_TEST(played_out_is_told_once_when_nothing_is_queued)
{
    struct world world = begin_speaking();
    write_frames(&world, 1, 4);
    call_audio_play_out(world.audio);
    expect_frames(&world, 1, 4);
    ck_assert_int_eq(world.played_out, 0);
    expect_silence(&world, 5);
    ck_assert_int_eq(world.played_out, 1);
    ck_assert_uint_eq(world.heard_ms, 80);
    call_audio_free(world.audio);
}
END_TEST

START_TEST(what_is_queued_while_the_call_is_held_is_not_played_out)
{
    struct world world = begin_speaking();
    write_frames(&world, 1, 2);
    world.line.is_sending = false;
    call_audio_play_out(world.audio);
    expect_silence(&world, 20);
    ck_assert_int_eq(world.played_out, 0);
    world.line.is_sending = true;
    expect_frames(&world, 1, 2);
    expect_silence(&world, 1);
    ck_assert_int_eq(world.played_out, 1);
    world.line.is_sending = false; /* and with nothing in its pipe it is, also while held */
    call_audio_play_out(world.audio);
    expect_silence(&world, 1);
    ck_assert_int_eq(world.played_out, 2);
    call_audio_free(world.audio);
}
END_TEST

START_TEST(drained_is_told_200_ms_behind_the_last_word)
{
    struct world world = begin_speaking();
    write_frames(&world, 1, 5);
    world.is_closed = true;
    call_audio_drain(world.audio, world.now);
    expect_frames(&world, 1, 5);
    time_ms last = world.now;
    while (!world.drained && world.now < last + 1000)
        expect_silence(&world, 1);
    ck_assert_int_ge(world.now - last, 180);
    ck_assert_int_le(world.now - last, 240);
    expect_silence(&world, 50);
    ck_assert_int_eq(world.drained, 1);
    call_audio_free(world.audio);
}
END_TEST

START_TEST(who_never_stops_is_drained_after_a_second)
{
    struct world world = begin_speaking();
    call_audio_drain(world.audio, world.now);
    for (int i = 0; i < 60; i++) {
        write_frames(&world, 1, 1);
        tick(&world);
        ck_assert_int_eq(world.drained, world.now > 1000);
    }
    call_audio_free(world.audio);
}
END_TEST

START_TEST(a_call_that_is_held_or_silent_drains_too)
{
    struct world world = begin(8000);
    call_audio_drain(world.audio, world.now);
    expect_silence(&world, 10);
    ck_assert_int_eq(world.drained, 0);
    expect_silence(&world, 1);
    ck_assert_int_eq(world.drained, 1);
    call_audio_free(world.audio);
}
END_TEST

START_TEST(a_flush_drops_what_is_queued_and_tells_what_was_heard)
{
    struct world world = begin_speaking();
    write_frames(&world, 1, 20);
    expect_frames(&world, 1, 3);
    call_audio_flush(world.audio);
    call_audio_flush(world.audio); /* twice is once */
    expect_silence(&world, 2);
    ck_assert_uint_eq(world.piped, 0);
    ck_assert_int_eq(world.flushed, 1);
    ck_assert_uint_eq(world.heard_ms, 60);
    write_frames(&world, 90, 1);
    expect_frames(&world, 90, 1);
    call_audio_free(world.audio);
}
END_TEST

START_TEST(a_held_call_is_flushed_as_well)
{
    struct world world = begin_speaking();
    write_frames(&world, 1, 20);
    world.line.is_sending = false;
    call_audio_flush(world.audio);
    expect_silence(&world, 3);
    ck_assert_int_eq(world.flushed, 1);
    world.line.is_sending = true;
    expect_silence(&world, 3);
    call_audio_free(world.audio);
}
END_TEST

/* A program that writes 101 bytes at a time has a sample cut in two wherever it is flushed. */
START_TEST(a_flush_in_the_middle_of_a_sample_does_not_shift_the_rest)
{
    for (size_t cut = 0; cut < 4; cut++) {
        struct world world = begin(8000);
        int16_t frame[FRAME];
        for (int k = 0; k < FRAME; k++)
            frame[k] = 0x1234;
        call_audio_connected(world.audio, 0);
        speak(&world, OWNER);
        for (int i = 0; i < 3; i++)
            write_bytes(&world, frame, sizeof(frame));
        write_bytes(&world, frame, cut);
        ck_assert_int_eq(tick(&world), 0x1234);
        call_audio_flush(world.audio);
        expect_silence(&world, 3);
        write_bytes(&world, (char *)frame + cut, sizeof(frame) - cut);
        write_bytes(&world, frame, sizeof(frame));
        expect_frames(&world, 0x1234, 1);
        call_audio_free(world.audio);
    }
}
END_TEST

START_TEST(a_bridged_call_says_what_the_other_hears)
{
    struct world world = begin(8000);
    struct audio_request request = { .rate = 8000, .speaks = true, .replaces = true };
    int16_t other[FRAME];
    const char *why = NULL;
    for (int k = 0; k < FRAME; k++)
        other[k] = 77;
    call_audio_connected(world.audio, 0);
    speak(&world, OWNER);
    write_frames(&world, 1, 2);
    world.is_closed = true;
    call_audio_set_bridge(world.audio, 8000);
    ck_assert_int_eq(call_audio_may_attach(world.audio, &request, &why), STATUS_REFUSED);
    ck_assert(why && strstr(why, "bridged"));
    for (int i = 0; i < 5; i++) { /* first the rest of whoever spoke before */
        call_audio_begin(world.audio, world.now, &world.line);
        read_pipe(&world);
        const int16_t *said = call_audio_say(world.audio, world.now, other);
        ck_assert_int_eq(said ? said[0] : 0, i < 2 ? i + 1 : i == 2 ? 0 : 77);
        pull(&world);
    }
    call_audio_set_bridge(world.audio, 0);
    ck_assert_int_eq(call_audio_may_attach(world.audio, &request, &why), STATUS_OK);
    call_audio_begin(world.audio, world.now, &world.line);
    ck_assert(!call_audio_say(world.audio, world.now, other));
    call_audio_free(world.audio);
}
END_TEST

START_TEST(who_has_gone_is_told_once_and_its_numbers_are_not_used_again)
{
    struct world world = begin(8000);
    call_audio_connected(world.audio, 0);
    uint32_t last = 0;
    for (int i = 1; i <= 20; i++) {
        speak(&world, OWNER);
        ck_assert_uint_gt(world.speaker, last);
        last = world.speaker;
        world.is_closed = true;
        expect_silence(&world, 3);
        ck_assert_int_eq(world.gone, i);
    }
    call_audio_free(world.audio);
}
END_TEST

START_TEST(after_the_call_what_is_said_is_wasted)
{
    static const struct audio_line over = { .is_sending = false };
    struct world world = begin(8000);
    struct audio_request request = { .rate = 8000, .listens = true };
    speak(&world, OWNER); /* it was never up */
    call_audio_attach(world.audio, &request);
    write_frames(&world, 1, 100);
    call_audio_hang_up(world.audio);
    for (int i = 0; i < 3; i++) {
        call_audio_begin(world.audio, world.now, &over);
        read_pipe(&world);
        ck_assert(call_audio_waste(world.audio));
        ck_assert_uint_eq(world.piped, 0);
    }
    world.is_closed = true;
    call_audio_begin(world.audio, world.now, &over);
    read_pipe(&world);
    ck_assert(!call_audio_waste(world.audio));
    pull(&world);
    ck_assert_int_eq(world.gone, 1);
    call_audio_free(world.audio);
    call_audio_free(NULL);
}
END_TEST

START_TEST(a_listener_that_is_too_slow_is_told_once)
{
    struct world world = begin(8000);
    struct audio_request request = { .rate = 8000, .listens = true };
    struct call_audio_output output;
    struct audio_frame frame;
    const int16_t heard[FRAME] = { 1 };
    const char *why;
    ck_assert_int_eq(call_audio_may_attach(world.audio, &request, &why), STATUS_OK);
    uint32_t listener = call_audio_attach(world.audio, &request).listener;
    for (int i = 0; i < 3; i++) {
        call_audio_hear(world.audio, heard, NULL);
        ck_assert(call_audio_next_frame(world.audio, &frame));
        call_audio_frame_lost(world.audio, frame.listener, false);
        bool is_told = call_audio_next_output(world.audio, &output);
        ck_assert_int_eq(is_told, i == 0);
        ck_assert(!is_told || output.kind == CALL_AUDIO_LISTENER_SLOW);
        ck_assert(!is_told || output.number == listener);
    }
    call_audio_free(world.audio);
}
END_TEST

SUITE_MAIN("media/call_audio", nothing_is_said_before_the_call_is_up,
           the_first_word_waits_200_ms_or_for_the_first_packet,
           who_speaks_waits_while_the_call_is_held,
           a_muted_call_is_silent_and_whoever_speaks_goes_on,
           played_out_is_told_once_when_nothing_is_queued,
           what_is_queued_while_the_call_is_held_is_not_played_out,
           drained_is_told_200_ms_behind_the_last_word, who_never_stops_is_drained_after_a_second,
           a_call_that_is_held_or_silent_drains_too,
           a_flush_drops_what_is_queued_and_tells_what_was_heard, a_held_call_is_flushed_as_well,
           a_flush_in_the_middle_of_a_sample_does_not_shift_the_rest,
           a_bridged_call_says_what_the_other_hears,
           who_has_gone_is_told_once_and_its_numbers_are_not_used_again,
           after_the_call_what_is_said_is_wasted, a_listener_that_is_too_slow_is_told_once)
