// SPDX-License-Identifier: ISC
#include "daemon/hook_runner.h"

#include "hook/environment.h"
#include "hook/hook_run.h"
#include "io/clock.h"
#include "io/file.h"
#include "io/pipe_stream.h"
#include "util/limits.h"
#include "util/line_reader.h"
#include "util/list.h"
#include "util/log.h"
#include "util/memory.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    PATH_BYTES = 4096,
    DRAIN_BYTES = 64 * 1024
};

struct running_hook {
    struct list_link link;
    struct hook_runner *runner;
    uint32_t run;
    char name[LIMIT_HOOK_FILE_NAME]; // relative to the folder
    char path[PATH_BYTES];
    char call[CALL_ID_LENGTH + 1];
    struct child_process *child;
    struct pipe_reader *output;
    struct pipe_reader *errors;
    struct line_reader output_lines;
    struct line_reader error_lines;
    unsigned logged;
};

struct hook_runner {
    struct loop *loop;
    struct child_reaper *reaper;
    struct hook_runner_settings settings;
    struct hook_queue *queue;
    struct list hooks;
};

static void hook_free(struct running_hook *hook);

struct hook_runner *hook_runner_new(struct loop *loop, struct child_reaper *reaper,
                                    const struct hook_runner_settings *settings,
                                    struct hook_queue *queue)
{
    struct hook_runner *runner = memory_new(sizeof(*runner));
    runner->loop = loop;
    runner->reaper = reaper;
    runner->settings = *settings;
    runner->queue = queue;
    list_init(&runner->hooks);
    return runner;
}

void hook_runner_reconfigure(struct hook_runner *runner,
                             const struct hook_runner_settings *settings)
{
    runner->settings = *settings;
}

const char *hook_runner_folder(const struct hook_runner *runner)
{
    return runner->settings.folder;
}

/* A script that is run by descriptor is named so by its shell. */
static struct slice named(const struct running_hook *hook, struct slice line, struct buffer *text)
{
    static const char prefix[] = "/proc/self/fd/";
    if (!slice_starts_with(line, slice_of(prefix)))
        return line;
    struct slice rest = slice_skip(line, sizeof(prefix) - 1);
    while (rest.length && ascii_is_digit(rest.data[0]))
        rest = slice_skip(rest, 1);
    buffer_append_text(text, hook->path);
    buffer_append(text, rest);
    return buffer_slice(text);
}

static void take_error_line(struct running_hook *hook, struct slice line)
{
    struct buffer text;
    buffer_init(&text, PATH_BYTES + LIMIT_HOOK_LINE);
    line = named(hook, line, &text);
    if (hook->logged++ < LIMIT_HOOK_LINES_LOGGED)
        LOG(INFO, "hook's standard error", TEXT("hook", hook->name), TEXT("call", hook->call),
            SLICE("line", line));
    hook_queue_error_line(hook->runner->queue, hook->run, line);
    buffer_free(&text);
}

static void take_lines(struct running_hook *hook, bool is_error, struct slice bytes)
{
    struct line_reader *reader = is_error ? &hook->error_lines : &hook->output_lines;
    struct slice line;
    enum status status;
    line_reader_append(reader, bytes);
    while ((status = line_reader_next(reader, &line)) != STATUS_NEED_MORE) {
        if (status != STATUS_OK)
            continue; /* a line beyond the limit says nothing we could obey */
        if (is_error)
            take_error_line(hook, line);
        else
            hook_queue_line(hook->runner->queue, clock_now(), hook->run, line);
    }
}

static void on_output(void *user, struct slice bytes)
{
    take_lines(user, false, bytes);
}

static void on_errors(void *user, struct slice bytes)
{
    take_lines(user, true, bytes);
}

/* Only the number of its group is of interest then. */
static void hook_is_left(struct running_hook *hook)
{
    pipe_reader_free(hook->output);
    pipe_reader_free(hook->errors);
    hook->output = NULL;
    hook->errors = NULL;
}

static void on_left_gone(void *user)
{
    struct running_hook *hook = user;
    struct hook_queue *queue = hook->runner->queue;
    uint32_t run = hook->run;
    hook->child = NULL;
    hook_free(hook);
    hook_queue_left_gone(queue, run);
}

static void hook_free(struct running_hook *hook)
{
    child_process_forget(hook->child);
    pipe_reader_free(hook->output);
    pipe_reader_free(hook->errors);
    line_reader_clear(&hook->output_lines);
    line_reader_clear(&hook->error_lines);
    list_remove(&hook->runner->hooks, &hook->link);
    free(hook);
}

