// SPDX-License-Identifier: ISC
// offhookctl: the verbs of the daemon for shells, operators and programs.
#include "build_config.h"

#include "ctl/configuration.h"
#include "ctl/connection.h"
#include "ctl/output.h"
#include "ctl/sound.h"
#include "ctl/verbs.h"
#include "util/memory.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ARGS_BYTES = 4096,
    HELP_COLUMN = 42
};

#define DEFAULT_SOCKET "/run/offhookd/control"

static void print_help(void)
{
    const struct verb *verb;
    puts("usage: offhookctl [--socket PATH] [--call ID] [--json] VERB [ARG...]\n");
    for (unsigned i = 0; (verb = verb_at(i)); i++) {
        char left[96];
        snprintf(left, sizeof(left), "%s %s", verb->name, verb->usage);
        if (strlen(left) > HELP_COLUMN)
            printf("  %s\n  %-*s %s\n", left, HELP_COLUMN, "", verb->help);
        else
            printf("  %-*s %s\n", HELP_COLUMN, left, verb->help);
    }
}

/* The words as one line; false when they do not fit. */
static bool join_words(char **words, int count, char *text)
{
    size_t length = 0;
    text[0] = '\0';
    for (int i = 0; i < count; i++) {
        size_t size = strlen(words[i]);
        if (length + size + 2 > ARGS_BYTES)
            return false;
        if (i)
            text[length++] = ' ';
        memcpy(text + length, words[i], size + 1);
        length += size;
    }
    return true;
}

static bool is_word_of_verb(const struct verb *verb, int count)
{
    return count == 0 || (verb->flags & VERB_WORDS);
}

static bool are_exact(char *const *words, int count)
{
    for (int i = 0; i < count; i++)
        if (!verb_is_one_word(words[i]))
            return false;
    return true;
}

static int say_no_verb(const char *name)
{
    const char *meant = verb_resembling(name);
    if (meant)
        output_print(stderr, "offhookctl: there is no verb %s: did you mean %s?", name, meant);
    else
        output_print(stderr, "offhookctl: there is no verb %s; see offhookctl --help", name);
    return EXIT_USAGE;
}

/* What is wrong stands last, where it is seen; getopt has said it. */
static int say_usage(void)
{
    fputs("usage: offhookctl [--socket PATH] [--call ID] [--json] VERB [ARG...]; "
          "see offhookctl --help\n",
          stderr);
    return EXIT_USAGE;
}

static int run(const char *socket, struct options *options, char **words, int count)
{
    char args[ARGS_BYTES] = "";
    const struct verb *verb = verb_find(words[0]);
    if (!verb)
        return say_no_verb(words[0]);
    if ((verb->flags & VERB_NAMES_CALL) && count == 2) {
        options->call = words[1];
        count = 1;
    }
    if (!is_word_of_verb(verb, count - 1) ||
        (!(verb->flags & VERB_OWN) && !join_words(words + 1, count - 1, args))) {
        fprintf(stderr, "usage: offhookctl %s %s\n", verb->name, verb->usage);
        return EXIT_USAGE;
    }
    if ((verb->flags & VERB_EXACT) && !are_exact(words + 1, count - 1))
        return EXIT_USAGE;
    if (verb == verb_find("check") && count == 2)
        return configuration_check_file(words[1]);
    options->words = words + 1;
    options->word_count = count - 1;
    if ((verb->flags & VERB_LOCAL) || ((verb->flags & VERB_SOUND) && !sound_is_here))
        return verb->show(NULL, options);
    struct connection *connection = connection_open(socket);
    if (!connection)
        return EXIT_UNREACHABLE;
    int status = verb_run(verb, connection, options, args);
    connection_close(connection);
    return status;
}

/* Whether the word at `index`, behind the verb, is the first of those that are none of ours. */
static bool is_foreign(unsigned flags, char **argv, int index)
{
    if (strcmp(argv[index], "--") == 0)
        return !(flags & VERB_BEHIND);
    bool is_value = index > 1 && strcmp(argv[index - 1], "--rate") == 0;
    return (flags & VERB_PROGRAM) && argv[index][0] != '-' && !is_value;
}

/* The number of words that it took: 0 when it is none of our own options. */
static int take_option(char **argv, int count, struct options *options)
{
    bool has_value = count > 1;
    if (strcmp(argv[0], "--json") == 0)
        options->is_json = true;
    else if (strcmp(argv[0], "--raw") == 0)
        options->is_raw = true;
    else if (strcmp(argv[0], "--call") == 0 && has_value)
        options->call = argv[1];
    else if (strcmp(argv[0], "--pcap") == 0 && has_value)
        options->pcap = argv[1];
    else
        return 0;
    return strcmp(argv[0], "--call") == 0 || strcmp(argv[0], "--pcap") == 0 ? 2 : 1;
}

/* --json and --call may stand behind the verb, too; not among the words of a program, nor behind
 * "--", where dial has its program and others have what looks like an option. */
static int take_words(char **argv, int count, struct options *options, char **words)
{
    const struct verb *verb = count ? verb_find(argv[0]) : NULL;
    unsigned flags = verb ? verb->flags : 0;
    int taken = 0;
    int next = 0;
    while (next < count && (next == 0 || !is_foreign(flags, argv, next))) {
        int used = take_option(argv + next, count - next, options);
        if (!used && strcmp(argv[next], "--") == 0) {
            options->program = next + 1 < count ? &argv[next + 1] : NULL;
            return taken;
        }
        if (!used)
            words[taken++] = argv[next];
        next += used ? used : 1;
    }
    while (next < count)
        words[taken++] = argv[next++];
    return taken;
}

int main(int argc, char **argv)
{
    static const struct option known[] = {
        { "socket", required_argument, NULL, 's' }, { "call", required_argument, NULL, 'c' },
        { "json", no_argument, NULL, 'j' },         { "version", no_argument, NULL, 'v' },
        { "help", no_argument, NULL, 'h' },         { NULL, 0, NULL, 0 },
    };
    struct options options = { .argv = argv, .call = getenv("OFFHOOK_CALL") };
    const char *socket = DEFAULT_SOCKET;
    int option;
    while ((option = getopt_long(argc, argv, "+h", known, NULL)) != -1) {
        switch (option) {
        case 's':
            socket = optarg;
            setenv("OFFHOOK_SOCKET", socket, 1);
            break;
        case 'c':
            options.call = optarg;
            break;
        case 'j':
            options.is_json = true;
            break;
        case 'v':
            puts("offhookctl " PACKAGE_VERSION);
            return EXIT_DONE;
        case 'h':
            print_help();
            return EXIT_DONE;
        default:
            return say_usage();
        }
    }
    char **words = memory_new(((size_t)argc + 1) * sizeof(*words));
    int count = take_words(argv + optind, argc - optind, &options, words);
    int status = count ? run(socket, &options, words, count) : say_usage();
    free(words);
    if (status != EXIT_DONE || (!ferror(stdout) && fflush(stdout) == 0))
        return status;
    fputs("offhookctl: standard output cannot be written\n", stderr);
    return EXIT_USAGE;
}
