// SPDX-License-Identifier: ISC
// Descriptors arrive with the line they belong to, whatever waits before them, and none is lost or
// left open.
#include "io/clock.h"
#include "io/unix_listener.h"
#include "tests/suite.h"
#include "util/limits.h"

#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    TURNS = 100, // of the loop
    LINE = 256,
    RECEIVED_MAX = 64
};

struct pair {
    struct loop *loop;
    struct unix_connection *connection;
    int peer;
    int closed; // how often it was told
};

static void on_received(void *user, struct slice bytes)
{
    (void)user;
    (void)bytes;
}

static void on_closed(void *user)
{
    struct pair *pair = user;
    pair->closed++;
}

static void begin(struct pair *pair)
{
    static const struct unix_events events = { on_received, on_closed };
    int fds[2];
    signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    *pair = (struct pair){ .loop = loop_new(), .peer = fds[1] };
    pair->connection = unix_connection_new(pair->loop, fds[0], &events, pair);
}

static void end(struct pair *pair)
{
    unix_connection_free(pair->connection);
    if (pair->peer >= 0)
        close(pair->peer);
    loop_free(pair->loop);
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

static void stop_turn(void *user)
{
    loop_stop(user);
}

/* Everything that is ready happens. */
static void turn(struct loop *loop)
{
    struct loop_timer *timer = loop_timer_new(loop, stop_turn, loop);
    loop_timer_at(timer, clock_now() + 2);
    loop_run(loop);
    loop_timer_free(timer);
}

/* The reading end of a pipe with this byte in it. */
static int marked_descriptor(char mark)
{
    int fds[2];
    ck_assert_int_eq(pipe(fds), 0);
    ck_assert_int_eq(write(fds[1], &mark, 1), 1);
    close(fds[1]);
    return fds[0];
}

static enum status pass(struct pair *pair, const char *line, const char *marks)
{
    int fds[2];
    size_t count = strlen(marks);
    for (size_t i = 0; i < count; i++)
        fds[i] = marked_descriptor(marks[i]);
    return unix_connection_pass(pair->connection, slice_of(line), fds, count);
}

/* So much that the socket takes no more and bytes wait in the queue; how many bytes. */
static size_t fill(struct pair *pair)
{
    char line[LINE + 1] = "";
    size_t total = 0;
    memset(line, '.', LINE);
    for (int i = 0; i < 600; i++, total += LINE)
        ck_assert_int_eq(pass(pair, line, ""), STATUS_OK);
    return total;
}

/* What the peer has got. */
struct received {
    size_t bytes;
    char marks[RECEIVED_MAX];  // of the descriptors, in their order
    size_t from[RECEIVED_MAX]; // of the bytes of the read that they came with
    size_t to[RECEIVED_MAX];
    size_t count;
    char tail[LINE]; // of the bytes
};

static void take_descriptors(struct received *received, struct msghdr *message, size_t length)
{
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    if (!header)
        return;
    ck_assert(header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS);
    size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
        int fd;
        memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(fd));
        ck_assert_uint_lt(received->count, RECEIVED_MAX - 1);
        ck_assert_int_eq(read(fd, &received->marks[received->count], 1), 1);
        received->from[received->count] = received->bytes;
        received->to[received->count++] = received->bytes + length;
        close(fd);
    }
}

/* One read, as large as clients make them; false: nothing is there. */
static bool receive_some(struct pair *pair, struct received *received)
{
    char bytes[65536];
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int) * 16)];
    } control;
    struct iovec part = { bytes, sizeof(bytes) };
    struct msghdr message = { .msg_iov = &part,
                              .msg_iovlen = 1,
                              .msg_control = control.bytes,
                              .msg_controllen = sizeof(control.bytes) };
    ssize_t count = recvmsg(pair->peer, &message, 0);
    if (count <= 0)
        return false;
    take_descriptors(received, &message, (size_t)count);
    received->bytes += (size_t)count;
    size_t length = (size_t)count < LINE - 1 ? (size_t)count : LINE - 1;
    memcpy(received->tail, bytes + (size_t)count - length, length);
    received->tail[length] = '\0';
    return true;
}

static void receive_all(struct pair *pair, struct received *received)
{
    *received = (struct received){ .bytes = 0 };
    for (int idle = 0; idle < 5;) {
        idle = receive_some(pair, received) ? 0 : idle + 1;
        turn(pair->loop);
    }
}

/* A reader has them when it has the first byte of the line, at `place`. */
static bool came_with(const struct received *received, size_t index, size_t place)
{
    return received->from[index] <= place && place < received->to[index];
}

START_TEST(descriptors_come_with_the_first_byte_of_their_line)
{
    struct pair pair;
    struct received received;
    int before = count_descriptors();
    begin(&pair);
    ck_assert_int_eq(pass(&pair, "first\n", ""), STATUS_OK);
    ck_assert_int_eq(pass(&pair, "{\"fds\":2}\n", "ab"), STATUS_OK);
    ck_assert_int_eq(pass(&pair, "next\n", "c"), STATUS_OK);
    receive_all(&pair, &received);
    ck_assert_str_eq(received.marks, "abc");
    ck_assert(came_with(&received, 0, 6));
    ck_assert(came_with(&received, 1, 6));
    ck_assert(came_with(&received, 2, 16));
    ck_assert_uint_eq(received.bytes, 21);
    end(&pair);
    ck_assert_int_eq(count_descriptors(), before);
}
END_TEST

