// SPDX-License-Identifier: ISC
#include "daemon/kept_messages.h"

#include "io/file.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PATH_BYTES = 4096,
    FILE_BYTES = 64 * 1024, // the variables and the text
    LOOK_MS = 5000          // whether somebody has taken away what was given up
};

struct kept_messages {
    char folder[PATH_BYTES];
    uint32_t given_up[LIMIT_HOOK_KEPT];
    size_t given_up_count;
    time_ms look_at;
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

/* The right to command a call is of no use to the next process. */
static void keep(const struct kept_messages *kept, const struct hook_output *output)
{
    struct buffer text;
    char name[16];
    buffer_init(&text, FILE_BYTES);
    for (char *const *variable = output->environment; *variable; variable++)
        if (!strchr(*variable, '\n') && strncmp(*variable, "OFFHOOK_TOKEN=", 14) != 0)
            buffer_append_format(&text, "%s\n", *variable);
    buffer_append_byte(&text, '\n');
    buffer_append(&text, output->body);
    snprintf(name, sizeof(name), "%u", output->kept);
    if (buffer_status(&text) != STATUS_OK ||
        file_replace(kept->folder, name, buffer_slice(&text)) != STATUS_OK)
        LOG(ERROR, "a text message is not kept: if its hook fails now, it is lost",
            TEXT("folder", kept->folder), TEXT("why", strerror(errno)));
    buffer_free(&text);
}

void kept_messages_carry_out(struct kept_messages *kept, const struct hook_output *output)
{
    char path[PATH_BYTES];
    path_of(kept, output->kept, path);
    if (output->kind == HOOK_KEEP) {
        keep(kept, output);
    } else if (output->kind == HOOK_KEPT_DONE) {
        if (!is_given_up(kept, output->kept) && unlink(path) != 0 && errno != ENOENT)
            LOG(ERROR, "a text message that is done cannot be removed", TEXT("file", path),
                TEXT("why", strerror(errno)));
    } else if (output->kind == HOOK_GIVEN_UP && !is_given_up(kept, output->kept)) {
        LOG(ERROR, "a text message could not be delivered; it is kept", TEXT("file", path));
        if (kept->given_up_count < LIMIT_HOOK_KEPT)
            kept->given_up[kept->given_up_count++] = output->kept;
    }
}

static char **read_environment(struct slice *content)
{
    char **environment = memory_new((LIMIT_HOOK_VALUE + 1) * sizeof(*environment));
    size_t count = 0;
    struct slice line;
    while (content->length && (line = slice_cut(*content, '\n', content)).length) {
        if (count == LIMIT_HOOK_VALUE)
            continue;
        char *text = memory_new(line.length + 1);
        memcpy(text, line.data, line.length);
        environment[count++] = text;
    }
    return environment;
}

static void take_up(const struct kept_messages *kept, time_ms now, struct hook_queue *queue,
                    uint32_t number)
{
    struct buffer content = { .data = NULL };
    char path[PATH_BYTES];
    path_of(kept, number, path);
    if (file_read(path, FILE_BYTES, &content) != STATUS_OK) {
        LOG(ERROR, "a text message that was kept cannot be read", TEXT("file", path));
    } else {
        struct slice rest = buffer_slice(&content);
        char **environment = read_environment(&rest);
        LOG(NOTICE, "a text message is not done yet: its hooks are run again", TEXT("file", path));
        hook_queue_event_kept(queue, now, EVENT_MESSAGE, environment, rest, number);
    }
    buffer_free(&content);
}

static int compare_numbers(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

void kept_messages_take_up(struct kept_messages *kept, time_ms now, struct hook_queue *queue)
{
    bool is_cut;
    uint64_t number;
    size_t count = 0;
    char **names = file_names_new(kept->folder, LIMIT_HOOK_KEPT, &is_cut);
    uint32_t *numbers = memory_new((LIMIT_HOOK_KEPT + 1) * sizeof(*numbers));
    for (char **name = names; *name; name++)
        if (slice_to_number(slice_of(*name), UINT32_MAX - 1, &number) == STATUS_OK)
            numbers[count++] = (uint32_t)number;
    qsort(numbers, count, sizeof(*numbers), compare_numbers);
    for (size_t i = 0; i < count; i++)
        take_up(kept, now, queue, numbers[i]);
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
