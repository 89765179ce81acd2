// SPDX-License-Identifier: ISC
// The audio of a call, as the daemon hands it out: pipes, and the events of the call beside them.
#pragma once

#include "ctl/verbs.h"

#include <stdint.h>

struct connection;

struct attachment {
    struct connection *connection; // borrowed
    const char *call;              // borrowed
    uint32_t rate;
    int hear;        // what the far end says; -1: not asked for
    int speak;       // what the far end hears; -1: not asked for, or closed
    bool is_over;    // the call
    bool is_lost;    // the connection
    bool is_flushed; // somebody has dropped what was queued
    char key[2];     // the first that was pressed since it was cleared; ""
};

enum attachment_line {
    ATTACHMENT_NOTHING, // in time
    ATTACHMENT_EVENT,   // which is noted above
    ATTACHMENT_ANSWER,
    ATTACHMENT_LOST
};

// `args` as the command `audio` has them; rate 0 is the daemon's own. EXIT_DONE, or the exit status
// after the reason has been said on standard error.
int attachment_open(struct attachment *attachment, struct connection *connection, const char *call,
                    const char *args, uint32_t rate);
// The next line within so many seconds; *answer is to be released.
enum attachment_line attachment_next(struct attachment *attachment, double seconds,
                                     json_t **answer);
// Notes all events that have come.
void attachment_notice(struct attachment *attachment);
// A command on the call and its answer, whatever it is, while events come; NULL: the connection is
// gone.
json_t *attachment_exchange(struct attachment *attachment, const char *command, const char *args);
// The same, judged as verb_judge does.
json_t *attachment_ask(struct attachment *attachment, const char *command, const char *args,
                       int *status);
// Says that the call is over; the exit status of that.
int attachment_say_over(void);
void attachment_close(struct attachment *attachment);
