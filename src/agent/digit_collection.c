// SPDX-License-Identifier: ISC
#include "agent/digit_collection.h"

#include <string.h>

enum {
    PAUSE_MS = 2000, // ends a string of digits
    PRICE = 1000,    // of a digit, in `budget`
    BUDGET_MAX = LIMIT_DIGITS_PER_SECOND * PRICE
};

void digit_collection_init(struct digit_collection *collection, time_ms now)
{
    *collection = (struct digit_collection){
        .string_ends_at = TIME_NEVER,
        .give_up_at = TIME_NEVER,
        .budget_at = now,
        .budget = BUDGET_MAX,
    };
}

bool digit_collection_is_digit(char byte)
{
    return byte && strchr("0123456789*#ABCD", byte);
}

/* M12: a flood is cut down to what a hand can press, so that no one else pays for it. */
static bool is_affordable(struct digit_collection *collection, time_ms now)
{
    uint64_t earned = (uint64_t)(now - collection->budget_at) * LIMIT_DIGITS_PER_SECOND;
    uint64_t budget = collection->budget + earned;
    collection->budget_at = now;
    collection->budget = budget < BUDGET_MAX ? (uint32_t)budget : BUDGET_MAX;
    if (collection->budget < PRICE)
        return false;
    collection->budget -= PRICE;
    return true;
}

static void complete(struct digit_collection *collection)
{
    collection->is_complete = true;
    collection->give_up_at = TIME_NEVER;
}

static void collect(struct digit_collection *collection, time_ms now, char digit)
{
    const struct digit_request *request = &collection->request;
    collection->give_up_at = now + request->timeout_ms;
    if (request->until && digit == request->until) {
        complete(collection);
        return;
    }
    collection->asked[collection->asked_count++] = digit;
    if (collection->asked_count == request->count || collection->asked_count == LIMIT_DIGITS_QUEUED)
        complete(collection);
}

/* What is in the string is not taken from it any more. */
static void settle_string(struct digit_collection *collection)
{
    collection->ahead_untold = 0;
    for (size_t i = 0; i < collection->string_count; i++)
        collection->string[i].is_ahead = false;
}

static void end_string(struct digit_collection *collection)
{
    collection->has_string_ended = collection->string_count > 0;
    collection->string_ends_at = TIME_NEVER;
    settle_string(collection);
}

static void append_to_string(struct digit_collection *collection, time_ms now, char digit,
                             bool is_ahead)
{
    if (collection->string_count == LIMIT_DIGITS_QUEUED)
        return; /* nobody has pulled it */
    collection->string[collection->string_count++] = (struct digit_told){ digit, is_ahead };
    collection->string_ends_at = now + PAUSE_MS;
    if (digit == '#' || collection->string_count == LIMIT_DIGITS_QUEUED)
        end_string(collection);
}

bool digit_collection_add(struct digit_collection *collection, time_ms now, char digit)
{
    if (!is_affordable(collection, now)) {
        collection->dropped++;
        return false;
    }
    if (collection->is_asked && !collection->is_complete && !collection->has_given_up) {
        collect(collection, now, digit);
        return true;
    }
    bool is_ahead = collection->ahead_count < LIMIT_DIGITS_QUEUED;
    if (is_ahead) {
        collection->ahead[collection->ahead_count++] = digit;
        collection->ahead_untold++;
    } else {
        collection->dropped++;
    }
    append_to_string(collection, now, digit, is_ahead);
    return true;
}

/* Somebody asks for it after all: nobody else is told of it. */
static void take_from_string(struct digit_collection *collection)
{
    size_t i = 0;
    while (!collection->string[i].is_ahead)
        i++;
    collection->string_count--;
    memmove(&collection->string[i], &collection->string[i + 1],
            (collection->string_count - i) * sizeof(*collection->string));
    collection->ahead_untold--;
}

static char take_ahead(struct digit_collection *collection)
{
    char digit = collection->ahead[0];
    if (collection->ahead_untold == collection->ahead_count)
        take_from_string(collection);
    memmove(collection->ahead, collection->ahead + 1, --collection->ahead_count);
    return digit;
}

enum status digit_collection_ask(struct digit_collection *collection, time_ms now,
                                 const struct digit_request *request)
{
    if (collection->is_asked)
        return STATUS_REFUSED;
    collection->is_asked = true;
    collection->request = *request;
    collection->asked_count = 0;
    collection->give_up_at = now + request->timeout_ms;
    if (request->is_fresh) {
        collection->ahead_count = 0;
        settle_string(collection);
    }
    while (collection->ahead_count && !collection->is_complete)
        collect(collection, now, take_ahead(collection));
    if (!collection->string_count)
        collection->string_ends_at = TIME_NEVER;
    return STATUS_OK;
}

void digit_collection_cancel(struct digit_collection *collection)
{
    collection->is_asked = collection->is_complete = collection->has_given_up = false;
    collection->give_up_at = TIME_NEVER;
}

void digit_collection_end(struct digit_collection *collection)
{
    digit_collection_cancel(collection);
    end_string(collection);
}

void digit_collection_timeout(struct digit_collection *collection, time_ms now)
{
    if (now >= collection->string_ends_at)
        end_string(collection);
    if (now < collection->give_up_at)
        return;
    collection->give_up_at = TIME_NEVER;
    collection->has_given_up = true;
}

time_ms digit_collection_deadline(const struct digit_collection *collection)
{
    return time_earliest(collection->string_ends_at, collection->give_up_at);
}

static void put_string(struct digit_collection *collection, struct digit_output *output)
{
    *output = (struct digit_output){ .kind = DIGITS_STRING };
    for (size_t i = 0; i < collection->string_count; i++)
        output->digits[i] = collection->string[i].digit;
    end_string(collection); /* with what has come since it ended */
    collection->has_string_ended = false;
    collection->string_count = 0;
}

bool digit_collection_next_output(struct digit_collection *collection, struct digit_output *output)
{
    if (collection->has_string_ended) {
        put_string(collection, output);
        return true;
    }
    if (!collection->is_complete && !collection->has_given_up)
        return false;
    *output = (struct digit_output){
        .kind = collection->is_complete ? DIGITS_COMPLETE : DIGITS_TIMED_OUT,
    };
    memcpy(output->digits, collection->asked, collection->asked_count);
    digit_collection_cancel(collection);
    return true;
}
