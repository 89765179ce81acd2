// SPDX-License-Identifier: ISC
// Real pipes, no daemon: what is written comes out frame by frame, whole, in its turn; what is
// heard goes to all who listen, and nobody waits for anybody.
#include "daemon/audio_pipes.h"
#include "tests/suite.h"
#include "util/log.h"
#include "util/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    FRAME = 160, // samples of 20 ms at 8 kHz
    OWNER = 7,
    PATIENCE_MS = 5000
};

/* The audio of a call whose far end takes everything, and its pipes; a tick when one is asked for.
 */
struct world {
    struct call_audio *audio;
    struct audio_pipes *pipes;
    time_ms now;
};

static struct world *begin(uint32_t call_rate)
{
    struct world *world = memory_new(sizeof(*world));
    signal(SIGPIPE, SIG_IGN);
    log_set_level(LOG_LEVEL_ERROR);
    world->audio = call_audio_new(call_rate);
    world->pipes = audio_pipes_new();
    call_audio_connected(world->audio, 0);
    return world;
}

static void carry_out(struct world *world)
{
    struct call_audio_output output;
    while (call_audio_next_output(world->audio, &output))
        if (output.kind == CALL_AUDIO_SPEAKER_GONE || output.kind == CALL_AUDIO_LISTENER_GONE)
            audio_pipes_close(world->pipes, output.number);
}

static enum status world_attach(struct world *world, const struct audio_request *request,
                                struct audio_ends *ends, const char **why)
{
    enum status status = audio_pipes_attach(world->pipes, world->audio, request, ends, why);
    carry_out(world);
    return status;
}

static const int16_t *world_take(struct world *world, bool is_heard)
{
    static const struct audio_line line = { .is_sending = true, .has_received = true };
    call_audio_mute(world->audio, !is_heard);
    call_audio_begin(world->audio, world->now, &line);
    audio_pipes_read(world->pipes, world->audio);
    const int16_t *said = call_audio_say(world->audio, world->now, NULL);
    world->now += 20;
    carry_out(world);
    return said;
}

static void world_give(struct world *world, const int16_t *heard, const int16_t *said)
{
    call_audio_hear(world->audio, heard, said);
    audio_pipes_write(world->pipes, world->audio);
    carry_out(world);
}

static void world_set_call_rate(struct world *world, uint32_t call_rate)
{
    call_audio_set_rate(world->audio, call_rate);
}

static void world_release(struct world *world, uint32_t owner)
{
    call_audio_release(world->audio, owner);
    carry_out(world);
}

static bool world_has_speaker(const struct world *world)
{
    return call_audio_has_speaker(world->audio);
}

static bool world_is_speaking(struct world *world)
{
    audio_pipes_look(world->pipes, world->audio);
    return call_audio_is_speaking(world->audio);
}

static bool world_is_quiet(const struct world *world)
{
    return call_audio_is_quiet(world->audio);
}

static bool world_is_empty(struct world *world)
{
    audio_pipes_look(world->pipes, world->audio);
    return call_audio_is_empty(world->audio);
}

static void world_flush(struct world *world)
{
    call_audio_flush(world->audio);
}

static bool world_is_flushed(const struct world *world)
{
    return call_audio_is_flushed(world->audio);
}

static uint32_t world_take_heard_ms(struct world *world)
{
    return call_audio_take_heard_ms(world->audio);
}

static void world_hang_up(struct world *world)
{
    call_audio_hang_up(world->audio);
    carry_out(world);
}

static bool world_waste(struct world *world)
{
    static const struct audio_line line = { .is_sending = false };
    call_audio_begin(world->audio, world->now, &line);
    audio_pipes_read(world->pipes, world->audio);
    bool is_talking = call_audio_waste(world->audio);
    carry_out(world);
    return is_talking;
}

static void world_free(struct world *world)
{
    if (!world)
        return;
    audio_pipes_free(world->pipes);
    call_audio_free(world->audio);
    free(world);
}

static enum status attach(struct world *pipes, struct audio_request request,
                          struct audio_ends *ends)
{
    const char *why = NULL;
    enum status status = world_attach(pipes, &request, ends, &why);
    ck_assert(status == STATUS_OK || (why && why[0]));
    return status;
}

static int speak(struct world *pipes, uint32_t rate, uint32_t owner)
{
    struct audio_ends ends;
    struct audio_request request = { .rate = rate, .speaks = true, .owner = owner };
    ck_assert_int_eq(attach(pipes, request, &ends), STATUS_OK);
    ck_assert_int_eq(ends.heard, -1);
    return ends.said;
}

static int replace(struct world *pipes)
{
    struct audio_ends ends;
    struct audio_request request = { .rate = 8000, .speaks = true, .replaces = true, .owner = 8 };
    ck_assert_int_eq(attach(pipes, request, &ends), STATUS_OK);
    return ends.said;
}

