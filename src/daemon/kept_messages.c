// SPDX-License-Identifier: ISC
#include "daemon/kept_messages.h"

#include "hook/environment.h"
#include "io/file.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_IS      "file="
#define DIRECTORY_IS "OFFHOOK_DIR="
#define HOME_IS      "HOME="

enum {
    PATH_BYTES = 4096,
    FILE_BYTES = 64 * 1024, // the variables and the text
    LOOK_MS = 5000          // whether somebody has taken away what was given up
};

struct kept_messages {
    char folder[PATH_BYTES];
    uint32_t given_up[LIMIT_HOOK_KEPT];
    size_t given_up_count;
    size_t count; // of the files
    time_ms look_at;
    char failure[256]; // "" while all could be kept
};

struct kept_messages *kept_messages_new(const char *state_dir)
{
    struct kept_messages *kept = memory_new(sizeof(*kept));
    snprintf(kept->folder, sizeof(kept->folder), "%.3000s/messages", state_dir);
    if (file_make_folder(kept->folder) != STATUS_OK)
        LOG(ERROR, "text messages cannot be kept until their hooks are done",
            TEXT("folder", kept->folder), TEXT("why", strerror(errno)));
    return kept;
}

static void path_of(const struct kept_messages *kept, uint32_t number, char path[PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "%.3000s/%u", kept->folder, number);
}

static bool is_given_up(const struct kept_messages *kept, uint32_t number)
{
    for (size_t i = 0; i < kept->given_up_count; i++)
        if (kept->given_up[i] == number)
            return true;
    return false;
}

static enum status fail(struct kept_messages *kept, enum status status, const char *why)
{
    if (strcmp(kept->failure, why) != 0)
        LOG(ERROR, "a text message or the end of a call cannot be kept",
            TEXT("folder", kept->folder), TEXT("why", why));
    snprintf(kept->failure, sizeof(kept->failure), "%s", why);
    return status;
}

/* The right to command a call is of no use to the next process. */
static void write_content(struct buffer *content, char *const *environment, struct slice body,
                          const char *file)
{
    if (file)
        buffer_append_format(content, FILE_IS "%s\n", file);
    for (char *const *variable = environment; *variable; variable++)
        if (!strchr(*variable, '\n') && strncmp(*variable, "OFFHOOK_TOKEN=", 14) != 0)
            buffer_append_format(content, "%s\n", *variable);
    buffer_append_byte(content, '\n');
    buffer_append(content, body);
}

static enum status keep(struct kept_messages *kept, uint32_t number, char *const *environment,
                        struct slice body, const char *file)
{
    struct buffer content;
    char name[16];
    if (kept->count >= (file ? LIMIT_HOOK_KEPT / 2 : LIMIT_HOOK_KEPT))
        return fail(kept, STATUS_REFUSED, "too many wait for their hooks already");
    buffer_init(&content, FILE_BYTES);
    write_content(&content, environment, body, file);
    snprintf(name, sizeof(name), "%u", number);
    errno = EFBIG;
    enum status status = buffer_status(&content);
    if (status == STATUS_OK)
        status = file_replace(kept->folder, name, buffer_slice(&content));
    buffer_free(&content);
    if (status != STATUS_OK)
        return fail(kept, STATUS_SYSTEM, strerror(errno));
    kept->count++;
    kept->failure[0] = '\0';
    return STATUS_OK;
}

enum status kept_messages_keep(struct kept_messages *kept, uint32_t number,
                               char *const *environment, struct slice body)
{
    return keep(kept, number, environment, body, NULL);
}

const char *kept_messages_failure(const struct kept_messages *kept)
{
    return kept->failure[0] ? kept->failure : NULL;
}

static void forget(struct kept_messages *kept, const char *path)
{
    kept->failure[0] = '\0'; /* there is room again */
    if (unlink(path) == 0)
        kept->count--;
    else if (errno != ENOENT)
        LOG(ERROR, "a text message that is done cannot be removed", TEXT("file", path),
            TEXT("why", strerror(errno)));
}

void kept_messages_carry_out(struct kept_messages *kept, const struct hook_output *output)
{
    char path[PATH_BYTES];
    path_of(kept, output->kept, path);
    if (output->kind == HOOK_KEEP) {
        (void)!keep(kept, output->kept, output->environment, output->body, output->file);
    } else if (output->kind == HOOK_KEPT_DONE) {
        if (!is_given_up(kept, output->kept))
            forget(kept, path);
    } else if (output->kind == HOOK_GIVEN_UP && !is_given_up(kept, output->kept)) {
        LOG(ERROR, "a hook has failed too often; what it was told is kept", TEXT("file", path));
        if (kept->given_up_count < LIMIT_HOOK_KEPT)
            kept->given_up[kept->given_up_count++] = output->kept;
    }
}

