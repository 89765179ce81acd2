// SPDX-License-Identifier: ISC
#include "ctl/waiting.h"

#include "ctl/connection.h"
#include "ctl/output.h"
#include "ctl/seconds.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    REASON_S = 5 // for the daemon to say why
};

static bool read_seconds(const struct options *options, double *seconds)
{
    if (options->word_count != 1)
        return options->word_count == 0;
    return seconds_read(options->words[0], seconds);
}

static int usage(const char *verb)
{
    fprintf(stderr, "usage: offhookctl %s [SECONDS]\n", verb);
    return EXIT_USAGE;
}

static int send_and_read(struct connection *connection, const char *command, const char *call)
{
    int status;
    json_decref(verb_ask(connection, command, call, &status));
    return status;
}

/* The events are watched already. */
static int wait_for_end(struct connection *connection, const char *call, double seconds)
{
    json_t *event;
    connection_limit(connection, seconds);
    while ((event = connection_receive(connection))) {
        bool is_over = connection_is_event(event, "ended", call);
        json_decref(event);
        if (is_over) {
            fputs("offhookctl: the call is over\n", stderr);
            return EXIT_OVER;
        }
    }
    return connection_has_timed_out(connection) ? EXIT_DONE : verb_lost();
}

int waiting_ring(struct connection *connection, const struct options *options)
{
    double seconds = 0;
    if (!read_seconds(options, &seconds))
        return usage("ring");
    int status = seconds > 0 ? send_and_read(connection, "watch", NULL) : EXIT_DONE;
    if (status == EXIT_DONE)
        status = send_and_read(connection, "ring", options->call);
    return status == EXIT_DONE && seconds > 0 ? wait_for_end(connection, options->call, seconds)
                                              : status;
}

int waiting_wait(struct connection *connection, const struct options *options)
{
    double seconds = INFINITY;
    if (!read_seconds(options, &seconds))
        return usage("wait");
    int status = send_and_read(connection, "watch", NULL);
    if (status == EXIT_DONE) /* the call may have ended before */
        status = send_and_read(connection, "show", options->call);
    return status == EXIT_DONE ? wait_for_end(connection, options->call, seconds) : status;
}

/* The state of the line, and the sentence about it, which the caller frees. */
static int ask_status(struct connection *connection, bool *is_registered, char **summary)
{
    int status;
    json_t *answer = verb_ask(connection, "status", NULL, &status);
    const char *text = json_string_value(json_object_get(answer, "summary"));
    *is_registered = json_is_true(json_object_get(answer, "registered"));
    free(*summary);
    *summary = strdup(text ? text : "");
    json_decref(answer);
    return status;
}

static int wait_for_online(struct connection *connection, double seconds, char **summary)
{
    json_t *event;
    connection_limit(connection, seconds);
    while ((event = connection_receive(connection))) {
        bool is_online = connection_is_event(event, "online", NULL);
        json_decref(event);
        if (is_online)
            return EXIT_DONE;
    }
    if (!connection_has_timed_out(connection))
        return verb_lost();
    bool is_registered;
    connection_limit(connection, REASON_S);
    if (ask_status(connection, &is_registered, summary) == EXIT_DONE)
        output_print(stderr, "offhookctl: %s", *summary);
    return EXIT_NO;
}

int waiting_online(struct connection *connection, const struct options *options)
{
    double seconds = INFINITY;
    bool is_registered = false;
    char *summary = NULL;
    bool is_fine = options->word_count == 0 ||
                   (options->word_count == 2 && strcmp(options->words[0], "-t") == 0 &&
                    seconds_read(options->words[1], &seconds));
    if (!is_fine) {
        fputs("usage: offhookctl wait-online [-t SECONDS]\n", stderr);
        return EXIT_USAGE;
    }
    int status = ask_status(connection, &is_registered, &summary);
    if (status == EXIT_DONE && !is_registered)
        status = send_and_read(connection, "watch", NULL);
    if (status == EXIT_DONE && !is_registered) /* it may have come in between */
        status = ask_status(connection, &is_registered, &summary);
    if (status == EXIT_DONE && !is_registered)
        status = wait_for_online(connection, seconds, &summary);
    free(summary);
    return status;
}
