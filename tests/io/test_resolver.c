// SPDX-License-Identifier: ISC
// Answers of a DNS server, byte by byte: what is read of them, and that what is no answer is none.
#include "io/resolver.h"
#include "tests/io/private_network.h"
#include "tests/io/run_until.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

enum {
    NAME_AT = 12,
    MESSAGE_BYTES = 512
};

enum {
    NO_ERROR,
    FORMAT_ERROR,
    SERVER_FAILURE,
    NO_SUCH_NAME,
    REFUSED = 5
};

/* One record behind a question: its type and data; the owner is the name that was asked for. */
struct record {
    uint16_t type; // 0: none
    uint32_t ttl_s;
    const char *data;
    size_t length;
};

#define DATA(text) (text), sizeof(text) - 1

struct reply {
    unsigned code;
    struct record records[3];
    size_t cut; // so many bytes are missing at the end
};

struct seen {
    enum dns_outcome outcome;
    size_t count;
    uint32_t ttl_s;
    char text[512]; // of all records
    unsigned answers;
    bool is_answered;
};

static void note_record(const struct dns_answer *answer, enum dns_kind kind, size_t i, char *text,
                        size_t size)
{
    char address[NET_ADDRESS_TEXT_BYTES];
    if (kind == DNS_SRV)
        snprintf(text, size, "%u %u %u %s;", answer->srv[i].priority, answer->srv[i].weight,
                 answer->srv[i].port, answer->srv[i].host);
    if (kind == DNS_NAPTR)
        snprintf(text, size, "%u %u %s %s %s;", answer->naptr[i].order, answer->naptr[i].preference,
                 answer->naptr[i].flags, answer->naptr[i].service, answer->naptr[i].replacement);
    if (kind == DNS_ADDRESSES) {
        net_address_text(&answer->addresses[i], address);
        snprintf(text, size, "%s;", address);
    }
}

static enum dns_kind asked_kind;

static void on_answered(void *user, const struct dns_answer *answer)
{
    struct seen *seen = user;
    size_t length = 0;
    seen->outcome = answer->outcome;
    seen->count = answer->count;
    seen->ttl_s = answer->ttl_s;
    seen->answers++;
    seen->text[0] = '\0';
    for (size_t i = 0; i < answer->count; i++) {
        note_record(answer, asked_kind, i, seen->text + length, sizeof(seen->text) - length);
        length = strlen(seen->text);
    }
    seen->is_answered = true;
}

// --- the server

static size_t put_record(unsigned char *at, const struct record *record)
{
    unsigned char head[] = { 0xc0,
                             NAME_AT,
                             (unsigned char)(record->type >> 8),
                             (unsigned char)record->type,
                             0,
                             1,
                             (unsigned char)(record->ttl_s >> 24),
                             (unsigned char)(record->ttl_s >> 16),
                             (unsigned char)(record->ttl_s >> 8),
                             (unsigned char)record->ttl_s,
                             (unsigned char)(record->length >> 8),
                             (unsigned char)record->length };
    memcpy(at, head, sizeof(head));
    memcpy(at + sizeof(head), record->data, record->length);
    return sizeof(head) + record->length;
}

/* Records of the type that was asked for; the rest of the question's additional part is dropped. */
static size_t make_answer(unsigned char *message, const struct reply *reply)
{
    size_t end = NAME_AT;
    unsigned count = 0;
    while (message[end])
        end += message[end] + 1U;
    end += 5;
    unsigned type = (unsigned)message[end - 4] << 8 | message[end - 3];
    for (size_t i = 0; i < 3; i++) {
        const struct record *record = &reply->records[i];
        if (record->type && (record->type == type || record->type == 5 || type == 35)) {
            end += put_record(message + end, record);
            count++;
        }
    }
    message[2] = 0x81;
    message[3] = (unsigned char)(0x80 | reply->code);
    message[7] = (unsigned char)count;
    memset(message + 8, 0, 4);
    return end - (reply->cut < end ? reply->cut : end);
}