static int listen_to(struct world *pipes, uint32_t rate, bool hears_both, uint32_t owner)
{
    struct audio_ends ends;
    struct audio_request request = {
        .rate = rate, .listens = true, .hears_both = hears_both, .owner = owner
    };
    ck_assert_int_eq(attach(pipes, request, &ends), STATUS_OK);
    ck_assert_int_eq(ends.said, -1);
    fcntl(ends.heard, F_SETFL, O_NONBLOCK);
    return ends.heard;
}

static bool is_refused(struct world *pipes, bool listens, bool speaks)
{
    struct audio_ends ends;
    struct audio_request request = { .rate = 8000, .listens = listens, .speaks = speaks };
    bool is = attach(pipes, request, &ends) == STATUS_REFUSED;
    return is && ends.heard == -1 && ends.said == -1;
}

/* Frames of 8 kHz, each full of its number. */
static void write_frames(int fd, int16_t first, int count)
{
    int16_t frame[FRAME];
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < FRAME; k++)
            frame[k] = (int16_t)(first + i);
        ck_assert_int_eq(write(fd, frame, sizeof(frame)), sizeof(frame));
    }
}

static bool is_full_of(const int16_t *frame, int16_t value)
{
    for (int k = 0; frame && k < FRAME; k++)
        if (frame[k] != value)
            return false;
    return frame;
}

/* One after the other, and none between them. */
static void expect_frames(struct world *pipes, int16_t first, int count)
{
    for (int i = 0; i < count; i++)
        ck_assert_msg(is_full_of(world_take(pipes, true), (int16_t)(first + i)), "frame %d",
                      first + i);
}

static bool is_silent(struct world *pipes)
{
    return !world_take(pipes, true);
}

static size_t waiting_in(int fd)
{
    int count = 0;
    ck_assert_int_eq(ioctl(fd, FIONREAD, &count), 0);
    return (size_t)count;
}

static int count_descriptors(void)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder && readdir(folder))
        count++;
    closedir(folder);
    return count;
}

/* A process that writes all of it at once, as programs do, and ends. */
static pid_t write_elsewhere(int fd, const void *bytes, size_t length)
{
    pid_t writer = fork();
    ck_assert_int_ge(writer, 0);
    if (writer == 0)
        _exit(write(fd, bytes, length) != (ssize_t)length);
    return writer;
}

/* Something is in the pipe, or the writer has ended: as far as it gets in a tick. False: it has
 * ended and nothing is there. */
static bool wait_for_writer(int fd, pid_t *writer)
{
    for (int i = 0; i < PATIENCE_MS; i++) {
        if (*writer && waitpid(*writer, NULL, WNOHANG) == *writer)
            *writer = 0;
        if (waiting_in(fd) || !*writer)
            return waiting_in(fd);
        usleep(1000);
    }
    ck_abort_msg("the writer does not go on");
}

static void kill_writer(pid_t writer)
{
    if (!writer)
        return;
    kill(writer, SIGKILL);
    waitpid(writer, NULL, 0);
}

static void figures_are(const struct world *pipes, uint64_t dropped, uint64_t underruns)
{
    struct audio_figures figures;
    call_audio_figures(pipes->audio, &figures);
    ck_assert_uint_eq(figures.dropped_frames, dropped);
    ck_assert_uint_eq(figures.underruns, underruns);
}

START_TEST(one_speaks_at_a_time)
{
    struct world *pipes = begin(8000);
    ck_assert(!world_has_speaker(pipes) && !world_is_speaking(pipes));
    ck_assert(is_silent(pipes) && world_is_quiet(pipes));
    int fd = speak(pipes, 8000, OWNER);
    ck_assert(world_has_speaker(pipes) && world_is_speaking(pipes));
    ck_assert(!world_is_quiet(pipes) && world_is_empty(pipes));
    write_frames(fd, 100, 3);
    ck_assert(!world_is_empty(pipes));
    int before = count_descriptors();
    ck_assert(is_refused(pipes, false, true));
    ck_assert(is_refused(pipes, true, true));
    ck_assert_int_eq(count_descriptors(), before);
    expect_frames(pipes, 100, 3);
    ck_assert(is_silent(pipes) && world_is_quiet(pipes) && world_is_empty(pipes));
    close(fd);
    ck_assert(!world_is_speaking(pipes) && world_has_speaker(pipes));
    ck_assert(is_silent(pipes) && !world_has_speaker(pipes));
    world_free(pipes);
}
END_TEST

