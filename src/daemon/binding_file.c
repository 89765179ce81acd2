// SPDX-License-Identifier: ISC
#include "daemon/binding_file.h"

#include "io/clock.h"
#include "io/file.h"
#include "util/limits.h"
#include "util/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    PATH_BYTES = 4096
};

static const char name[] = "binding";

static void path_of(const char *state_dir, char *path)
{
    snprintf(path, PATH_BYTES, "%.3000s/%s", state_dir, name);
}

static bool write_file(const char *state_dir, struct slice text)
{
    char path[PATH_BYTES];
    path_of(state_dir, path);
    if (text.length)
        return file_replace(state_dir, name, text) == STATUS_OK;
    return unlink(path) == 0 || errno == ENOENT;
}

void binding_file_keep(const char *state_dir, const struct agent *agent, time_ms now)
{
    struct buffer text;
    buffer_init(&text, LIMIT_CALL_RECORD);
    agent_write_binding(agent, now, clock_wall(), &text);
    if (!write_file(state_dir, buffer_slice(&text)))
        LOG(WARNING,
            "the registration cannot be kept on disk: after a crash the registrar may have "
            "one of before, too",
            TEXT("folder", state_dir), TEXT("why", strerror(errno)));
    buffer_free(&text);
}

void binding_file_take_up(const char *state_dir, struct agent *agent, time_ms now)
{
    char path[PATH_BYTES];
    struct buffer text = { .data = NULL };
    path_of(state_dir, path);
    if (access(path, F_OK) != 0)
        return;
    if (file_read(path, LIMIT_CALL_RECORD, &text) != STATUS_OK ||
        agent_restore_binding(agent, now, clock_wall(), buffer_slice(&text)) != STATUS_OK)
        file_set_aside(path, "no record of a registration: set aside",
                       "it cannot be read, or is none");
    buffer_free(&text);
}
