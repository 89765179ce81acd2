// SPDX-License-Identifier: ISC
#include "ctl/dial.h"

#include "ctl/connection.h"
#include "ctl/output.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    ARGS_BYTES = 8192,
    EXIT_CANNOT_RUN = 126,
    EXIT_SIGNAL = 128
};

extern char **environ;

/* Those of another call must not be taken for this one's; where the daemon is stays. */
static void clear_environment(void)
{
    static const char prefix[] = "OFFHOOK_";
    char name[256];
    for (char **variable = environ; *variable;) {
        size_t length = strcspn(*variable, "=");
        bool is_ours = strncmp(*variable, prefix, strlen(prefix)) == 0 && length < sizeof(name);
        snprintf(name, sizeof(name), "%.*s", (int)length, *variable);
        if (is_ours && strcmp(name, "OFFHOOK_SOCKET") != 0 && unsetenv(name) == 0)
            variable = environ;
        else
            variable++;
    }
}

static void set_environment(const json_t *event, const char *call)
{
    const json_t *variables = json_object_get(event, "environment");
    clear_environment();
    setenv("OFFHOOK_CALL", call, 1);
    for (size_t i = 0; i < json_array_size(variables); i++) {
        const char *text = json_string_value(json_array_get(variables, i));
        char *variable = text ? strdup(text) : NULL;
        char *equals = variable ? strchr(variable, '=') : NULL;
        if (equals && strncmp(variable, "OFFHOOK_", strlen("OFFHOOK_")) == 0) {
            *equals = '\0';
            setenv(variable, equals + 1, strcmp(variable, "OFFHOOK_SOCKET") != 0);
        }
        free(variable);
    }
}

/* 0: there is none, which has been said. */
static pid_t start_program(char *const *program, const json_t *event, const char *call)
{
    pid_t child = fork();
    if (child == 0) {
        set_environment(event, call);
        execvp(program[0], program);
        fprintf(stderr, "offhookctl: %s: %s\n", program[0], strerror(errno));
        _exit(EXIT_CANNOT_RUN);
    }
    if (child > 0)
        return child;
    fprintf(stderr, "offhookctl: no child process: %s\n", strerror(errno));
    return 0;
}

static int wait_for_program(pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_SIGNAL + WTERMSIG(status);
}

static const char *text_of(const json_t *event, const char *key)
{
    const char *text = json_string_value(json_object_get(event, key));
    return text ? text : "";
}

/* Behind the result, in words; "" where the far end's own say it. */
static const char *explain(const json_t *ended)
{
    const char *result = text_of(ended, "result");
    bool is_local = strcmp(text_of(ended, "ended_by"), "local") == 0;
    if (strcmp(result, "missed") == 0)
        return "nobody answered: ";
    if (strcmp(result, "rejected") == 0)
        return is_local ? "not dialled, the hook outgoing forbids it: " : "declined: ";
    if (strcmp(result, "failed") != 0)
        return "";
    if (strcmp(text_of(ended, "reason"), "the line is offline") == 0)
        return "not registered, not dialled: ";
    if (is_local && strcmp(text_of(ended, "code"), "488") == 0) /* of ours: to what was answered */
        return "answered, but no call is possible: ";
    return is_local ? "not dialled: " : "cannot be reached: ";
}

static void say_why(const json_t *ended)
{
    const char *result = text_of(ended, "result");
    output_print(stderr, "offhookctl: %s: %s%s %s", result[0] ? result : "failed", explain(ended),
                 text_of(ended, "code"), text_of(ended, "reason"));
}

static void print_event(const struct options *options, json_t *event)
{
    if (!options->is_json || !json_object_get(event, "event"))
        return;
    json_object_del(event, "environment"); /* has the token */
    output_json(event);
}

struct progress {
    struct connection *connection;
    const char *call;
    int status;
    pid_t child; // 0: none runs
    int exit_fd; // to be polled for its end
    bool has_run;
    bool is_over;
};

static void finish_program(struct progress *progress)
{
    progress->status = wait_for_program(progress->child);
    progress->child = 0;
    if (progress->exit_fd >= 0)
        close(progress->exit_fd);
    if (!progress->is_over &&
        !connection_send(progress->connection, "hangup", progress->call, NULL))
        progress->is_over = true;
}

/* Also while the program runs: the daemon drops whoever does not read, and with it the call. NULL:
 * the connection is gone. */