START_TEST(the_next_one_waits_while_the_first_is_played_out)
{
    struct world *pipes = begin(8000);
    int first = speak(pipes, 8000, 1);
    write_frames(first, 1, 4);
    expect_frames(pipes, 1, 1);
    ck_assert(is_refused(pipes, false, true));
    close(first);
    int second = speak(pipes, 8000, 2);
    ck_assert(world_is_speaking(pipes));
    ck_assert(is_refused(pipes, false, true));
    write_frames(second, 50, 2);
    expect_frames(pipes, 2, 3);
    expect_frames(pipes, 50, 2);
    close(second);
    ck_assert(is_silent(pipes) && !world_has_speaker(pipes));
    figures_are(pipes, 0, 0);
    world_free(pipes);
}
END_TEST

START_TEST(two_that_have_said_their_last_speak_no_more)
{
    struct world *pipes = begin(8000);
    for (int16_t i = 0; i < 2; i++) {
        int fd = speak(pipes, 8000, OWNER);
        write_frames(fd, i, 1);
        close(fd);
    }
    ck_assert(!world_is_speaking(pipes) && world_has_speaker(pipes));
    expect_frames(pipes, 0, 1);
    ck_assert(!world_is_quiet(pipes));
    expect_frames(pipes, 1, 1);
    ck_assert(is_silent(pipes) && world_is_quiet(pipes));
    world_free(pipes);
}
END_TEST

START_TEST(the_end_of_the_first_is_not_the_end_of_the_next)
{
    int16_t frame[2 * FRAME] = { 0 };
    struct world *pipes = begin(8000);
    int first = speak(pipes, 16000, 1);
    ck_assert_int_eq(write(first, frame, sizeof(frame)), sizeof(frame));
    close(first);
    int second = speak(pipes, 8000, 2);
    write_frames(second, 50, 1);
    for (int i = 0; i < 2; i++) /* of the second time there are 4 ms */
        ck_assert(!is_silent(pipes) && !world_is_quiet(pipes));
    expect_frames(pipes, 50, 1);
    ck_assert(is_silent(pipes) && world_is_quiet(pipes));
    close(second);
    world_free(pipes);
}
END_TEST

START_TEST(who_replaces_is_heard_at_once)
{
    struct world *pipes = begin(8000);
    int first = speak(pipes, 8000, 1);
    write_frames(first, 1, 5);
    expect_frames(pipes, 1, 1);
    int second = replace(pipes);
    ck_assert(write(first, "xx", 2) == -1 && errno == EPIPE);
    write_frames(second, 30, 2);
    expect_frames(pipes, 30, 2);
    close(first);
    close(second);
    world_free(pipes);
}
END_TEST

START_TEST(who_speaks_goes_on_when_no_descriptors_are_left_to_replace_it)
{
    struct world *pipes = begin(8000);
    struct audio_ends ends;
    struct audio_request request = {
        .rate = 8000, .listens = true, .speaks = true, .replaces = true
    };
    int fd = speak(pipes, 8000, 1);
    int fillers[64];
    int count = 0;
    struct rlimit before;
    getrlimit(RLIMIT_NOFILE, &before);
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){ .rlim_cur = 64, .rlim_max = before.rlim_max });
    while (count < 64 && (fillers[count] = dup(fd)) >= 0)
        count++;
    for (int left = 0; left < 4; left++) {
        ck_assert_int_eq(attach(pipes, request, &ends), STATUS_SYSTEM);
        ck_assert(ends.heard == -1 && ends.said == -1);
        close(fillers[--count]);
    }
    write_frames(fd, 5, 1);
    expect_frames(pipes, 5, 1);
    ck_assert_int_eq(attach(pipes, request, &ends), STATUS_OK);
    close(ends.heard);
    close(ends.said);
    while (count)
        close(fillers[--count]);
    setrlimit(RLIMIT_NOFILE, &before);
    close(fd);
    world_free(pipes);
}
END_TEST

START_TEST(four_listen_and_a_fifth_is_refused)
{
    struct world *pipes = begin(8000);
    int16_t heard[FRAME] = { 1, 2, 3 };
    int16_t got[FRAME + 1];
    int fds[4];
    for (int i = 0; i < 4; i++)
        fds[i] = listen_to(pipes, 8000, false, (uint32_t)i + 1);
    ck_assert(is_refused(pipes, true, false));
    ck_assert(is_refused(pipes, true, true));
    ck_assert(!world_has_speaker(pipes));
    world_give(pipes, heard, NULL);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(read(fds[i], got, sizeof(got)), sizeof(heard));
        ck_assert_mem_eq(got, heard, sizeof(heard));
    }
    close(fds[2]); /* it is noticed with the next frame */
    ck_assert(is_refused(pipes, true, false));
    world_give(pipes, heard, NULL);
    fds[2] = listen_to(pipes, 8000, false, 9);
    world_release(pipes, 9);
    ck_assert_int_eq(read(fds[2], got, sizeof(got)), 0);
    figures_are(pipes, 0, 0);
    for (int i = 0; i < 4; i++)
        close(fds[i]);
    world_free(pipes);
}
END_TEST

