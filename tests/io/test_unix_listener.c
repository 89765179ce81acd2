// SPDX-License-Identifier: ISC
// The control socket: who may reach it, what may be in its way, how much a slow reader may owe.
#include "io/unix_listener.h"
#include "tests/folder.h"
#include "tests/io/run_until.h"
#include "util/limits.h"

#include <sys/socket.h>
#include <sys/un.h>

struct end {
    struct loop *loop;
    struct unix_connection *connection;
    char text[256];
    size_t length;
    unsigned closings;
    bool has_come;
    bool has_received;
    bool is_closed;
};

static void on_received(void *user, struct slice bytes)
{
    struct end *end = user;
    ck_assert_uint_lt(end->length + bytes.length, sizeof(end->text));
    memcpy(end->text + end->length, bytes.data, bytes.length);
    end->length += bytes.length;
    end->has_received = true;
}

static void on_closed(void *user)
{
    struct end *end = user;
    end->closings++;
    end->is_closed = true;
}

static void on_accepted(void *user, int fd)
{
    static const struct unix_events events = { on_received, on_closed };
    struct end *end = user;
    end->connection = unix_connection_new(end->loop, fd, &events, end);
    end->has_come = true;
}

static enum status listen_at(struct end *end, const char *path, const char *group,
                             struct unix_listener **listener, char *text, size_t size)
{
    return unix_listener_new(end->loop, path, group, on_accepted, end, listener, text, size);
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static mode_t mode_of(const char *path)
{
    struct stat info;
    ck_assert_int_eq(stat(path, &info), 0);
    return info.st_mode;
}

START_TEST(bytes_go_both_ways_and_the_end_is_told_once)
{
    struct end end = { .loop = loop_new() };
    struct folder folder;
    struct unix_listener *listener;
    char text[256];
    char answer[8] = "";
    folder_make(&folder);
    ck_assert_int_eq(
        listen_at(&end, folder_path(&folder, "control"), NULL, &listener, text, sizeof(text)),
        STATUS_OK);
    ck_assert_uint_eq(mode_of(folder_path(&folder, "control")) & 0777, 0600);
    int client = connect_to(folder_path(&folder, "control"));
    run_until(end.loop, &end.has_come);
    ck_assert_int_eq((int)write(client, "hello", 5), 5);
    run_until(end.loop, &end.has_received);
    ck_assert_str_eq(end.text, "hello");
    ck_assert_int_eq(unix_connection_pass(end.connection, slice_of("there"), NULL, 0), STATUS_OK);
    ck_assert_int_eq((int)read(client, answer, sizeof(answer)), 5);
    ck_assert_str_eq(answer, "there");
    close(client);
    run_until(end.loop, &end.is_closed);
    ck_assert_uint_eq(end.closings, 1);
    ck_assert_int_eq(unix_connection_pass(end.connection, slice_of("late"), NULL, 0),
                     STATUS_CLOSED);
    unix_connection_free(end.connection);
    unix_listener_free(listener);
    ck_assert(!folder_has(&folder, "control"));
    loop_free(end.loop);
    folder_remove(&folder);
}
END_TEST

START_TEST(a_live_socket_is_refused_a_dead_one_replaced)
{
    struct end end = { .loop = loop_new() };
    struct folder folder;
    struct unix_listener *first;
    struct unix_listener *second;
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    char text[256] = "";
    folder_make(&folder);
    ck_assert_int_eq(listen_at(&end, folder_path(&folder, "s"), NULL, &first, text, sizeof(text)),
                     STATUS_OK);
    ck_assert_int_eq(listen_at(&end, folder_path(&folder, "s"), NULL, &second, text, sizeof(text)),
                     STATUS_REFUSED);
    ck_assert_ptr_nonnull(strstr(text, "another offhookd is running there"));
    unix_listener_free(first);
    int dead = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", folder_path(&folder, "s"));
    ck_assert_int_eq(bind(dead, (const struct sockaddr *)&address, sizeof(address)), 0);
    close(dead);
    ck_assert(folder_has(&folder, "s"));
    ck_assert_int_eq(listen_at(&end, folder_path(&folder, "s"), NULL, &second, text, sizeof(text)),
                     STATUS_OK);
    close(connect_to(folder_path(&folder, "s")));
    unix_listener_free(second);
    loop_free(end.loop);
    folder_remove(&folder);
}
END_TEST

START_TEST(what_is_no_socket_is_left_alone)
{
    struct end end = { .loop = loop_new() };
    struct folder folder;
    struct unix_listener *listener;
    char text[512] = "";
    char path[300];
    folder_make(&folder);
    folder_write(&folder, "file", "precious", 0600);
    ck_assert_int_ne(
        listen_at(&end, folder_path(&folder, "file"), NULL, &listener, text, sizeof(text)),
        STATUS_OK);
    ck_assert_str_eq(folder_read(&folder, "file"), "precious");
    ck_assert_int_eq(
        listen_at(&end, folder_path(&folder, "no/where"), NULL, &listener, text, sizeof(text)),
        STATUS_SYSTEM);
    ck_assert_ptr_nonnull(strstr(text, "cannot listen at"));
    memset(path, 'a', sizeof(path));
    path[0] = '/';
    path[sizeof(path) - 1] = '\0';
    ck_assert_int_eq(listen_at(&end, path, NULL, &listener, text, sizeof(text)), STATUS_TOO_LARGE);
    ck_assert_ptr_nonnull(strstr(text, "longer than a socket path may be"));
    loop_free(end.loop);
    folder_remove(&folder);
}
END_TEST

START_TEST(a_group_that_does_not_exist_gets_nothing)
{
    struct end end = { .loop = loop_new() };
    struct folder folder;
    struct unix_listener *listener;
    char text[256];
    folder_make(&folder);
    ck_assert_int_eq(
        listen_at(&end, folder_path(&folder, "s"), "no-such-group", &listener, text, sizeof(text)),
        STATUS_OK);
    ck_assert_uint_eq(mode_of(folder_path(&folder, "s")) & 0777, 0600);
    unix_listener_free(listener);
    if (geteuid() == 0) { /* who may give it to any group */
        ck_assert_int_eq(
            listen_at(&end, folder_path(&folder, "s"), "root", &listener, text, sizeof(text)),
            STATUS_OK);
        ck_assert_uint_eq(mode_of(folder_path(&folder, "s")) & 0777, 0660);
        unix_listener_free(listener);
    }
    loop_free(end.loop);
    folder_remove(&folder);
}
END_TEST

START_TEST(a_reader_that_is_too_far_behind_is_refused)
{
    static const char kilobyte[1024] = { 'x' };
    struct end end = { .loop = loop_new() };
    struct folder folder;
    struct unix_listener *listener;
    char text[256];
    size_t sent = 0;
    enum status status = STATUS_OK;
    folder_make(&folder);
    ck_assert_int_eq(
        listen_at(&end, folder_path(&folder, "s"), NULL, &listener, text, sizeof(text)), STATUS_OK);
    int client = connect_to(folder_path(&folder, "s"));
    run_until(end.loop, &end.has_come);
    while (status == STATUS_OK && sent < 16U * 1024 * 1024) {
        status =
            unix_connection_pass(end.connection, slice_make(kilobyte, sizeof(kilobyte)), NULL, 0);
        sent += sizeof(kilobyte);
    }
    ck_assert_int_eq(status, STATUS_REFUSED);
    ck_assert_uint_gt(sent, LIMIT_CONTROL_BACKLOG);
    unix_connection_free(end.connection);
    close(client);
    unix_listener_free(listener);
    loop_free(end.loop);
    folder_remove(&folder);
}
END_TEST

/* What comes with the next bytes; -1 when no descriptor does. */
static int receive(int fd, char *text, size_t size)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } extra = { 0 };
    struct iovec part = { text, size };
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &extra, .msg_controllen = sizeof(extra)
    };
    int passed = -1;
    ck_assert_int_gt((int)recvmsg(fd, &message, MSG_CMSG_CLOEXEC), 0);
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_type == SCM_RIGHTS)
        memcpy(&passed, CMSG_DATA(header), sizeof(passed));
    return passed;
}

