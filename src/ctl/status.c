// SPDX-License-Identifier: ISC
#include "ctl/status.h"

#include "ctl/connection.h"
#include "ctl/output.h"
#include "ctl/wall_time.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    TEXT_BYTES = 512
};

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static long long number_of(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* "12:04:31, in 43 min"; empty when the answer has no such time. */
static const char *time_of(const json_t *answer, const char *key, char text[TEXT_BYTES])
{
    int64_t wall;
    char clock[32];
    struct tm local;
    text[0] = '\0';
    if (!wall_time_read(json_object_get(answer, key), &wall))
        return text;
    time_t when = (time_t)(wall / 1000);
    int64_t ahead = wall - now_ms();
    long long distance = (ahead < 0 ? -ahead : ahead + 500) / 1000; /* what is over is no more */
    localtime_r(&when, &local);
    strftime(clock, sizeof(clock), distance < 43200 ? "%H:%M:%S" : "%F %H:%M", &local);
    bool is_minutes = distance >= 120;
    if (distance == 0)
        snprintf(text, TEXT_BYTES, "%s, now", clock);
    else
        snprintf(text, TEXT_BYTES, "%s, %s%lld %s%s", clock, ahead < 0 ? "" : "in ",
                 is_minutes ? distance / 60 : distance, is_minutes ? "min" : "s",
                 ahead < 0 ? " ago" : "");
    return text;
}

/* What the daemon's own sentence leaves open. */
static const char *advice_for(const char *failure)
{
    static const struct {
        const char *start;
        const char *advice;
    } rows[] = {
        { "cannot connect", "is the network up, and is outbound_proxy right?" },
        { "the server did not answer", "is the network up, and is outbound_proxy right?" },
        { "the server closed", "the server may be down: see offhookctl trace" },
        { "the connection broke", "the network or the server: it is tried again" },
        { "the name", "ask /etc/resolv.conf's server for it, or set outbound_proxy" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        if (strncmp(failure, rows[i].start, strlen(rows[i].start)) == 0)
            return rows[i].advice;
    return "";
}

static void print_state(const json_t *answer)
{
    char next[TEXT_BYTES];
    bool is_registered = json_is_true(json_object_get(answer, "registered"));
    bool is_connected = strcmp(text_of(answer, "connection"), "connected") == 0;
    bool is_fine = is_registered && is_connected;
    const char *failure =
        text_of(answer, is_connected ? "registration_failure" : "connection_failure");
    output_line("state", is_fine ? OUTPUT_GOOD : OUTPUT_BAD, "%s", text_of(answer, "summary"));
    if (is_fine)
        return;
    if (advice_for(failure)[0])
        output_line("to do", OUTPUT_PLAIN, "%s", advice_for(failure));
    time_of(answer, is_connected ? "next_register" : "next_attempt", next);
    if (next[0])
        output_line("next attempt", OUTPUT_PLAIN, "%s (now: offhookctl reregister)", next);
}

static void print_server(const json_t *answer)
{
    char text[TEXT_BYTES];
    const char *name = text_of(answer, "server_name");
    const char *server = text_of(answer, "server");
    const char *protocol = text_of(answer, "protocol");
    if (!server[0] && !name[0])
        return;
    bool has_both = name[0] && server[0] && strncmp(server, name, strlen(name)) != 0;
    output_line("server", OUTPUT_PLAIN, "%s%s%s", has_both ? name : "", has_both ? ", " : "",
                server[0] ? server : name);
    if (number_of(answer, "servers") > 1)
        output_line("choice", OUTPUT_PLAIN, "number %lld of %lld (%s)",
                    number_of(answer, "server_rank"), number_of(answer, "servers"),
                    text_of(answer, "server_source"));
    if (!protocol[0])
        return;
    output_line("connection", OUTPUT_PLAIN, "%s since %s", protocol,
                time_of(answer, "connected_since", text));
    if (json_object_get(answer, "registered_until"))
        output_line("registered", OUTPUT_PLAIN, "until %s",
                    time_of(answer, "registered_until", text));
}

/* Without those who call again at once, or have come by another way. */
static void print_refused(const json_t *refused)
{
    static const struct {
        const char *key;
        const char *meaning;
    } rows[] = {
        { "limit", "for want of room" },
        { "stopping", "while the daemon stopped" },
        { "offer", "without a codec or encryption in common" },
        { "unsupported", "that wanted what it cannot do" },
        { "malformed", "that could not be read" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        if (number_of(refused, rows[i].key))
            output_line("refused", OUTPUT_PLAIN, "%lld calls %s: see the log",
                        number_of(refused, rows[i].key), rows[i].meaning);
}

static void print_troubles(const json_t *answer)
{
    char text[TEXT_BYTES];
    if (number_of(answer, "left_over"))
        output_line("left over", OUTPUT_BAD, "%lld of an earlier run are still to be ended",
                    number_of(answer, "left_over"));
    if (json_object_get(answer, "calls_not_kept"))
        output_line("state_dir", OUTPUT_BAD, "calls would be left up by a crash: %s",
                    text_of(answer, "calls_not_kept"));
    if (json_object_get(answer, "config_failure"))
        output_line("configuration", OUTPUT_BAD, "the old one is in force since %s: %s",
                    time_of(answer, "config_failure_since", text),
                    text_of(answer, "config_failure"));
    if (number_of(answer, "messages_undelivered"))
        output_line("messages", OUTPUT_BAD,
                    "%lld, or ends of calls, could not be delivered and are kept: see the log",
                    number_of(answer, "messages_undelivered"));
    if (json_object_get(answer, "messages_not_kept"))
        output_line("messages", OUTPUT_BAD, "are refused, as they cannot be kept: %s",
                    text_of(answer, "messages_not_kept"));
    if (number_of(answer, "messages_refused"))
        output_line("messages", OUTPUT_PLAIN, "%lld were refused for want of room",
                    number_of(answer, "messages_refused"));
    if (number_of(answer, "claims_lapsed"))
        output_line("clients", OUTPUT_BAD, "left %lld calls that they had claimed undecided",
                    number_of(answer, "claims_lapsed"));
    print_refused(json_object_get(answer, "calls_refused"));
    if (number_of(answer, "messages_dropped"))
        output_line("network", OUTPUT_PLAIN,
                    "%lld messages that nothing could be done with: see the log",
                    number_of(answer, "messages_dropped"));
}

/* Red as long as its last run has failed. */
static void print_hook(const json_t *hook)
{
    char text[TEXT_BYTES];
    long long failures = number_of(hook, "failures");
    long long timeouts = number_of(hook, "timeouts");
    long long dropped = number_of(hook, "dropped");
    const char *error = text_of(hook, "last_error");
    if (json_is_true(json_object_get(hook, "failing")))
        output_line("hook", OUTPUT_BAD, "%s: %lld failed, %lld too slow, last at %s%s%s",
                    text_of(hook, "hook"), failures, timeouts, time_of(hook, "last_failure", text),
                    error[0] ? ": " : "", error);
    else if (dropped)
        output_line("hook", OUTPUT_BAD, "%s: %lld not run, as too many were", text_of(hook, "hook"),
                    dropped);
}

static void print(const json_t *answer, const json_t *hooks)
{
    char text[TEXT_BYTES];
    output_line("line", OUTPUT_PLAIN, "%s, %s", text_of(answer, "line"), text_of(answer, "aor"));
    print_state(answer);
    print_server(answer);
    output_line("calls", OUTPUT_PLAIN, "%lld of %lld", number_of(answer, "calls"),
                number_of(answer, "calls_max"));
    output_line("hooks", OUTPUT_PLAIN, "%lld alive", number_of(answer, "hooks_alive"));
    for (size_t i = 0; i < json_array_size(hooks); i++)
        print_hook(json_array_get(hooks, i));
    for (size_t i = 0; i < json_array_size(json_object_get(answer, "hooks_not_run")); i++)
        output_line("hook", OUTPUT_BAD, "%s",
                    json_string_value(json_array_get(json_object_get(answer, "hooks_not_run"), i)));
    print_troubles(answer);
    output_line("started", OUTPUT_PLAIN, "%s", time_of(answer, "started", text));
}

int status_show(struct connection *connection, const struct options *options)
{
    int status;
    json_t *answer = verb_ask(connection, "status", NULL, &status);
    if (answer && options->is_json) {
        output_json(answer);
    } else if (answer) {
        json_t *hooks = verb_ask(connection, "hooks", NULL, &status);
        print(answer, json_object_get(hooks, "hooks"));
        json_decref(hooks);
    }
    json_decref(answer);
    return status;
}