START_TEST(who_is_too_slow_loses_whole_frames_and_no_one_else_does)
{
    struct world *pipes = begin(8000);
    int slow = listen_to(pipes, 16000, false, 1);
    int quick = listen_to(pipes, 8000, false, 2);
    int16_t heard[FRAME], got[FRAME * 2];
    const int given = 60;
    int read_later = 0;
    for (int i = 0; i < given; i++) {
        memset(heard, i, sizeof(heard));
        world_give(pipes, heard, NULL);
        ck_assert_int_eq(read(quick, got, sizeof(got)), sizeof(heard));
        ck_assert_mem_eq(got, heard, sizeof(heard));
    }
    ssize_t count;
    while ((count = read(slow, got, sizeof(got))) > 0) {
        ck_assert_int_eq(count, sizeof(got));
        read_later++;
    }
    ck_assert_int_ge(read_later, 6); /* a page of 128 ms */
    ck_assert_int_le(read_later, 7);
    figures_are(pipes, (uint64_t)(given - read_later), 0);
    world_give(pipes, heard, NULL); /* from now on it is quick enough */
    ck_assert_int_eq(read(slow, got, sizeof(got)), sizeof(got));
    figures_are(pipes, (uint64_t)(given - read_later), 0);
    close(slow);
    close(quick);
    world_free(pipes);
}
END_TEST

START_TEST(both_are_mixed_and_held_within_what_a_sample_can_be)
{
    struct world *pipes = begin(8000);
    int both = listen_to(pipes, 8000, true, 1);
    int one = listen_to(pipes, 8000, false, 1);
    int16_t heard[FRAME] = { 100, 30000, -30000 };
    int16_t said[FRAME] = { 11, 30000, -30000, 7 };
    int16_t got[FRAME];
    world_give(pipes, heard, said);
    ck_assert_int_eq(read(both, got, sizeof(got)), sizeof(got));
    ck_assert(got[0] == 111 && got[1] == 32767 && got[2] == -32768 && got[3] == 7);
    ck_assert_int_eq(read(one, got, sizeof(got)), sizeof(got));
    ck_assert_mem_eq(got, heard, sizeof(got));
    world_give(pipes, heard, NULL);
    ck_assert_int_eq(read(both, got, sizeof(got)), sizeof(got));
    ck_assert_mem_eq(got, heard, sizeof(got));
    close(both);
    close(one);
    world_free(pipes);
}
END_TEST

static bool is_half_of(const int16_t *frame, int16_t value)
{
    return frame && frame[0] == value && frame[FRAME / 2 - 1] == value && frame[FRAME / 2] == 0 &&
           frame[FRAME - 1] == 0;
}

START_TEST(the_last_piece_is_padded_when_it_is_the_last)
{
    int16_t half[FRAME / 2];
    for (int ending = 0; ending < 3; ending++) {
        struct world *pipes = begin(8000);
        int fd = speak(pipes, 8000, OWNER);
        for (int k = 0; k < FRAME / 2; k++)
            half[k] = 2;
        write_frames(fd, 1, 1);
        ck_assert_int_eq(write(fd, half, sizeof(half)), sizeof(half));
        if (ending == 0)
            close(fd);
        else if (ending == 1)
            call_audio_play_out(pipes->audio);
        else
            world_release(pipes, OWNER);
        expect_frames(pipes, 1, 1);
        ck_assert(is_half_of(world_take(pipes, true), 2));
        ck_assert(is_silent(pipes) && world_is_quiet(pipes));
        figures_are(pipes, 0, ending == 1);
        if (ending)
            close(fd);
        world_free(pipes);
    }
}
END_TEST

START_TEST(the_last_piece_comes_without_a_gap_however_late_the_end_is_seen)
{
    struct world *pipes = begin(8000);
    int16_t half[FRAME / 2] = { 0 };
    int fd = speak(pipes, 8000, OWNER);
    write_frames(fd, 1, 2);
    expect_frames(pipes, 1, 2);
    ck_assert_int_eq(write(fd, half, sizeof(half)), sizeof(half));
    close(fd); /* the piece and the end of file come in the same read */
    ck_assert(!is_silent(pipes));
    ck_assert(is_silent(pipes));
    figures_are(pipes, 0, 0);
    world_free(pipes);
}
END_TEST