/* Bound before it returns: no question comes too early. */
static void serve(const struct reply *reply)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(53) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    if (fork() != 0) {
        close(fd);
        return;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        unsigned char message[MESSAGE_BYTES * 2] = { 0 };
        struct sockaddr_in peer;
        socklen_t size = sizeof(peer);
        ssize_t length = recvfrom(fd, message, MESSAGE_BYTES, 0, (struct sockaddr *)&peer, &size);
        if (length > NAME_AT)
            sendto(fd, message, make_answer(message, reply), 0, (struct sockaddr *)&peer, size);
    }
}

static bool enter(struct folder *folder, const char *hosts)
{
    if (!network_enter())
        return false;
    folder_make(folder);
    folder_write(folder, "resolv.conf", "nameserver 127.0.0.1\n", 0644);
    folder_write(folder, "hosts", hosts, 0644);
    network_replace(folder, "resolv.conf", "/etc/resolv.conf");
    network_replace(folder, "hosts", "/etc/hosts");
    return true;
}

static struct seen ask(enum dns_kind kind, const char *name)
{
    struct seen seen = { .answers = 0 };
    struct loop *loop = loop_new();
    struct resolver *resolver = resolver_new(loop);
    const struct dns_query query = { kind, name };
    asked_kind = kind;
    resolver_begin(resolver);
    resolver_ask(resolver, &query, on_answered, &seen);
    if (!seen.is_answered)
        run_until(loop, &seen.is_answered);
    ck_assert_uint_eq(seen.answers, 1);
    resolver_free(resolver);
    loop_free(loop);
    return seen;
}

static const struct {
    enum dns_kind kind;
    struct reply reply;
    enum dns_outcome outcome;
    const char *text;
} rows[] = {
    { DNS_ADDRESSES,
      { NO_ERROR, { { 1, 60, DATA("\300\0\2\1") } }, 0 },
      DNS_FOUND,
      "192.0.2.1:0;" },
    { DNS_SRV,
      { NO_ERROR, { { 33, 60, DATA("\0\1\0\2\x13\xc5\1a\2de\0") } }, 0 },
      DNS_FOUND,
      "1 2 5061 a.de;" },
    { DNS_SRV,
      { NO_ERROR,
        { { 33, 60, DATA("\xff\xff\xff\xff\xff\xff\1a\0") }, { 33, 9, DATA("\0\0\0\0\0\0\0") } },
        0 },
      DNS_FOUND,
      "65535 65535 65535 a;0 0 0 ;" },
    { DNS_NAPTR,
      { NO_ERROR, { { 35, 60, DATA("\0\5\0\6\1s\10SIPS+D2T\0\5_sips\1a\0") } }, 0 },
      DNS_FOUND,
      "5 6 s SIPS+D2T _sips.a;" },
    { DNS_SRV, { NO_ERROR, { { 0 } }, 0 }, DNS_ABSENT, "" },
    { DNS_SRV, { NO_SUCH_NAME, { { 0 } }, 0 }, DNS_ABSENT, "" },
    { DNS_ADDRESSES, { NO_SUCH_NAME, { { 0 } }, 0 }, DNS_ABSENT, "" },
    { DNS_NAPTR, { NO_ERROR, { { 1, 60, DATA("\300\0\2\1") } }, 0 }, DNS_ABSENT, "" },
    { DNS_SRV, { SERVER_FAILURE, { { 0 } }, 0 }, DNS_BROKEN, "" },
    { DNS_SRV, { REFUSED, { { 0 } }, 0 }, DNS_BROKEN, "" },
    { DNS_SRV, { FORMAT_ERROR, { { 0 } }, 0 }, DNS_BROKEN, "" },
    { DNS_SRV, { NO_ERROR, { { 33, 60, DATA("\0\1\0\2") } }, 0 }, DNS_BROKEN, "" },
    { DNS_SRV, { NO_ERROR, { { 33, 60, DATA("\0\1\0\2\x13\xc5\xc0\xff") } }, 0 }, DNS_BROKEN, "" },
    { DNS_SRV, { NO_ERROR, { { 33, 60, DATA("\0\1\0\2\x13\xc5\1a\0") } }, 3 }, DNS_BROKEN, "" },
    { DNS_NAPTR, { NO_ERROR, { { 35, 60, DATA("\0\5\0\6\377s") } }, 0 }, DNS_BROKEN, "" },
};

