// SPDX-License-Identifier: ISC
// The digits that the far end of a call presses: kept until somebody asks for them (type-ahead),
// collected for who asks, gathered into strings for the event `dtmf` when nobody does.
#pragma once

#include "util/limits.h"
#include "util/slice.h"
#include "util/status.h"
#include "util/time_ms.h"

// What is asked for. It is complete after `count` digits or when `until` comes, whichever is first,
// and after LIMIT_DIGITS_QUEUED in any case.
struct digit_request {
    uint32_t count;      // 0: as many as come
    char until;          // not part of what is collected; '\0': none
    uint32_t timeout_ms; // from the beginning, and again from each digit
    bool is_fresh;       // what was pressed before does not count
};

enum digit_output_kind {
    DIGITS_COMPLETE,  // what was asked for
    DIGITS_TIMED_OUT, // what has come of it
    DIGITS_STRING,    // nobody asked: a string has ended
};

struct digit_output {
    enum digit_output_kind kind;
    char digits[LIMIT_DIGITS_QUEUED + 1];
};

// Of a string that has not been told yet.
struct digit_told {
    char digit;
    bool is_ahead; // it may still be asked for
};

struct digit_collection {
    char ahead[LIMIT_DIGITS_QUEUED]; // nobody has taken them yet, the oldest first
    size_t ahead_count;
    size_t ahead_untold; // so many of them, the newest, are also in `string`
    uint64_t dropped;    // found no room, or came faster than a hand presses

    struct digit_told string[LIMIT_DIGITS_QUEUED];
    size_t string_count;
    time_ms string_ends_at;
    bool has_string_ended;

    bool is_asked;
    struct digit_request request;
    char asked[LIMIT_DIGITS_QUEUED + 1];
    size_t asked_count;
    time_ms give_up_at;
    bool is_complete;
    bool has_given_up;

    time_ms budget_at; // when the last digit was paid for
    uint32_t budget;   // digits that may still come, in thousandths
};

void digit_collection_init(struct digit_collection *collection, time_ms now);
// [0-9*#A-D]
bool digit_collection_is_digit(char byte);
// False: it came faster than LIMIT_DIGITS_PER_SECOND, and does not count.
MUST_USE bool digit_collection_add(struct digit_collection *collection, time_ms now, char digit);
// REFUSED while another request waits.
MUST_USE enum status digit_collection_ask(struct digit_collection *collection, time_ms now,
                                          const struct digit_request *request);
// Who asked has gone; what was collected for it goes with it.
void digit_collection_cancel(struct digit_collection *collection);
// No more digits will come: what was not told is told, who asks gets nothing more.
void digit_collection_end(struct digit_collection *collection);
void digit_collection_timeout(struct digit_collection *collection, time_ms now);
time_ms digit_collection_deadline(const struct digit_collection *collection);
// Pull until false after every input.
bool digit_collection_next_output(struct digit_collection *collection, struct digit_output *output);