START_TEST(a_piece_that_is_not_the_last_waits_for_the_rest_of_its_frame)
{
    struct world *pipes = begin(8000);
    int16_t frame[FRAME];
    int fd = speak(pipes, 8000, OWNER);
    for (int k = 0; k < FRAME; k++)
        frame[k] = 9;
    ck_assert_int_eq(write(fd, frame, 101), 101);
    ck_assert(is_silent(pipes) && !world_is_quiet(pipes));
    ck_assert(is_silent(pipes) && !world_is_quiet(pipes) && !world_is_empty(pipes));
    ck_assert_int_eq(write(fd, (char *)frame + 101, sizeof(frame) - 101), sizeof(frame) - 101);
    expect_frames(pipes, 9, 1);
    figures_are(pipes, 0, 0); /* it had not begun to speak */
    close(fd);
    world_free(pipes);
}
END_TEST

START_TEST(odd_counts_of_bytes_do_not_shift_the_samples)
{
    struct world *pipes = begin(8000);
    int16_t frames[FRAME * 3];
    int fd = speak(pipes, 8000, OWNER);
    for (int k = 0; k < FRAME * 3; k++)
        frames[k] = (int16_t)(0x1200 + k / FRAME);
    const char *bytes = (const char *)frames;
    for (size_t at = 0, step = 1; at < sizeof(frames); at += step) {
        step = at % 3 ? 37 : 111;
        step = step < sizeof(frames) - at ? step : sizeof(frames) - at;
        ck_assert_int_eq(write(fd, bytes + at, step), (ssize_t)step);
    }
    ck_assert_int_eq(write(fd, "x", 1), 1); /* half a sample is none */
    close(fd);
    expect_frames(pipes, 0x1200, 3);
    const int16_t *last = world_take(pipes, true);
    ck_assert(!last || is_full_of(last, 0));
    ck_assert(is_silent(pipes) && !world_has_speaker(pipes));
    world_free(pipes);
}
END_TEST

START_TEST(all_of_one_great_write_is_heard_without_a_gap)
{
    static int16_t speech[32 * 1024];
    struct world *pipes = begin(8000);
    int fd = speak(pipes, 8000, OWNER);
    for (int k = 0; k < 32 * 1024; k++)
        speech[k] = (int16_t)(k + 1);
    pid_t writer = write_elsewhere(fd, speech, sizeof(speech));
    int at = 0;
    for (; at + FRAME <= 32 * 1024; at += FRAME) {
        wait_for_writer(fd, &writer);
        const int16_t *frame = world_take(pipes, true);
        ck_assert_msg(frame, "a gap at sample %d", at);
        ck_assert_msg(memcmp(frame, speech + at, FRAME * sizeof(*frame)) == 0, "sample %d", at);
    }
    close(fd);
    const int16_t *last = world_take(pipes, true);
    ck_assert(last && last[0] == speech[at]);
    ck_assert(is_silent(pipes) && !world_has_speaker(pipes));
    ck_assert_uint_eq(world_take_heard_ms(pipes), 32 * 1024 / 8);
    figures_are(pipes, 0, 0);
    kill_writer(writer);
    world_free(pipes);
}
END_TEST

/* As many frames as it takes, with time for the writer before each; how many. */
static int flush_out(struct world *pipes, int fd, pid_t *writer)
{
    int frames = 0;
    world_flush(pipes);
    ck_assert(!world_is_flushed(pipes));
    for (; !world_is_flushed(pipes) && frames < 10; frames++) {
        ck_assert(is_silent(pipes));
        if (writer)
            wait_for_writer(fd, writer);
    }
    return frames;
}

START_TEST(a_flush_also_drops_what_a_blocked_writer_had_in_its_write)
{
    static const char speech[30000] = { 1, 2, 3 };
    struct world *pipes = begin(8000);
    int fd = speak(pipes, 8000, OWNER);
    pid_t writer = write_elsewhere(fd, speech, sizeof(speech));
    for (int i = 0; i < 5; i++) {
        wait_for_writer(fd, &writer);
        ck_assert(!is_silent(pipes));
    }
    ck_assert_uint_eq(world_take_heard_ms(pipes), 100);
    ck_assert_int_le(flush_out(pipes, fd, &writer), 3);
    while (wait_for_writer(fd, &writer)) /* on a machine so busy that three rounds were few */
        ck_assert_int_le(flush_out(pipes, fd, &writer), 3);
    ck_assert_int_eq(writer, 0);
    ck_assert(is_silent(pipes));
    write_frames(fd, 70, 2); /* what is said after that is heard */
    expect_frames(pipes, 70, 2);
    ck_assert_uint_eq(world_take_heard_ms(pipes), 40);
    close(fd);
    world_free(pipes);
}
END_TEST

