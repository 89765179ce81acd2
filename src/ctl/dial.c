// SPDX-License-Identifier: ISC
#include "ctl/dial.h"

#include "ctl/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    EXIT_CANNOT_RUN = 126,
    EXIT_SIGNAL = 128
};

static int run_program(char *const *program, const char *call)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        setenv("OFFHOOK_CALL", call, 1);
        execvp(program[0], program);
        fprintf(stderr, "offhookctl: %s: %s\n", program[0], strerror(errno));
        _exit(EXIT_CANNOT_RUN);
    }
    if (child < 0) {
        fprintf(stderr, "offhookctl: no child process: %s\n", strerror(errno));
        return EXIT_CANNOT_RUN;
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_SIGNAL + WTERMSIG(status);
}

static void say_why(const json_t *ended)
{
    const char *result = json_string_value(json_object_get(ended, "result"));
    const char *code = json_string_value(json_object_get(ended, "code"));
    const char *reason = json_string_value(json_object_get(ended, "reason"));
    fprintf(stderr, "offhookctl: %s: %s %s\n", result ? result : "failed", code ? code : "",
            reason ? reason : "");
}

int dial_follow(struct connection *connection, const struct options *options, const char *call)
{
    int status = EXIT_NOT_REACHED;
    bool is_over = false;
    json_t *event;
    if (options->is_detached)
        return EXIT_DONE;
    while (!is_over && (event = connection_receive(connection))) {
        if (options->is_json && json_object_get(event, "event"))
            output_json(event);
        if (connection_is_event(event, "answered", call)) {
            status = options->program ? run_program(options->program, call) : EXIT_DONE;
            if (options->program && !connection_send(connection, "hangup", call, NULL))
                is_over = true;
        } else if (connection_is_event(event, "ended", call)) {
            is_over = true;
            if (status == EXIT_NOT_REACHED)
                say_why(event);
        }
        json_decref(event);
    }
    return status;
}
