// SPDX-License-Identifier: ISC
// Pipes to and from children: what is written arrives, nothing blocks, the end is told once.
#include "io/pipe_stream.h"
#include "tests/io/run_until.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum {
    FRAME_BYTES = 640
};

struct heard {
    struct pipe_reader *reader;
    char text[64 * 1024];
    size_t length;
    unsigned ends;
    bool has_ended;
    bool is_whole; // `wanted` bytes are here
    size_t wanted;
};

static void on_received(void *user, struct slice bytes)
{
    struct heard *heard = user;
    if (!bytes.length) {
        heard->ends++;
        heard->has_ended = true;
        return;
    }
    ck_assert_uint_le(heard->length + bytes.length, sizeof(heard->text));
    memcpy(heard->text + heard->length, bytes.data, bytes.length);
    heard->length += bytes.length;
    heard->is_whole = heard->length >= heard->wanted;
}

static void open_pair(int fds[2])
{
    ck_assert(pipe_open(fds, 0));
    ck_assert_int_eq(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
    ck_assert_int_eq(fcntl(fds[1], F_GETFD), FD_CLOEXEC);
}

START_TEST(a_reader_hears_everything_and_the_end_once)
{
    static struct heard heard;
    struct loop *loop = loop_new();
    int fds[2];
    open_pair(fds);
    heard.reader = pipe_reader_new(loop, fds[0], on_received, &heard);
    for (int i = 0; i < 100; i++)
        ck_assert(pipe_write_frame(fds[1], "0123456789", 10));
    close(fds[1]);
    run_until(loop, &heard.has_ended);
    ck_assert_uint_eq(heard.length, 1000);
    for (size_t i = 0; i < heard.length; i++)
        ck_assert_int_eq(heard.text[i], '0' + (int)(i % 10));
    ck_assert_uint_eq(heard.ends, 1);
    pipe_reader_free(heard.reader);
    loop_free(loop);
}
END_TEST

static void on_received_once(void *user, struct slice bytes)
{
    struct heard *heard = user;
    heard->length += bytes.length;
    heard->has_ended = true;
    pipe_reader_free(heard->reader);
}

START_TEST(a_reader_may_be_freed_by_its_own_callback)
{
    static struct heard heard;
    struct loop *loop = loop_new();
    int fds[2];
    open_pair(fds);
    heard.reader = pipe_reader_new(loop, fds[0], on_received_once, &heard);
    ck_assert(pipe_write_frame(fds[1], "x", 1));
    run_until(loop, &heard.has_ended);
    ck_assert_uint_eq(heard.length, 1);
    signal(SIGPIPE, SIG_IGN);
    ck_assert(!pipe_write_frame(fds[1], "x", 1)); /* its descriptor is closed */
    close(fds[1]);
    loop_free(loop);
}
END_TEST

START_TEST(draining_takes_what_is_there_up_to_the_maximum)
{
    static struct heard heard;
    static char bytes[30000];
    struct loop *loop = loop_new();
    int fds[2];
    open_pair(fds);
    heard.reader = pipe_reader_new(loop, fds[0], on_received, &heard);
    ck_assert_int_eq((int)write(fds[1], bytes, sizeof(bytes)), (int)sizeof(bytes));
    pipe_reader_drain(heard.reader, 8192);
    ck_assert_uint_ge(heard.length, 8192);
    ck_assert_uint_lt(heard.length, sizeof(bytes));
    pipe_reader_drain(heard.reader, 1 << 20);
    ck_assert_uint_eq(heard.length, sizeof(bytes));
    pipe_reader_drain(heard.reader, 1 << 20); /* nothing there: it must not wait */
    ck_assert_uint_eq(heard.ends, 0);
    pipe_reader_free(heard.reader);
    close(fds[1]);
    loop_free(loop);
}
END_TEST

START_TEST(a_frame_is_written_whole_or_not_at_all)
{
    char frame[FRAME_BYTES] = { 0 };
    char bytes[4096];
    int fds[2];
    size_t written = 0;
    size_t found = 0;
    ssize_t count;
    ck_assert(pipe_open(fds, 4096));
    pipe_set_nonblocking(fds[0]);
    pipe_set_nonblocking(fds[1]);
    while (pipe_write_frame(fds[1], frame, sizeof(frame)))
        written++;
    ck_assert_uint_ge(written, 1);
    while ((count = read(fds[0], bytes, sizeof(bytes))) > 0)
        found += (size_t)count;
    ck_assert_uint_eq(found, written * sizeof(frame));
    ck_assert(pipe_write_frame(fds[1], frame, sizeof(frame))); /* there is room again */
    close(fds[0]);
    close(fds[1]);
}
END_TEST

SUITE_MAIN("io/pipe_stream", a_reader_hears_everything_and_the_end_once,
           a_reader_may_be_freed_by_its_own_callback,
           draining_takes_what_is_there_up_to_the_maximum, a_frame_is_written_whole_or_not_at_all)