START_TEST(a_flush_takes_three_frames_of_what_still_comes)
{
    struct world *pipes = begin(8000);
    int fd = speak(pipes, 8000, OWNER);
    write_frames(fd, 1, 1);
    world_flush(pipes);
    for (int i = 0; i < 3; i++) { /* as a blocked writer does that is let go on */
        ck_assert(!world_is_flushed(pipes));
        ck_assert(is_silent(pipes));
        write_frames(fd, (int16_t)(10 + i), 1);
    }
    ck_assert(world_is_flushed(pipes));
    expect_frames(pipes, 12, 1);
    world_flush(pipes);
    ck_assert(is_silent(pipes) && world_is_flushed(pipes)); /* nothing has come: one is enough */
    ck_assert(world_is_quiet(pipes));
    close(fd);
    world_free(pipes);
}
END_TEST

START_TEST(a_flush_ends_when_somebody_never_stops)
{
    static const char speech[3 * 1024 * 1024] = { 1, 2, 3 };
    struct world *pipes = begin(8000);
    int fd = speak(pipes, 8000, OWNER);
    pid_t writer = write_elsewhere(fd, speech, sizeof(speech));
    wait_for_writer(fd, &writer);
    ck_assert_int_le(flush_out(pipes, fd, &writer), 3);
    ck_assert(wait_for_writer(fd, &writer) && !is_silent(pipes));
    kill_writer(writer);
    close(fd);
    world_free(pipes);
}
END_TEST

START_TEST(a_flush_is_for_all_who_have_spoken_and_for_nobody_else)
{
    struct world *pipes = begin(8000);
    world_flush(pipes);
    ck_assert(world_is_flushed(pipes)); /* there is nobody */
    int first = speak(pipes, 8000, 1);
    write_frames(first, 1, 3);
    close(first);
    int second = speak(pipes, 8000, 2);
    write_frames(second, 20, 3);
    flush_out(pipes, second, NULL);
    ck_assert(is_silent(pipes));
    write_frames(second, 40, 1);
    expect_frames(pipes, 40, 1);
    world_flush(pipes);
    int third = replace(pipes); /* before a frame has gone by */
    write_frames(third, 60, 3);
    ck_assert(world_is_flushed(pipes));
    expect_frames(pipes, 60, 3);
    world_flush(pipes);
    close(third);
    int fourth = speak(pipes, 8000, 4);
    write_frames(fourth, 80, 1);
    ck_assert(is_silent(pipes));
    ck_assert(world_is_flushed(pipes) && !world_is_quiet(pipes));
    expect_frames(pipes, 80, 1);
    close(second);
    close(fourth);
    world_free(pipes);
}
END_TEST

START_TEST(what_was_heard_is_told_also_when_it_has_ended)
{
    struct world *pipes = begin(8000);
    ck_assert_uint_eq(world_take_heard_ms(pipes), 0);
    int fd = speak(pipes, 8000, OWNER);
    write_frames(fd, 1, 6);
    expect_frames(pipes, 1, 2);
    ck_assert_uint_eq(world_take_heard_ms(pipes), 40);
    ck_assert(!world_take(pipes, false)); /* muted: whoever speaks does not notice */
    expect_frames(pipes, 4, 3);
    close(fd);
    ck_assert(is_silent(pipes) && !world_has_speaker(pipes));
    ck_assert_uint_eq(world_take_heard_ms(pipes), 60);
    ck_assert_uint_eq(world_take_heard_ms(pipes), 0);
    fd = speak(pipes, 8000, OWNER);
    write_frames(fd, 1, 1);
    expect_frames(pipes, 1, 1);
    close(fd);
    ck_assert(is_silent(pipes));
    fd = speak(pipes, 8000, OWNER); /* nobody has asked about the one before */
    ck_assert_uint_eq(world_take_heard_ms(pipes), 0);
    write_frames(fd, 1, 3);
    close(fd);
    fd = speak(pipes, 8000, OWNER); /* behind it */
    write_frames(fd, 4, 1);
    expect_frames(pipes, 1, 4);
    ck_assert_uint_eq(world_take_heard_ms(pipes), 20);
    close(fd);
    world_free(pipes);
}
END_TEST

START_TEST(the_owner_is_gone_and_what_it_has_said_is_played)
{
    struct world *pipes = begin(8000);
    char byte;
    int fd = speak(pipes, 8000, OWNER);
    int heard = listen_to(pipes, 8000, false, OWNER);
    int other = listen_to(pipes, 8000, false, 1);
    write_frames(fd, 1, 12);
    world_release(pipes, OWNER);
    ck_assert_int_eq(read(heard, &byte, 1), 0);
    ck_assert(read(other, &byte, 1) == -1 && errno == EAGAIN);
    ck_assert(!world_is_speaking(pipes));
    expect_frames(pipes, 1, 12); /* however much later: a held call takes nothing */
    ck_assert(is_silent(pipes) && world_is_quiet(pipes));
    close(fd);
    ck_assert(is_silent(pipes) && !world_has_speaker(pipes));
    figures_are(pipes, 0, 0);
    close(heard);
    close(other);
    world_free(pipes);
}
END_TEST

