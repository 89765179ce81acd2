// SPDX-License-Identifier: ISC
#include "ctl/reports.h"

#include "ctl/connection.h"
#include "ctl/output.h"

#include <stdio.h>
#include <string.h>

int report_object(struct connection *connection, const struct options *options)
{
    int status;
    json_t *answer = verb_answer(connection, &status);
    if (answer && options->is_json)
        output_json(answer);
    else if (answer)
        output_object(answer);
    json_decref(answer);
    return status;
}

static int show_table(struct connection *connection, const struct options *options,
                      const char *name, const char *const *keys, const char *empty)
{
    int status;
    json_t *answer = verb_answer(connection, &status);
    const json_t *array = json_object_get(answer, name);
    if (answer && options->is_json) {
        for (size_t i = 0; i < json_array_size(array); i++) {
            json_t *row = json_array_get(array, i);
            json_object_set_new(row, "v", json_integer(1));
            output_json(row);
        }
    } else if (answer) {
        output_table(array, keys, empty);
    }
    long long left_out = (long long)json_integer_value(json_object_get(answer, "left_out"));
    if (left_out)
        fprintf(stderr, "offhookctl: %lld more, which did not fit: look at one with show\n",
                left_out);
    json_decref(answer);
    return status;
}

/* Of flush and drain. */
int report_heard(struct connection *connection, const struct options *options)
{
    int status;
    json_t *answer = verb_answer(connection, &status);
    if (answer && options->is_json) {
        json_object_set_new(answer, "v", json_integer(1));
        output_json(answer);
    } else if (answer) {
        printf("%lld\n", (long long)json_integer_value(json_object_get(answer, "heard_ms")));
    }
    json_decref(answer);
    return status;
}

int report_calls(struct connection *connection, const struct options *options)
{
    static const char *const keys[] = { "call",       "direction", "state", "seconds", "codec",
                                        "encryption", "from",      "to",    NULL };
    return show_table(connection, options, "calls", keys, "no calls");
}

int report_hooks(struct connection *connection, const struct options *options)
{
    static const char *const keys[] = { "hook",         "runs",      "failures",
                                        "timeouts",     "dropped",   "failing",
                                        "last_failure", "median_ms", "longest_ms",
                                        "last_error",   NULL };
    return show_table(connection, options, "hooks", keys, "no hook has run yet");
}

int report_watch(struct connection *connection, const struct options *options)
{
    int status;
    json_t *answer = verb_answer(connection, &status);
    json_t *event;
    json_decref(answer);
    if (status == EXIT_DONE && options->call) /* it may be over already */
        json_decref(verb_ask(connection, "show", options->call, &status));
    bool is_end = false;
    while (status == EXIT_DONE && !is_end && !ferror(stdout)) {
        event = connection_receive(connection);
        if (!event)
            return verb_lost();
        const char *call = json_string_value(json_object_get(event, "call"));
        bool is_wanted = !options->call || (call && strcmp(call, options->call) == 0);
        is_end = options->call && connection_is_event(event, "ended", options->call);
        if (is_wanted && options->is_json)
            output_json(event);
        else if (is_wanted)
            output_event(event);
        json_decref(event);
    }
    return status;
}

int report_bindings(struct connection *connection, const struct options *options)
{
    static const char *const keys[] = { "contact", NULL };
    return show_table(connection, options, "bindings", keys, "nobody is registered");
}
