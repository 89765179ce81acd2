// SPDX-License-Identifier: ISC
#include "ctl/verbs.h"

#include "ctl/connection.h"
#include "ctl/output.h"
#include "util/utf8.h"

#include <stdio.h>
#include <string.h>

static int exit_code_of(const char *error)
{
    static const struct {
        const char *error;
        enum exit_code code;
    } codes[] = {
        { "no", EXIT_NO },           { "usage", EXIT_USAGE },     { "over", EXIT_OVER },
        { "refused", EXIT_REFUSED }, { "far-end", EXIT_FAR_END },
    };
    for (size_t i = 0; error && i < sizeof(codes) / sizeof(*codes); i++)
        if (strcmp(error, codes[i].error) == 0)
            return (int)codes[i].code;
    return EXIT_REFUSED;
}

int verb_lost(void)
{
    fputs("offhookctl: the daemon closed the connection\n", stderr);
    return EXIT_UNREACHABLE;
}

json_t *verb_judge(json_t *answer, int *status)
{
    if (!answer) {
        *status = verb_lost();
        return NULL;
    }
    if (json_is_true(json_object_get(answer, "ok"))) {
        *status = EXIT_DONE;
        return answer;
    }
    const char *text = json_string_value(json_object_get(answer, "text"));
    output_print(stderr, "offhookctl: %s", text ? text : "refused");
    *status = exit_code_of(json_string_value(json_object_get(answer, "error")));
    json_decref(answer);
    return NULL;
}

json_t *verb_answer(struct connection *connection, int *status)
{
    json_t *line;
    /* Who watches may be told of an event before. */
    while ((line = connection_receive(connection)) && !json_object_get(line, "ok"))
        json_decref(line);
    return verb_judge(line, status);
}

json_t *verb_ask(struct connection *connection, const char *command, const char *call, int *status)
{
    if (connection_send(connection, command, call, NULL))
        return verb_answer(connection, status);
    *status = verb_lost();
    return NULL;
}

bool verb_may_send(const char *text)
{
    struct slice rest = slice_of(text);
    uint32_t code;
    size_t length = 1;
    while (rest.length && (length = utf8_read(rest, &code)) != 0)
        rest = slice_skip(rest, length);
    if (!length)
        fputs("offhookctl: what is sent to the daemon must be UTF-8\n", stderr);
    return length != 0;
}

bool verb_is_one_word(const char *word)
{
    if (word[0] && !word[strcspn(word, " \t\r\n")])
        return true;
    output_print(stderr, "offhookctl: \"%s\": a word must not be empty nor have blanks in it",
                 word);
    return false;
}

int verb_run(const struct verb *verb, struct connection *connection, const struct options *options,
             const char *args)
{
    int status;
    if ((verb->flags & VERB_ON_CALL) && !options->call) {
        fprintf(stderr, "offhookctl: %s needs a call: --call ID, or $OFFHOOK_CALL in a hook\n",
                verb->name);
        return EXIT_USAGE;
    }
    if (!verb_may_send(options->call ? options->call : "") || !verb_may_send(args))
        return EXIT_USAGE;
    if (verb->flags & VERB_OWN)
        return verb->show(connection, options);
    bool names_call = verb->flags & (VERB_ON_CALL | VERB_CALL_TOO);
    if (!connection_send(connection, verb->name, names_call ? options->call : NULL, args))
        return verb_lost();
    if (verb->show)
        return verb->show(connection, options);
    json_decref(verb_answer(connection, &status));
    return status;
}
