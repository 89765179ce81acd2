// SPDX-License-Identifier: ISC
#include "ctl/completion.h"

#include <stdio.h>
#include <string.h>

static const char events[] =
    "incoming outgoing answered dtmf hold resume ended message mwi transfer "
    "online offline";
static const char levels[] = "error warning notice info debug";

static void print_verbs(const char *separator)
{
    const struct verb *verb;
    for (unsigned i = 0; (verb = verb_at(i)); i++)
        printf("%s%s", i ? separator : "", verb->name);
}

/* The verbs whose word is a call that is up. */
static bool is_of_calls(const struct verb *verb)
{
    return verb->flags & (VERB_NAMES_CALL | VERB_OTHER_CALL);
}

static bool is_of_files(const struct verb *verb)
{
    return verb->flags & VERB_FILES;
}

static void print_some(bool (*is_wanted)(const struct verb *), const char *separator)
{
    const struct verb *verb;
    bool is_first = true;
    for (unsigned i = 0; (verb = verb_at(i)); i++) {
        if (!is_wanted(verb))
            continue;
        printf("%s%s", is_first ? "" : separator, verb->name);
        is_first = false;
    }
}

static void print_bash(void)
{
    fputs("_offhookctl() {\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words\n"
          "    case $before in\n"
          "    --call|--to|",
          stdout);
    print_some(is_of_calls, "|");
    printf(") words=$(offhookctl calls --json 2>/dev/null |\n"
           "        sed -n 's/.*\"call\":\"\\([^\"]*\\)\".*/\\1/p') ;;\n"
           "    test) words='%s' ;;\n"
           "    log) words='%s' ;;\n"
           "    completion) words='bash zsh fish' ;;\n"
           "    ",
           events, levels);
    print_some(is_of_files, "|");
    fputs("|--socket|--pcap|--)\n"
          "        COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n"
          "    *)\n"
          "        case ${COMP_WORDS[1]} in\n"
          "        ",
          stdout);
    print_some(is_of_files, "|");
    fputs(") [ \"${word#-}\" != \"$word\" ] ||\n"
          "            { COMPREPLY=($(compgen -f -- \"$word\")); return; } ;;\n"
          "        esac\n"
          "        [ \"$COMP_CWORD\" = 1 ] || [ \"${word#-}\" != \"$word\" ] ||\n"
          "            [ \"$COMP_CWORD\" = 3 ] || return\n"
          "        words='--call --socket --json --help ",
          stdout);
    print_verbs(" ");
    fputs("' ;;\n"
          "    esac\n"
          "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
          "}\n"
          "complete -F _offhookctl offhookctl\n",
          stdout);
}

static void print_zsh(void)
{
    const struct verb *verb;
    fputs("#compdef offhookctl\n"
          "_offhookctl() {\n"
          "    local -a verbs calls\n"
          "    verbs=(\n",
          stdout);
    for (unsigned i = 0; (verb = verb_at(i)); i++)
        printf("        '%s:%s'\n", verb->name, verb->help);
    fputs("    )\n"
          "    calls=(${(f)\"$(offhookctl calls --json 2>/dev/null |\n"
          "        sed -n 's/.*\"call\":\"\\([^\"]*\\)\".*/\\1/p')\"})\n"
          "    if (( CURRENT == 2 )); then\n"
          "        _describe verb verbs\n"
          "        return\n"
          "    fi\n"
          "    case $words[CURRENT-1] in\n"
          "    --call|--to|",
          stdout);
    print_some(is_of_calls, "|");
    printf(") compadd -a calls ;;\n"
           "    test) compadd %s ;;\n"
           "    log) compadd %s ;;\n"
           "    completion) compadd bash zsh fish ;;\n"
           "    *) _files ;;\n"
           "    esac\n"
           "}\n"
           "compdef _offhookctl offhookctl\n",
           events, levels);
}

static void print_fish(void)
{
    const struct verb *verb;
    fputs("function __offhookctl_calls\n"
          "    offhookctl calls --json 2>/dev/null | string replace -rf "
          "'.*\"call\":\"([^\"]*)\".*' '$1'\n"
          "end\n"
          "complete -c offhookctl -f\n"
          "complete -c offhookctl -l call -x -a '(__offhookctl_calls)'\n"
          "complete -c offhookctl -l socket -r -F\n"
          "complete -c offhookctl -l json\n",
          stdout);
    for (unsigned i = 0; (verb = verb_at(i)); i++)
        printf("complete -c offhookctl -n __fish_use_subcommand -a %s -d '%s'\n", verb->name,
               verb->help);
    fputs("complete -c offhookctl -n '__fish_seen_subcommand_from ", stdout);
    print_some(is_of_calls, " ");
    printf("' -a '(__offhookctl_calls)'\n"
           "complete -c offhookctl -n '__fish_seen_subcommand_from test' -a '%s'\n"
           "complete -c offhookctl -n '__fish_seen_subcommand_from log' -a '%s'\n"
           "complete -c offhookctl -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\n"
           "complete -c offhookctl -n '__fish_seen_subcommand_from ",
           events, levels);
    print_some(is_of_files, " ");
    fputs("' -F\n", stdout);
}

int completion_show(struct connection *connection, const struct options *options)
{
    static const struct {
        const char *shell;
        void (*print)(void);
    } shells[] = { { "bash", print_bash }, { "zsh", print_zsh }, { "fish", print_fish } };
    (void)connection;
    for (size_t i = 0; options->word_count == 1 && i < sizeof(shells) / sizeof(*shells); i++) {
        if (strcmp(options->words[0], shells[i].shell) != 0)
            continue;
        shells[i].print();
        return EXIT_DONE;
    }
    fputs("usage: offhookctl completion bash|zsh|fish\n", stderr);
    return EXIT_USAGE;
}