START_TEST(each_answer_is_read_for_what_it_is)
{
    struct folder folder;
    if (!enter(&folder, "127.0.0.1 localhost\n"))
        return;
    serve(&rows[_i].reply);
    struct seen seen = ask(rows[_i].kind, "x.example");
    ck_assert_msg(seen.outcome == rows[_i].outcome, "row %d: outcome %d", _i, seen.outcome);
    ck_assert_str_eq(seen.text, rows[_i].text);
    folder_remove(&folder);
}
END_TEST

static void each_answer(struct TCase *tcase)
{
    tcase_add_loop_test(tcase, each_answer_is_read_for_what_it_is, 0,
                        (int)(sizeof(rows) / sizeof(*rows)));
}

START_TEST(the_shortest_time_to_live_counts)
{
    static const struct reply reply = { NO_ERROR,
                                        { { 1, 90, DATA("\300\0\2\1") },
                                          { 1, 30, DATA("\300\0\2\2") },
                                          { 1, 60, DATA("\300\0\2\3") } },
                                        0 };
    struct folder folder;
    if (!enter(&folder, "127.0.0.1 localhost\n"))
        return;
    serve(&reply);
    struct seen seen = ask(DNS_ADDRESSES, "x.example");
    ck_assert_uint_eq(seen.count, 3);
    ck_assert_uint_eq(seen.ttl_s, 30);
    folder_remove(&folder);
}
END_TEST

START_TEST(a_name_of_the_hosts_file_needs_no_server)
{
    struct folder folder;
    if (!enter(&folder, "192.0.2.7 home.example\n"))
        return;
    struct seen seen = ask(DNS_ADDRESSES, "home.example");
    ck_assert_int_eq(seen.outcome, DNS_FOUND);
    ck_assert_str_eq(seen.text, "192.0.2.7:0;");
    folder_remove(&folder);
}
END_TEST

START_TEST(a_cancelled_question_has_no_answer)
{
    struct folder folder;
    struct seen seen = { .answers = 0 };
    if (!enter(&folder, ""))
        return;
    serve(&rows[0].reply);
    struct loop *loop = loop_new();
    struct resolver *resolver = resolver_new(loop);
    const struct dns_query query = { DNS_ADDRESSES, "x.example" };
    resolver_begin(resolver);
    resolver_ask(resolver, &query, on_answered, &seen);
    resolver_cancel(resolver);
    resolver_begin(resolver); /* and the next one has its own */
    asked_kind = DNS_ADDRESSES;
    resolver_ask(resolver, &query, on_answered, &seen);
    run_until(loop, &seen.is_answered);
    ck_assert_uint_eq(seen.answers, 1);
    resolver_free(resolver);
    loop_free(loop);
    folder_remove(&folder);
}
END_TEST

/* select() ends the process there: its sets have 1,024 places. */
START_TEST(descriptors_may_have_any_number)
{
    enum {
        MANY = 1100
    };
    static const struct reply reply = { NO_ERROR, { { 1, 60, DATA("\300\0\2\1") } }, 0 };
    struct folder folder;
    struct rlimit limit;
    static int taken[MANY];
    size_t count = 0;
    if (!enter(&folder, ""))
        return;
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max < MANY + 64)
        return;
    limit.rlim_cur = limit.rlim_max < 4096 ? limit.rlim_max : 4096;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    serve(&reply);
    while (count < MANY && (taken[count] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
        count++;
    ck_assert_int_gt(taken[count - 1], 1024);
    struct seen seen = ask(DNS_ADDRESSES, "x.example");
    ck_assert_str_eq(seen.text, "192.0.2.1:0;");
    while (count > 0)
        close(taken[--count]);
    folder_remove(&folder);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("io/resolver");
    TCase *tcase = tcase_create("io/resolver");
    tcase_set_timeout(tcase, 120);
    each_answer(tcase);
    tcase_add_test(tcase, the_shortest_time_to_live_counts);
    tcase_add_test(tcase, a_name_of_the_hosts_file_needs_no_server);
    tcase_add_test(tcase, a_cancelled_question_has_no_answer);
    tcase_add_test(tcase, descriptors_may_have_any_number);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
