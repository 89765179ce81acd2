// SPDX-License-Identifier: ISC
#include "ctl/attachment.h"

#include "ctl/connection.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int attachment_open(struct attachment *attachment, struct connection *connection, const char *call,
                    const char *args, uint32_t rate)
{
    int status = EXIT_UNREACHABLE;
    signal(SIGPIPE, SIG_IGN); /* write(2) tells it of a pipe that the daemon has closed */
    *attachment =
        (struct attachment){ .connection = connection, .call = call, .hear = -1, .speak = -1 };
    json_t *keys = rate ? json_pack("{s:i}", "rate", (int)rate) : NULL;
    if (!connection_send_with(connection, "audio", call, args, keys))
        return verb_lost();
    json_t *answer = verb_answer(connection, &status);
    if (!answer)
        return status;
    attachment->rate = (uint32_t)json_integer_value(json_object_get(answer, "rate"));
    json_decref(answer);
    if (!strstr(args, "--speak"))
        attachment->hear = connection_take_descriptor(connection);
    if (!strstr(args, "--listen"))
        attachment->speak = connection_take_descriptor(connection);
    bool is_whole = attachment->rate && (attachment->hear >= 0 || strstr(args, "--speak")) &&
                    (attachment->speak >= 0 || strstr(args, "--listen"));
    if (is_whole)
        return EXIT_DONE;
    fputs("offhookctl: the daemon gave no audio\n", stderr);
    attachment_close(attachment);
    return EXIT_REFUSED;
}

static void note(struct attachment *attachment, const json_t *event)
{
    if (connection_is_event(event, "ended", attachment->call))
        attachment->is_over = true;
    if (connection_is_event(event, "flushed", attachment->call))
        attachment->is_flushed = true;
    const char *digit = json_string_value(json_object_get(event, "digit"));
    if (connection_is_event(event, "dtmf", attachment->call) && digit && !attachment->key[0])
        attachment->key[0] = digit[0];
}

enum attachment_line attachment_next(struct attachment *attachment, double seconds, json_t **answer)
{
    connection_limit(attachment->connection, seconds);
    json_t *line = connection_receive(attachment->connection);
    if (!line && connection_has_timed_out(attachment->connection))
        return ATTACHMENT_NOTHING;
    if (!line) {
        attachment->is_lost = true;
        return ATTACHMENT_LOST;
    }
    if (!json_object_get(line, "event")) {
        *answer = line;
        return ATTACHMENT_ANSWER;
    }
    note(attachment, line);
    json_decref(line);
    return ATTACHMENT_EVENT;
}

void attachment_notice(struct attachment *attachment)
{
    json_t *answer = NULL;
    enum attachment_line line;
    while ((line = attachment_next(attachment, 0, &answer)) != ATTACHMENT_NOTHING &&
           line != ATTACHMENT_LOST)
        if (line == ATTACHMENT_ANSWER)
            json_decref(answer); /* of nothing that anybody waits for */
}

json_t *attachment_exchange(struct attachment *attachment, const char *command, const char *args)
{
    json_t *answer = NULL;
    enum attachment_line line = ATTACHMENT_LOST;
    if (connection_send(attachment->connection, command, attachment->call, args))
        while ((line = attachment_next(attachment, INFINITY, &answer)) == ATTACHMENT_EVENT)
            ;
    return line == ATTACHMENT_ANSWER ? answer : NULL;
}

json_t *attachment_ask(struct attachment *attachment, const char *command, const char *args,
                       int *status)
{
    return verb_judge(attachment_exchange(attachment, command, args), status);
}

int attachment_say_over(void)
{
    fputs("offhookctl: the call is over\n", stderr);
    return EXIT_OVER;
}

void attachment_close(struct attachment *attachment)
{
    if (attachment->hear >= 0)
        close(attachment->hear);
    if (attachment->speak >= 0)
        close(attachment->speak);
    attachment->hear = attachment->speak = -1;
}