START_TEST(a_child_that_has_kept_the_pipe_cannot_go_on_for_ever)
{
    struct world *pipes = begin(8000);
    int fd = speak(pipes, 8000, OWNER);
    int frames = 0;
    world_release(pipes, OWNER);
    while (frames < 100 && world_has_speaker(pipes)) {
        int16_t frame[FRAME] = { 1 };
        ck_assert_int_eq(write(fd, frame, sizeof(frame)), sizeof(frame));
        frames += !is_silent(pipes);
    }
    ck_assert_int_ge(frames, 13); /* more than a pipe holds */
    ck_assert_int_lt(frames, 50);
    ck_assert(write(fd, "x", 1) == -1 && errno == EPIPE);
    close(fd);
    world_free(pipes);
}
END_TEST

START_TEST(a_flush_ends_one_that_nobody_owns)
{
    struct world *pipes = begin(8000);
    int fd = speak(pipes, 8000, OWNER);
    write_frames(fd, 1, 5);
    world_release(pipes, OWNER);
    flush_out(pipes, fd, NULL);
    ck_assert(!world_has_speaker(pipes));
    ck_assert(write(fd, "x", 1) == -1 && errno == EPIPE);
    close(fd);
    world_free(pipes);
}
END_TEST

START_TEST(after_the_call_what_is_still_said_is_wasted)
{
    static const char speech[200000];
    struct world *pipes = begin(8000);
    char byte;
    int fd = speak(pipes, 8000, OWNER);
    pid_t writer = write_elsewhere(fd, speech, sizeof(speech));
    int heard = listen_to(pipes, 8000, false, OWNER); /* of this process alone */
    world_hang_up(pipes);
    ck_assert_int_eq(read(heard, &byte, 1), 0);
    while (writer) {
        ck_assert(world_waste(pipes));
        wait_for_writer(fd, &writer);
    }
    ck_assert(world_waste(pipes) && world_has_speaker(pipes));
    close(fd);
    ck_assert(!world_waste(pipes) && !world_has_speaker(pipes));
    close(heard);
    world_free(pipes);
}
END_TEST

START_TEST(the_end_of_all_closes_every_pipe)
{
    int before = count_descriptors();
    struct world *pipes = begin(8000);
    int fds[6];
    for (int i = 0; i < 4; i++)
        fds[i] = listen_to(pipes, 48000, false, OWNER);
    fds[4] = speak(pipes, 8000, OWNER);
    world_release(pipes, OWNER);
    fds[5] = replace(pipes);
    world_free(pipes);
    for (int i = 0; i < 6; i++)
        close(fds[i]);
    ck_assert_int_eq(count_descriptors(), before);
    world_free(NULL);
}
END_TEST

START_TEST(underruns_are_counted_in_the_middle_only)
{
    struct world *pipes = begin(8000);
    int fd = speak(pipes, 8000, OWNER);
    for (int i = 0; i < 5; i++)
        ck_assert(is_silent(pipes)); /* it has not begun */
    for (uint64_t gap = 1; gap <= 3; gap++) {
        write_frames(fd, 1, 2);
        expect_frames(pipes, 1, 2);
        for (int i = 0; i < 5; i++)
            ck_assert(is_silent(pipes)); /* one gap, however long */
        figures_are(pipes, 0, gap);
    }
    write_frames(fd, 1, 1);
    close(fd);
    expect_frames(pipes, 1, 1);
    ck_assert(is_silent(pipes));
    figures_are(pipes, 0, 3);
    world_free(pipes);
}
END_TEST

static const uint32_t rates[] = { 8000, 16000, 24000, 48000 };

enum {
    RATES = 4,
    AMPLITUDE = 8000
};

static void fill_tone(int16_t *frame, uint32_t rate, uint32_t number)
{
    for (uint32_t k = 0; k < rate / 50; k++)
        frame[k] = (int16_t)(AMPLITUDE * sin(2 * M_PI * 440 * (number * (rate / 50) + k) / rate));
}

static double loudness(const int16_t *frame, size_t count)
{
    double sum = 0;
    for (size_t k = 0; k < count; k++)
        sum += (double)frame[k] * frame[k];
    return sqrt(sum / (double)count) / AMPLITUDE * sqrt(2);
}

