// SPDX-License-Identifier: ISC
#include "ctl/configuration.h"

#include "ctl/output.h"
#include "util/buffer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    LINE_BYTES = 8192
};

/* False when there are none. */
static bool print_keys(const json_t *answer, const char *name, const char *heading)
{
    const json_t *keys = json_object_get(answer, name);
    if (!json_array_size(keys))
        return false;
    struct buffer line;
    buffer_init(&line, LINE_BYTES);
    for (size_t i = 0; i < json_array_size(keys); i++) {
        buffer_append_text(&line, i ? ", " : " ");
        buffer_append_text(&line, json_string_value(json_array_get(keys, i)));
    }
    output_print(stdout, "%s%.*s", heading, SLICE_PRINT(buffer_slice(&line)));
    buffer_free(&line);
    return true;
}

int configuration_show_changes(struct connection *connection, const struct options *options)
{
    int status;
    json_t *answer = verb_answer(connection, &status);
    if (answer && options->is_json) {
        output_json(answer);
    } else if (answer) {
        bool has_changed = print_keys(answer, "changed", "changed:");
        bool waits = print_keys(answer, "needs_restart", "needs a restart:");
        if (!has_changed && !waits)
            puts("nothing has changed");
    }
    json_decref(answer);
    return status;
}

int configuration_show_check(struct connection *connection, const struct options *options)
{
    int status;
    json_t *answer = verb_answer(connection, &status);
    if (answer && options->is_json)
        output_json(answer);
    else if (answer)
        puts("OK");
    json_decref(answer);
    return status;
}

int configuration_check_file(const char *file)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        execl(SBINDIR "/offhookd", "offhookd", "-c", file, "--check", (char *)NULL);
        execlp("offhookd", "offhookd", "-c", file, "--check", (char *)NULL);
        fprintf(stderr, "offhookctl: offhookd cannot be run: %s\n", strerror(errno));
        _exit(EXIT_USAGE);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (child < 0 || !WIFEXITED(status))
        return EXIT_REFUSED;
    return WEXITSTATUS(status) == 0 ? EXIT_DONE : EXIT_REFUSED;
}
