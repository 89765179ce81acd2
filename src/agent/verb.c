// SPDX-License-Identifier: ISC
#include "agent/verb.h"

#include "agent/decision.h"

#include <string.h>

enum {
    WAIT_MAX_S = 3600,
    ASK_TIMEOUT_MS = 10000
};

static bool copy_text(struct action *action, struct slice text, size_t maximum)
{
    if (text.length > maximum)
        return false;
    memcpy(action->text, text.data ? text.data : "", text.length);
    action->text[text.length] = '\0';
    return true;
}

/* The text goes into a log line and a hook's variable, not onto the wire: it is only tidied. */
static enum status read_hangup(struct slice rest, struct action *action, const char **why)
{
    (void)why;
    (void)!copy_text(action, slice_first(rest, 127), 127);
    for (char *byte = action->text; *byte; byte++)
        if (ascii_is_control(*byte))
            *byte = ' ';
    return STATUS_OK;
}

static bool read_milliseconds(struct slice word, uint32_t *value)
{
    uint64_t number;
    if (slice_to_number(word, 5000, &number) != STATUS_OK || number < 20)
        return false;
    *value = (uint32_t)number;
    return true;
}

static bool read_method(struct slice word, enum action_dtmf_method *method)
{
    if (slice_equal(word, slice_of("rtp")))
        *method = ACTION_DTMF_RTP;
    else if (slice_equal(word, slice_of("info")))
        *method = ACTION_DTMF_INFO;
    else if (slice_equal(word, slice_of("tone")))
        *method = ACTION_DTMF_TONE;
    else
        return false;
    return true;
}

static enum status read_dtmf(struct slice rest, struct action *action, const char **why)
{
    struct slice digits = slice_take_word(&rest);
    *why = "the digits come first: dtmf DIGITS [--tone MS] [--gap MS] [--method rtp|info|tone]";
    if (slice_starts_with(digits, slice_of("--")))
        return STATUS_MALFORMED;
    *why = "dtmf wants 1 to 64 digits";
    if (slice_is_empty(digits) || !copy_text(action, digits, 64))
        return STATUS_MALFORMED;
    *why = "digits are 0 to 9, *, # and A to D";
    for (size_t i = 0; i < digits.length; i++)
        if (!digit_collection_is_digit(digits.data[i]))
            return STATUS_MALFORMED;
    while (!slice_is_empty(rest)) {
        struct slice option = slice_take_word(&rest);
        struct slice value = slice_take_word(&rest);
        bool is_fine = false;
        *why = "dtmf takes --tone MS, --gap MS (20 to 5000) and --method rtp, info or tone";
        if (slice_equal(option, slice_of("--tone")))
            is_fine = read_milliseconds(value, &action->tone_ms);
        else if (slice_equal(option, slice_of("--gap")))
            is_fine = read_milliseconds(value, &action->gap_ms);
        else if (slice_equal(option, slice_of("--method")))
            is_fine = read_method(value, &action->method);
        if (!is_fine)
            return STATUS_MALFORMED;
    }
    return STATUS_OK;
}

/* Seconds with up to three decimals. */
static bool read_seconds(struct slice word, uint32_t *milliseconds)
{
    struct slice fraction;
    uint64_t seconds;
    uint64_t part = 0;
    struct slice whole = slice_cut(word, '.', &fraction);
    if (slice_to_number(whole, WAIT_MAX_S, &seconds) != STATUS_OK || fraction.length > 3)
        return false;
    if (fraction.data && slice_to_number(fraction, 999, &part) != STATUS_OK)
        return false;
    for (size_t i = fraction.length; i < 3; i++)
        part *= 10;
    *milliseconds = (uint32_t)(seconds * 1000 + part);
    return *milliseconds <= WAIT_MAX_S * 1000;
}

static bool read_ask_option(struct slice option, struct slice *rest, struct digit_request *wanted)
{
    uint64_t count;
    if (slice_equal(option, slice_of("--fresh"))) {
        wanted->is_fresh = true;
        return true;
    }
    struct slice value = slice_take_word(rest);
    if (slice_equal(option, slice_of("--timeout")))
        return read_seconds(value, &wanted->timeout_ms);
    if (slice_equal(option, slice_of("--digits"))) {
        if (slice_to_number(value, LIMIT_DIGITS_QUEUED, &count) != STATUS_OK || !count)
            return false;
        wanted->count = (uint32_t)count;
        return true;
    }
    if (!slice_equal(option, slice_of("--until")) || value.length != 1)
        return false;
    wanted->until = value.data[0];
    return digit_collection_is_digit(wanted->until);
}

static enum status read_ask(struct slice rest, struct action *action, const char **why)
{
    struct digit_request wanted = { .timeout_ms = ASK_TIMEOUT_MS };
    *why = "ask takes --digits N (1 to 64), --until DIGIT, --timeout S (0 to 3600) and --fresh";
    while (!slice_is_empty(rest)) {
        struct slice option = slice_take_word(&rest);
        if (!read_ask_option(option, &rest, &wanted))
            return STATUS_MALFORMED;
    }
    if (!wanted.count && !wanted.until)
        wanted.until = '#';
    action->wanted = wanted;
    return STATUS_OK;
}

static enum status read_transfer(struct slice rest, struct action *action, const char **why)
{
    struct slice word = slice_take_word(&rest);
    if (slice_equal(word, slice_of("--to"))) {
        *why = "transfer --to wants the id of a call";
        word = slice_take_word(&rest);
        return word.length && copy_text(action, word, 32) ? STATUS_OK : STATUS_MALFORMED;
    }
    *why = "transfer wants a number or a URI, or --to and the id of a call";
    for (size_t i = 0; i < word.length; i++)
        if (strchr("<>\"?", word.data[i]) || ascii_is_control(word.data[i]))
            return STATUS_MALFORMED;
    if (slice_is_empty(word) || word.data[0] == '-' || !slice_is_empty(rest) ||
        !action_add_word(action, word))
        return STATUS_MALFORMED;
    return STATUS_OK;
}

static enum status read_nothing(struct slice rest, struct action *action, const char **why)
{
    (void)action;
    *why = "this verb takes no words";
    return slice_is_empty(rest) ? STATUS_OK : STATUS_MALFORMED;
}

enum status verb_read(enum action_kind kind, struct slice words, struct action *action,
                      const char **why)
{
    static enum status (*const readers[ACTION_COUNT])(struct slice, struct action *,
                                                      const char **) = {
        [ACTION_HANGUP] = read_hangup,     [ACTION_HOLD] = read_nothing,
        [ACTION_RESUME] = read_nothing,    [ACTION_DTMF] = read_dtmf,
        [ACTION_TRANSFER] = read_transfer, [ACTION_ASK] = read_ask,
    };
    struct action parsed = { .kind = kind, .call = action->call };
    if (!readers[kind])
        return decision_read(kind, words, action, why);
    enum status status = readers[kind](words, &parsed, why);
    if (status == STATUS_OK)
        *action = parsed;
    return status;
}

enum status verb_parse(struct slice line, struct action *action, const char **why)
{
    enum action_kind kind;
    struct slice rest = line;
    *why = "there is no such verb";
    if (!action_kind_from_text(slice_take_word(&rest), &kind))
        return STATUS_UNSUPPORTED;
    return verb_read(kind, rest, action, why);
}