static char *text_new(const char *name, struct slice value)
{
    size_t length = strlen(name);
    char *text = memory_new(length + value.length + 1);
    memcpy(text, name, length);
    memcpy(text + length, value.data, value.length);
    return text;
}

/* Its call's folder has gone with the process. *file becomes NULL when the hooks begin anew. */
static char **read_environment(struct slice *content, const char *directory, char **file)
{
    char **environment = memory_new((LIMIT_HOOK_VALUE + 3) * sizeof(*environment));
    size_t count = 0;
    struct slice line;
    *file = NULL;
    while (content->length && (line = slice_cut(*content, '\n', content)).length) {
        if (slice_starts_with(line, slice_of(FILE_IS)) && !*file)
            *file = text_new("", slice_skip(line, sizeof(FILE_IS) - 1));
        else if (count < LIMIT_HOOK_VALUE && !slice_starts_with(line, slice_of(DIRECTORY_IS)) &&
                 !slice_starts_with(line, slice_of(HOME_IS)))
            environment[count++] = text_new("", line);
    }
    environment[count++] = text_new(DIRECTORY_IS, slice_of(directory));
    environment[count++] = text_new(HOME_IS, slice_of(directory));
    return environment;
}

static enum event_kind kind_of(char *const *environment)
{
    enum event_kind kind;
    const char *name = hook_environment_value(environment, "OFFHOOK_EVENT");
    return name && event_kind_from_text(slice_of(name), &kind) ? kind : EVENT_MESSAGE;
}

static void take_up(const struct kept_messages *kept, time_ms now, struct hook_queue *queue,
                    const char *directory, uint32_t number)
{
    struct buffer content = { .data = NULL };
    char path[PATH_BYTES];
    path_of(kept, number, path);
    if (file_read(path, FILE_BYTES, &content) != STATUS_OK) {
        LOG(ERROR, "a text message that was kept cannot be read", TEXT("file", path));
    } else {
        struct slice rest = buffer_slice(&content);
        char *file;
        char **environment = read_environment(&rest, directory, &file);
        LOG(NOTICE, "a hook was not done with what it was told: it is run again",
            TEXT("file", path));
        hook_queue_event_kept(queue, now, kind_of(environment), environment, rest, number, file);
        free(file);
    }
    buffer_free(&content);
}

static int compare_numbers(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

void kept_messages_take_up(struct kept_messages *kept, time_ms now, struct hook_queue *queue,
                           const char *directory)
{
    bool is_cut;
    uint64_t number;
    size_t count = 0;
    char **names = file_names_new(kept->folder, LIMIT_HOOK_KEPT, &is_cut);
    uint32_t *numbers = memory_new((LIMIT_HOOK_KEPT + 1) * sizeof(*numbers));
    for (char **name = names; *name; name++)
        if (slice_to_number(slice_of(*name), UINT32_MAX - 1, &number) == STATUS_OK)
            numbers[count++] = (uint32_t)number;
    kept->count = count;
    qsort(numbers, count, sizeof(*numbers), compare_numbers);
    for (size_t i = 0; i < count; i++)
        take_up(kept, now, queue, directory, numbers[i]);
    if (is_cut)
        LOG(ERROR, "more text messages are kept than are taken up", TEXT("folder", kept->folder));
    free(numbers);
    file_names_free(names);
}

size_t kept_messages_given_up(struct kept_messages *kept)
{
    size_t left = 0;
    for (size_t i = 0; i < kept->given_up_count; i++) {
        char path[PATH_BYTES];
        path_of(kept, kept->given_up[i], path);
        if (access(path, F_OK) == 0)
            kept->given_up[left++] = kept->given_up[i];
        else
            kept->count--;
    }
    return kept->given_up_count = left;
}

void kept_messages_watch(struct kept_messages *kept, time_ms now)
{
    if (!kept->given_up_count || now < kept->look_at)
        return;
    kept->look_at = now + LOOK_MS;
    (void)kept_messages_given_up(kept);
}

size_t kept_messages_undelivered(const struct kept_messages *kept)
{
    return kept->given_up_count;
}

const char *kept_messages_folder(const struct kept_messages *kept)
{
    return kept->folder;
}

void kept_messages_free(struct kept_messages *kept)
{
    free(kept);
}