static json_t *next_event(struct progress *progress)
{
    while (progress->child) {
        struct pollfd fds[] = {
            { .fd = connection_descriptor(progress->connection), .events = POLLIN },
            { .fd = progress->exit_fd, .events = POLLIN },
        };
        connection_limit(progress->connection, 0);
        json_t *event = connection_receive(progress->connection);
        if (event || !connection_has_timed_out(progress->connection))
            return event;
        if (progress->exit_fd >= 0)
            (void)poll(fds, sizeof(fds) / sizeof(*fds), -1);
        if (progress->exit_fd < 0 || fds[1].revents)
            finish_program(progress);
    }
    connection_limit(progress->connection, INFINITY);
    return connection_receive(progress->connection);
}

/* The program at the first sound with --early, else at the answer. */
static void start(struct progress *progress, const struct options *options, const json_t *event)
{
    if (!options->program) {
        progress->status = EXIT_DONE;
        return;
    }
    if (progress->has_run)
        return;
    progress->has_run = true;
    progress->status = EXIT_CANNOT_RUN;
    progress->child = start_program(options->program, event, progress->call);
    progress->exit_fd = progress->child ? pidfd_open(progress->child, 0) : -1;
    if (!progress->child)
        (void)!connection_send(progress->connection, "hangup", progress->call, NULL);
}

static int follow(struct connection *connection, const struct options *options, const char *call)
{
    struct progress progress = { .connection = connection,
                                 .call = call,
                                 .status = EXIT_NOT_REACHED };
    json_t *event;
    while (!progress.is_over && (event = next_event(&progress))) {
        bool is_early = strcmp(text_of(event, "early"), call) == 0 && options->program;
        if (is_early || connection_is_event(event, "answered", call)) {
            start(&progress, options, event);
        } else if (connection_is_event(event, "ended", call)) {
            progress.is_over = true;
            if (progress.status == EXIT_NOT_REACHED && !progress.has_run)
                say_why(event);
        }
        print_event(options, event);
        json_decref(event);
    }
    if (!progress.is_over && progress.status == EXIT_NOT_REACHED)
        (void)verb_lost();
    progress.is_over = true;
    if (progress.child)
        finish_program(&progress);
    return progress.status;
}

static bool append(char *args, const char *word)
{
    size_t length = strlen(args);
    int written = snprintf(args + length, ARGS_BYTES - length, "%s%s", length ? " " : "", word);
    return written >= 0 && length + (size_t)written < ARGS_BYTES;
}

/* --detach HOOK as the daemon wants it: by the whole path. */
static bool append_hook(char *args, const char *hook)
{
    char path[PATH_MAX];
    if (!verb_is_one_word(hook) || (hook[0] != '/' && !realpath(hook, path)))
        return false;
    return append(args, "--detach") && append(args, "--hook") &&
           append(args, hook[0] == '/' ? hook : path);
}

static bool join(const struct options *options, char *args, bool *is_detached)
{
    bool is_fine = true;
    args[0] = '\0';
    *is_detached = false;
    for (int i = 0; is_fine && i < options->word_count; i++) {
        if (strcmp(options->words[i], "--detach") != 0) {
            is_fine = verb_is_one_word(options->words[i]) && append(args, options->words[i]);
            continue;
        }
        *is_detached = true;
        is_fine = i + 1 < options->word_count && append_hook(args, options->words[++i]);
    }
    return is_fine && !(*is_detached && options->program);
}

int dial_show(struct connection *connection, const struct options *options)
{
    char args[ARGS_BYTES];
    bool is_detached;
    int status;
    if (!join(options, args, &is_detached)) {
        fputs("usage: offhookctl dial [--ring S] [--wait S] [--from ID] [--early]\n"
              "       NUMBER|URI [-- PROGRAM [ARG...]] | --detach HOOK NUMBER|URI;\n"
              "       HOOK is an executable file\n",
              stderr);
        return EXIT_USAGE;
    }
    if (!verb_may_send(args))
        return EXIT_USAGE;
    if (!connection_send(connection, "dial", NULL, args))
        return verb_lost();
    json_t *answer = verb_answer(connection, &status);
    const char *call = json_string_value(json_object_get(answer, "call"));
    if (call && is_detached && options->is_json)
        output_json(answer);
    else if (call && is_detached)
        puts(call);
    else if (call)
        status = follow(connection, options, call);
    json_decref(answer);
    return status;
}
