// SPDX-License-Identifier: ISC
#include "ctl/sound.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM "offhookctl-sound"

const bool sound_is_here = false;

/* In the folder where it was built, beside us; else where it was installed. */
static bool is_beside(char path[PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - sizeof("/" PROGRAM));
    if (length <= 0)
        return false;
    path[length] = '\0';
    char *slash = strrchr(path, '/');
    memcpy(slash ? slash : path, "/" PROGRAM, sizeof("/" PROGRAM));
    return access(path, X_OK) == 0;
}

static int become(const struct options *options)
{
    char path[PATH_MAX];
    const char *program = is_beside(path) ? path : PKGLIBEXECDIR "/" PROGRAM;
    execv(program, options->argv);
    fprintf(stderr, "offhookctl: %s: %s\n", program, strerror(errno));
    return EXIT_USAGE;
}

int sound_play(struct connection *connection, const struct options *options)
{
    (void)connection;
    return become(options);
}

int sound_record(struct connection *connection, const struct options *options)
{
    (void)connection;
    return become(options);
}

int sound_ask(struct connection *connection, const struct options *options)
{
    (void)connection;
    return become(options);
}
