// SPDX-License-Identifier: ISC
// What offhookctl can do: one row a verb. Those on a call go to the daemon as they are.
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct options {
    char **argv;      // all words, as they came
    const char *call; // --call, else $OFFHOOK_CALL
    bool is_json;
    char *const *program; // dial: behind "--"; NULL when there is none
    char **words;         // behind the verb
    int word_count;
    bool is_raw;      // trace
    const char *pcap; // trace: the file to write; NULL: none
};

enum exit_code {
    EXIT_DONE = 0,
    EXIT_NO = 1,
    EXIT_USAGE = 2,
    EXIT_OVER = 3,
    EXIT_REFUSED = 4,
    EXIT_FAR_END = 5,
    EXIT_UNREACHABLE = 6,
    EXIT_NOT_REACHED = 125,
};

struct connection;

enum verb_flag {
    VERB_ON_CALL = 1,       // wants a call
    VERB_WORDS = 2,         // takes words
    VERB_OWN = 4,           // `show` sends what it needs
    VERB_LOCAL = 8,         // needs no daemon; VERB_OWN too
    VERB_CALL_TOO = 16,     // takes a call, if one is given
    VERB_FILES = 32,        // its words are files
    VERB_PROGRAM = 64,      // the first word that is no option is a program, the others are its own
    VERB_BEHIND = 128,      // the program stands behind "--"
    VERB_SOUND = 256,       // of sound.h
    VERB_EXACT = 512,       // each of its words is one for the daemon, too
    VERB_NAMES_CALL = 1024, // its one word may be the call
    VERB_OTHER_CALL = 2048  // its word is another call
};

struct verb {
    const char *name;
    const char *usage; // for people
    const char *help;  // likewise
    // NULL: a plain command; its answer is only yes or no.
    int (*show)(struct connection *connection, const struct options *options);
    unsigned flags; // of enum verb_flag
};

const struct verb *verb_find(const char *name);
const struct verb *verb_at(unsigned index);
// What may have been meant by a name that is none; NULL: nobody knows.
const char *verb_resembling(const char *name);
// The daemon's answer, to be released; NULL with the exit status in *status when it is missing, or
// a refusal, which has been said on standard error.
json_t *verb_answer(struct connection *connection, int *status);
// The same of an answer that has been received already, which is released or returned; NULL: there
// was none.
json_t *verb_judge(json_t *answer, int *status);
// Sends a command without args and gives the answer to it, as above; `call` may be NULL.
json_t *verb_ask(struct connection *connection, const char *command, const char *call, int *status);
// False, which has been said, for what JSON cannot carry.
bool verb_may_send(const char *text);
// False, which has been said, for a word that the daemon would not take for one.
bool verb_is_one_word(const char *word);
// Says that the connection is gone; the exit status of that.
int verb_lost(void);
// Sends it, waits, prints, and gives the exit status.
int verb_run(const struct verb *verb, struct connection *connection, const struct options *options,
             const char *args);