/* What it wrote before its end counts; a child of its own that holds the pipe does not. */
static void on_exited(void *user, int exit_code, int signal)
{
    struct running_hook *hook = user;
    struct hook_runner *runner = hook->runner;
    uint32_t run = hook->run;
    pipe_reader_drain(hook->output, DRAIN_BYTES);
    pipe_reader_drain(hook->errors, DRAIN_BYTES);
    struct slice rest = line_reader_rest(&hook->output_lines);
    if (rest.length)
        hook_queue_line(runner->queue, clock_now(), run, rest);
    if (!hook_run_is_healthy(exit_code, true))
        LOG(WARNING, "hook failed", TEXT("hook", hook->name), TEXT("call", hook->call),
            NUMBER("exit", exit_code), NUMBER("signal", signal));
    if (hook->logged > LIMIT_HOOK_LINES_LOGGED)
        LOG(NOTICE, "hook has said more on its standard error than is logged",
            TEXT("hook", hook->name), NUMBER("lines", hook->logged));
    if (child_process_has_left(hook->child)) {
        hook_queue_left(runner->queue, clock_now(), run);
        hook_is_left(hook);
    } else {
        hook_free(hook);
    }
    hook_queue_exited(runner->queue, clock_now(), run, exit_code);
}

/* hooks/incoming is index 0, hooks/incoming.d/… follow in the order of their names. */
static bool find_name(const struct hook_runner *runner, const struct hook_output *output,
                      char name[LIMIT_HOOK_FILE_NAME])
{
    char folder[PATH_BYTES];
    char file[256];
    const char *whole = output->path ? output->path : output->file;
    if (whole || output->index == 0)
        return snprintf(name, LIMIT_HOOK_FILE_NAME, "%s", whole ? whole : output->name) <
               LIMIT_HOOK_FILE_NAME;
    snprintf(folder, sizeof(folder), "%s/%s.d", runner->settings.folder, output->name);
    if (output->index > LIMIT_HOOK_CHAIN ||
        !program_name_at(folder, output->index - 1, file, sizeof(file)))
        return false;
    return snprintf(name, LIMIT_HOOK_FILE_NAME, "%s.d/%s", output->name, file) <
           LIMIT_HOOK_FILE_NAME;
}

