// SPDX-License-Identifier: ISC
#include "ctl/rehearsal.h"

#include "ctl/connection.h"
#include "ctl/output.h"

#include <stdio.h>

static const char *text_of(const json_t *answer, const char *key)
{
    return json_string_value(json_object_get(answer, key));
}

static bool is_some(const json_t *answer, const char *key)
{
    return json_integer_value(json_object_get(answer, key)) > 0;
}

static void print_decisions(const json_t *decisions)
{
    for (size_t i = 0; i < json_array_size(decisions); i++)
        output_print(stdout, "%s", text_of(json_array_get(decisions, i), "decision"));
}

static void print_faults(const json_t *answer)
{
    const char *error = text_of(answer, "last_error");
    const char *why = text_of(answer, "default");
    if (error)
        output_print(stderr, "offhookctl: the hook %s: %s", text_of(answer, "hook"), error);
    if (!is_some(answer, "runs"))
        fputs("offhookctl: no hook of that name could be run\n", stderr);
    else if (is_some(answer, "failures"))
        fputs("offhookctl: the hook failed: see the log\n", stderr);
    if (why)
        output_print(stderr, "offhookctl: the configuration decides: %s", why);
}

int rehearsal_show(struct connection *connection, const struct options *options)
{
    int status;
    json_t *answer = verb_answer(connection, &status);
    if (!answer)
        return status;
    bool is_fine =
        !text_of(answer, "default") && is_some(answer, "runs") && !is_some(answer, "failures");
    if (options->is_json) {
        output_json(answer);
    } else {
        print_decisions(json_object_get(answer, "decisions"));
        print_faults(answer);
    }
    json_decref(answer);
    return is_fine ? EXIT_DONE : EXIT_NO;
}