static void speak_at(uint32_t rate, uint32_t call_rate)
{
    int16_t frame[960];
    struct world *pipes = begin(call_rate);
    int fd = speak(pipes, rate, OWNER);
    int size = fcntl(fd, F_GETPIPE_SZ);
    ck_assert_int_eq(size, rate == 48000 ? 8192 : 4096);
    for (uint32_t i = 0; i < 12; i++) {
        fill_tone(frame, rate, i);
        ck_assert_int_eq(write(fd, frame, rate / 50 * 2), rate / 50 * 2);
        const int16_t *said = world_take(pipes, true);
        ck_assert(said);
        ck_assert_double_eq_tol(loudness(said, call_rate / 50), 1, i ? 0.1 : 0.4);
    }
    close(fd);
    const int16_t *tail = world_take(pipes, true);
    ck_assert_int_eq(tail != NULL, rate != call_rate);
    if (tail) /* the last 4 ms, and then nothing */
        ck_assert(loudness(tail, call_rate / 500) > 0.3 &&
                  loudness(tail + call_rate / 100, call_rate / 100) < 0.02);
    ck_assert(is_silent(pipes) && world_is_quiet(pipes) && !world_has_speaker(pipes));
    ck_assert_uint_eq(world_take_heard_ms(pipes), 240);
    figures_are(pipes, 0, 0);
    world_free(pipes);
}

static void hear_at(uint32_t rate, uint32_t call_rate)
{
    int16_t frame[960], got[961];
    struct world *pipes = begin(call_rate);
    int fd = listen_to(pipes, rate, false, OWNER);
    for (uint32_t i = 0; i < 12; i++) {
        fill_tone(frame, call_rate, i);
        world_give(pipes, frame, NULL);
        ck_assert_int_eq(read(fd, got, sizeof(got)), rate / 50 * 2);
        ck_assert_double_eq_tol(loudness(got, rate / 50), 1, i ? 0.1 : 0.4);
    }
    close(fd);
    world_free(pipes);
}

START_TEST(every_rate_is_heard_and_spoken_on_every_call)
{
    for (int i = 0; i < RATES; i++)
        for (int k = 0; k < RATES; k++) {
            speak_at(rates[i], rates[k]);
            hear_at(rates[i], rates[k]);
        }
}
END_TEST

START_TEST(the_codec_may_change_in_the_middle)
{
    int16_t frame[960], got[961];
    struct world *pipes = begin(8000);
    int fd = speak(pipes, 16000, OWNER);
    int heard = listen_to(pipes, 24000, false, OWNER);
    for (uint32_t i = 0; i < 40; i++) {
        uint32_t call_rate = rates[i / 10];
        world_set_call_rate(pipes, call_rate);
        fill_tone(frame, 16000, i);
        ck_assert_int_eq(write(fd, frame, 640), 640);
        const int16_t *said = world_take(pipes, true);
        ck_assert(said);
        ck_assert_double_eq_tol(loudness(said, call_rate / 50), 1, i % 10 ? 0.1 : 0.4);
        fill_tone(frame, call_rate, i);
        world_give(pipes, frame, NULL);
        ck_assert_int_eq(read(heard, got, sizeof(got)), 960);
        ck_assert_double_eq_tol(loudness(got, 480), 1, i % 10 ? 0.1 : 0.4);
    }
    figures_are(pipes, 0, 0);
    close(fd);
    close(heard);
    world_free(pipes);
}
END_TEST

SUITE_MAIN(
    "daemon/audio_pipes", one_speaks_at_a_time, the_next_one_waits_while_the_first_is_played_out,
    two_that_have_said_their_last_speak_no_more, the_end_of_the_first_is_not_the_end_of_the_next,
    who_replaces_is_heard_at_once, who_speaks_goes_on_when_no_descriptors_are_left_to_replace_it,
    four_listen_and_a_fifth_is_refused, who_is_too_slow_loses_whole_frames_and_no_one_else_does,
    both_are_mixed_and_held_within_what_a_sample_can_be,
    the_last_piece_is_padded_when_it_is_the_last,
    the_last_piece_comes_without_a_gap_however_late_the_end_is_seen,
    a_piece_that_is_not_the_last_waits_for_the_rest_of_its_frame,
    odd_counts_of_bytes_do_not_shift_the_samples, all_of_one_great_write_is_heard_without_a_gap,
    a_flush_also_drops_what_a_blocked_writer_had_in_its_write,
    a_flush_takes_three_frames_of_what_still_comes, a_flush_ends_when_somebody_never_stops,
    a_flush_is_for_all_who_have_spoken_and_for_nobody_else,
    what_was_heard_is_told_also_when_it_has_ended, the_owner_is_gone_and_what_it_has_said_is_played,
    a_child_that_has_kept_the_pipe_cannot_go_on_for_ever, a_flush_ends_one_that_nobody_owns,
    after_the_call_what_is_still_said_is_wasted, the_end_of_all_closes_every_pipe,
    underruns_are_counted_in_the_middle_only, every_rate_is_heard_and_spoken_on_every_call,
    the_codec_may_change_in_the_middle)