static int body_file(struct slice body)
{
    if (!body.length)
        return -1;
    int fd = memfd_create("offhook-body", MFD_CLOEXEC);
    if (fd >= 0 && (write(fd, body.data, body.length) != (ssize_t)body.length ||
                    lseek(fd, 0, SEEK_SET) != 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool spawn(struct hook_runner *runner, struct running_hook *hook, int program,
                  const struct hook_output *output, const struct hook_place *place)
{
    char path[PROGRAM_PATH_BYTES];
    char variable[PATH_BYTES + 16];
    char *argv[] = { path, (char *)event_kind_text(output->event), NULL };
    int out[2];
    int err[2];
    int error = errno;
    if (!pipe_open(out, 0))
        return false;
    if (!pipe_open(err, 0)) {
        close(out[0]);
        close(out[1]);
        return false;
    }
    /* A script's interpreter opens it again by this name: the file checked is the file run. */
    bool is_named = program_file_name(program, hook->path, runner->settings.owner, path);
    if (!is_named)
        snprintf(path, sizeof(path), "/proc/self/fd/%d", program);
    snprintf(variable, sizeof(variable), "OFFHOOK_HOOK=%s", hook->path);
    char **environment = hook_environment_with(output->environment, variable);
    int body = body_file(output->body);
    struct child_settings settings = {
        .path = path,
        .keep_fd = is_named ? -1 : program,
        .argv = argv,
        .envp = environment,
        .directory = place->directory,
        .mark_from = place->mark_from,
        .mark_to = place->mark_to,
        .stdin_fd = body,
        .stdout_fd = out[1],
        .stderr_fd = err[1],
        .hidden = runner->settings.hidden,
    };
    hook->child =
        child_process_new(runner->reaper, &settings, on_exited, on_left_gone, hook, &error);
    hook_environment_free(environment);
    if (body >= 0)
        close(body);
    close(out[1]);
    close(err[1]);
    hook->output = pipe_reader_new(runner->loop, out[0], on_output, hook);
    hook->errors = pipe_reader_new(runner->loop, err[0], on_errors, hook);
    errno = error;
    return hook->child != NULL;
}

static struct running_hook *hook_new(struct hook_runner *runner, const struct hook_output *output,
                                     const char *name, const char *path)
{
    struct running_hook *hook = memory_new(sizeof(*hook));
    hook->runner = runner;
    hook->run = output->run;
    snprintf(hook->name, sizeof(hook->name), "%s", name);
    snprintf(hook->path, sizeof(hook->path), "%s", path);
    snprintf(hook->call, sizeof(hook->call), "%s", output->call_id);
    line_reader_init(&hook->output_lines, LIMIT_HOOK_LINE);
    line_reader_init(&hook->error_lines, LIMIT_HOOK_LINE);
    list_append(&runner->hooks, &hook->link);
    return hook;
}

void hook_runner_make_folder(const char *directory)
{
    if (file_make_folder(directory) != STATUS_OK)
        LOG(ERROR, "the working folder cannot be made", TEXT("path", directory),
            TEXT("why", strerror(errno)));
}

/* Those of the hooks' folder are as safe as the folder; another one has been named by its path. */
static enum status open_program(const struct hook_runner *runner, bool is_ours, const char *path,
                                int *program, char why[PROGRAM_WHY_BYTES])
{
    uid_t owner = runner->settings.owner;
    char folder[PATH_BYTES];
    if (!is_ours)
        return program_file_open_linked(path, owner, program, why);
    enum status status = program_file_open(path, owner, program, why);
    if (status != STATUS_OK)
        return status;
    status = program_folder_check(runner->settings.folder, owner, why);
    snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(path, '/') - path), path);
    if (status == STATUS_OK && strcmp(folder, runner->settings.folder) != 0)
        status = program_folder_check(folder, owner, why);
    if (status != STATUS_OK)
        close(*program);
    return status;
}

static void cannot_start(struct hook_runner *runner, time_ms now, const struct hook_output *output,
                         const char *name, const char *why)
{
    LOG(ERROR, "hook is not run", TEXT("hook", name), TEXT("call", output->call_id),
        TEXT("why", why));
    hook_queue_failed(runner->queue, now, output->run, name, why);
}

bool hook_runner_start(struct hook_runner *runner, time_ms now, const struct hook_output *output,
                       const struct hook_place *place)
{
    char name[LIMIT_HOOK_FILE_NAME];
    char path[PATH_BYTES];
    char why[PROGRAM_WHY_BYTES] = "it is not there";
    int program = -1;
    if (!find_name(runner, output, name)) {
        hook_queue_absent(runner->queue, now, output->run);
        return false;
    }
    snprintf(path, sizeof(path), "%.3500s%s%s", output->path ? "" : runner->settings.folder,
             output->path ? "" : "/", name);
    enum status status = open_program(runner, !output->path, path, &program, why);
    if (status == STATUS_CLOSED && !output->path) {
        hook_queue_absent(runner->queue, now, output->run);
        return false;
    }
    if (status != STATUS_OK) {
        cannot_start(runner, now, output, name, why);
        return false;
    }
    struct running_hook *hook = hook_new(runner, output, name, path);
    bool is_started = spawn(runner, hook, program, output, place);
    if (!is_started) {
        program_file_explain(program, errno, why);
        hook_free(hook);
        cannot_start(runner, now, output, name, why);
    } else {
        LOG(DEBUG, "hook started", TEXT("file", path), TEXT("call", output->call_id),
            NUMBER("pid", child_process_pid(hook->child)));
        hook_queue_started(runner->queue, now, output->run, name);
    }
    close(program);
    return is_started;
}

enum status hook_runner_check(const struct hook_runner *runner, const char *path,
                              char why[PROGRAM_WHY_BYTES])
{
    int program;
    snprintf(why, PROGRAM_WHY_BYTES, "the hook is not there");
    enum status status = program_file_open_linked(path, runner->settings.owner, &program, why);
    if (status == STATUS_OK)
        close(program);
    return status;
}

void hook_runner_signal(struct hook_runner *runner, uint32_t run, int signal)
{
    list_for_each(link, &runner->hooks) {
        struct running_hook *hook = list_entry(link, struct running_hook, link);
        if (hook->run == run && hook->child) {
            LOG(NOTICE, "hook is sent a signal", TEXT("hook", hook->name), TEXT("call", hook->call),
                NUMBER("signal", signal));
            child_process_signal(hook->child, signal);
        }
    }
}

void hook_runner_free(struct hook_runner *runner)
{
    if (!runner)
        return;
    while (!list_is_empty(&runner->hooks)) {
        struct running_hook *hook =
            list_entry(list_first(&runner->hooks), struct running_hook, link);
        if (hook->child)
            child_process_signal(hook->child, SIGKILL);
        hook_free(hook);
    }
    free(runner);
}
