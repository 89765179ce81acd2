// SPDX-License-Identifier: ISC
// offhookd: options, configuration, the engine, and leaving cleanly.
#include "build_config.h"

#include "daemon/engine.h"
#include "daemon/log_sinks.h"
#include "util/log.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

enum {
    EXIT_CONFIG = 78,
    OPTIONS_MAX = 64
};

#define DEFAULT_FILE SYSCONFDIR "/offhookd/offhookd.conf"

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
            puts(PACKAGE_STRING);
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
    struct engine *engine = engine_new(config, source, &error);
    if (!engine) {
        LOG(ERROR, "cannot start", TEXT("why", error.text));
        return EXIT_FAILURE;
    }
    engine_run(engine);
    engine_free(engine);
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
    struct config *config = config_obtain(&source, &error);
    if (!config) {
        fprintf(stderr, "offhookd: %s\n", error.text);
        return EXIT_CONFIG;
    }
    if (!options.checks)
        return run(config, &source);
    printf("OK\n");
    config_free(config);
    return EXIT_SUCCESS;
}