START_TEST(they_wait_their_turn_in_a_full_socket)
{
    struct pair pair;
    struct received received;
    int before = count_descriptors();
    begin(&pair);
    size_t first = fill(&pair);
    int open_ones = count_descriptors();
    ck_assert_int_eq(pass(&pair, "{\"fds\":2}\n", "ab"), STATUS_OK);
    ck_assert_int_eq(count_descriptors(), open_ones + 2); /* not sent yet */
    ck_assert_int_eq(pass(&pair, "between\n", ""), STATUS_OK);
    ck_assert_int_eq(pass(&pair, "x", "c"), STATUS_OK); /* a byte is enough */
    ck_assert_int_eq(pass(&pair, "y", "d"), STATUS_OK);
    ck_assert_int_eq(pass(&pair, "the end\n", ""), STATUS_OK);
    receive_all(&pair, &received);
    ck_assert_str_eq(received.marks, "abcd");
    ck_assert(came_with(&received, 0, first));
    ck_assert(came_with(&received, 1, first));
    ck_assert(came_with(&received, 2, first + 18));
    ck_assert(came_with(&received, 3, first + 19));
    ck_assert_uint_eq(received.bytes, first + 28);
    ck_assert(strstr(received.tail, "the end\n"));
    ck_assert_int_eq(count_descriptors(), open_ones);
    end(&pair);
    ck_assert_int_eq(count_descriptors(), before);
}
END_TEST

START_TEST(many_wait_and_one_too_many_is_refused_and_closed)
{
    struct pair pair;
    struct received received;
    int before = count_descriptors();
    begin(&pair);
    fill(&pair);
    char expected[RECEIVED_MAX] = "";
    int count = 0;
    for (char mark = 'a'; mark < 'z'; mark++, count++) {
        char marks[3] = { mark, (char)(mark - 'a' + 'A'), 0 };
        int open_ones = count_descriptors();
        if (pass(&pair, "line\n", marks) != STATUS_OK) {
            ck_assert_int_eq(count_descriptors(), open_ones);
            break;
        }
        strcat(expected, marks);
    }
    ck_assert_int_ge(count, 8);
    ck_assert_int_lt(count, 20);
    receive_all(&pair, &received);
    ck_assert_str_eq(received.marks, expected);
    ck_assert_int_eq(pass(&pair, "again\n", "z"), STATUS_OK); /* there is room again */
    receive_all(&pair, &received);
    ck_assert_str_eq(received.marks, "z");
    end(&pair);
    ck_assert_int_eq(count_descriptors(), before);
}
END_TEST

START_TEST(without_a_byte_they_are_refused_and_closed)
{
    struct pair pair;
    struct received received;
    begin(&pair);
    fill(&pair);
    ck_assert_int_eq(pass(&pair, "one\n", "a"), STATUS_OK);
    int open_ones = count_descriptors();
    ck_assert_int_eq(pass(&pair, "", "bc"), STATUS_REFUSED);
    ck_assert_int_eq(count_descriptors(), open_ones);
    ck_assert_int_eq(pass(&pair, "two\n", "d"), STATUS_OK);
    receive_all(&pair, &received);
    ck_assert_str_eq(received.marks, "ad");
    end(&pair);
}
END_TEST

START_TEST(none_stays_open_when_the_peer_is_gone)
{
    struct pair pair;
    int before = count_descriptors();
    begin(&pair);
    fill(&pair);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pass(&pair, "line\n", "ab"), STATUS_OK);
    close(pair.peer);
    pair.peer = -1;
    for (int i = 0; i < TURNS && !pair.closed; i++)
        turn(pair.loop);
    ck_assert_int_eq(pair.closed, 1);
    int open_ones = count_descriptors();
    ck_assert_int_eq(pass(&pair, "line\n", "ab"), STATUS_CLOSED);
    ck_assert_int_eq(count_descriptors(), open_ones);
    turn(pair.loop);
    ck_assert_int_eq(pair.closed, 1);
    end(&pair);
    ck_assert_int_eq(count_descriptors(), before);
}
END_TEST

START_TEST(a_reader_too_far_behind_is_refused_and_nothing_stays_open)
{
    struct pair pair;
    int before = count_descriptors();
    char line[4097] = "";
    enum status status = STATUS_OK;
    memset(line, '.', sizeof(line) - 1);
    begin(&pair);
    int rounds = 0;
    for (; status == STATUS_OK && rounds < 1000; rounds++)
        status = pass(&pair, line, rounds % 60 == 59 ? "ab" : "");
    ck_assert_int_eq(status, STATUS_REFUSED);
    ck_assert_int_ge(rounds, LIMIT_CONTROL_BACKLOG / 4096);
    end(&pair);
    ck_assert_int_eq(count_descriptors(), before);
}
END_TEST

SUITE_MAIN("io/unix_descriptors", descriptors_come_with_the_first_byte_of_their_line,
           they_wait_their_turn_in_a_full_socket, many_wait_and_one_too_many_is_refused_and_closed,
           without_a_byte_they_are_refused_and_closed, none_stays_open_when_the_peer_is_gone,
           a_reader_too_far_behind_is_refused_and_nothing_stays_open)
