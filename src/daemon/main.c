// SPDX-License-Identifier: ISC
// offhookd: options, configuration, the engine, and leaving cleanly.
#include "build_config.h"

#include "daemon/engine.h"
#include "daemon/hook_folder.h"
#include "daemon/log_sinks.h"
#include "daemon/notify.h"
#include "daemon/room.h"
#include "media/codec.h"
#include "util/log.h"

#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum {
    EXIT_CONFIG = 78,
    STRANGERS_BYTES = 4096,
    OPTIONS_MAX = 64
};

#define DEFAULT_FILE   SYSCONFDIR "/offhookd/offhookd.conf"
#define DEFAULT_SECRET SYSCONFDIR "/offhookd/offhookd.secret"
#define SERVICE_USER   "offhookd"

struct options {
    const char *file;
    const char *assignments[OPTIONS_MAX];
    size_t count;
    bool checks;
    bool writes_sample;
};

static void print_usage(FILE *file)
{
    fputs("usage: offhookd [-c FILE] [-o KEY=VALUE]... [--check] [--sample] [--version] [--help]\n",
          file);
}

/* Of all codecs those that this build has, or has not; the words before them only if there are. */
static void write_codecs(FILE *file, const char *words, bool are_available)
{
    bool is_first = true;
    for (enum codec codec = CODEC_NONE + 1; codec < CODEC_COUNT; codec++) {
        if (codec_is_available(codec) != are_available)
            continue;
        fprintf(file, "%s %s", is_first ? words : "", codec_name(codec));
        is_first = false;
    }
    if (!is_first)
        fputc('\n', file);
}

static void write_version(void)
{
    puts(PACKAGE_STRING);
    write_codecs(stdout, "codecs:", true);
    write_codecs(stdout, "built without:", false);
}

/* -1: go on; otherwise the exit status. */
static int read_options(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {
        { "check", no_argument, NULL, 'k' },
        { "sample", no_argument, NULL, 's' },
        { "version", no_argument, NULL, 'v' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int option;
    while ((option = getopt_long(argc, argv, "c:o:", known, NULL)) != -1) {
        switch (option) {
        case 'c':
            options->file = optarg;
            break;
        case 'o':
            if (options->count < OPTIONS_MAX)
                options->assignments[options->count++] = optarg;
            break;
        case 'k':
            options->checks = true;
            break;
        case 's':
            options->writes_sample = true;
            break;
        case 'v':
            write_version();
            return EXIT_SUCCESS;
        case 'h':
            print_usage(stdout);
            return EXIT_SUCCESS;
        default:
            print_usage(stderr);
            return 2;
        }
    }
    if (optind == argc)
        return -1;
    print_usage(stderr);
    return 2;
}

/* Takes `config` over. */
static int run(struct config *config, const struct config_source *source)
{
    struct config_error error;
    enum log_level level;
    if (log_level_from_text(slice_of(config->log_level), &level))
        log_set_level(level);
    prctl(PR_SET_DUMPABLE, 0);
    LOG(NOTICE, "offhookd starts", TEXT("version", PACKAGE_VERSION), TEXT("line", config->name));
    room_make(config);
    struct engine *engine = engine_new(config, source, &error);
    if (!engine) {
        LOG(ERROR, "cannot start", TEXT("why", error.text));
        return EXIT_FAILURE;
    }
    engine_run(engine);
    engine_free(engine);
    return EXIT_SUCCESS;
}

/* The unit runs the daemon as a user of its own, which cannot read all that root can. */
static bool become_service(const char *file)
{
    static const char folder[] = SYSCONFDIR "/offhookd/";
    bool is_units = strncmp(file, folder, sizeof(folder) - 1) == 0;
    const struct passwd *user = geteuid() == 0 && is_units ? getpwnam(SERVICE_USER) : NULL;
    if (!user)
        return false;
    return initgroups(SERVICE_USER, user->pw_gid) == 0 && setegid(user->pw_gid) == 0 &&
           seteuid(user->pw_uid) == 0;
}

/* Nothing is wrong with the configuration, but somebody wonders why a hook is not run. */
static void print_strangers(const char *folder)
{
    struct buffer lines;
    buffer_init(&lines, STRANGERS_BYTES);
    hook_folder_explain(folder, &lines);
    for (struct slice rest = buffer_slice(&lines); rest.length;) {
        struct slice line = slice_cut(rest, '\n', &rest);
        fprintf(stderr, "offhookd: in %s: %.*s\n", folder, SLICE_PRINT(line));
    }
    buffer_free(&lines);
}

/* What the unit would say of it. */
static int check(struct config_source *source)
{
    struct config_error error;
    bool is_root = geteuid() == 0;
    if (!getenv("CREDENTIALS_DIRECTORY") && access(DEFAULT_SECRET, F_OK) == 0)
        source->credential = DEFAULT_SECRET;
    bool is_service = become_service(source->file);
    struct config *config = config_obtain(source, &error);
    if (!config) {
        fprintf(stderr, "offhookd: %s%s\n", error.text,
                is_service ? " (as the user " SERVICE_USER ", as the unit reads it)" : "");
        return EXIT_CONFIG;
    }
    print_strangers(config->hooks_dir);
    for (size_t i = 0; i < config->audio_codecs.count; i++)
        if (!codec_is_available(codec_from_name(slice_of(config->audio_codecs.items[i]))))
            printf("audio.codecs: this build is without %s\n", config->audio_codecs.items[i]);
    config_free(config);
    puts(is_root && !is_service ? "as root sees it: OK" : "OK");
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct options options = { .file = DEFAULT_FILE };
    struct config_error error;
    int status = read_options(argc, argv, &options);
    if (status >= 0)
        return status;
    if (options.writes_sample) {
        config_write_sample(stdout);
        return EXIT_SUCCESS;
    }
    log_sinks_start();
    struct config_source source = {
        .file = options.file,
        .assignments = options.assignments,
        .assignment_count = options.count,
    };
    if (options.checks)
        return check(&source);
    struct config *config = config_obtain(&source, &error);
    if (config)
        return run(config, &source);
    fprintf(stderr, "offhookd: %s\n", error.text);
    notify_status(error.text); /* what `systemctl status` shows */
    return EXIT_CONFIG;
}