START_TEST(a_descriptor_goes_with_its_bytes_and_is_ours_no_more)
{
    struct end end = { .loop = loop_new() };
    struct folder folder;
    struct unix_listener *listener;
    char text[256] = "";
    int fds[2];
    folder_make(&folder);
    ck_assert_int_eq(
        listen_at(&end, folder_path(&folder, "s"), NULL, &listener, text, sizeof(text)), STATUS_OK);
    int client = connect_to(folder_path(&folder, "s"));
    run_until(end.loop, &end.has_come);
    ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
    ck_assert_int_eq(unix_connection_pass(end.connection, slice_of("pipe\n"), &fds[1], 1),
                     STATUS_OK);
    int passed = receive(client, text, sizeof(text));
    ck_assert_int_ge(passed, 0);
    ck_assert_int_eq((int)write(passed, "x", 1), 1);
    ck_assert_int_eq((int)read(fds[0], text, 1), 1);
    close(passed);
    ck_assert_int_eq((int)read(fds[0], text, 1), 0); /* there is no other writer */
    close(fds[0]);
    unix_connection_free(end.connection);
    close(client);
    unix_listener_free(listener);
    loop_free(end.loop);
    folder_remove(&folder);
}
END_TEST

SUITE_MAIN("io/unix_listener", bytes_go_both_ways_and_the_end_is_told_once,
           a_live_socket_is_refused_a_dead_one_replaced, what_is_no_socket_is_left_alone,
           a_descriptor_goes_with_its_bytes_and_is_ours_no_more,
           a_group_that_does_not_exist_gets_nothing, a_reader_that_is_too_far_behind_is_refused)
