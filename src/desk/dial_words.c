// SPDX-License-Identifier: ISC
#include "desk/dial_words.h"

enum {
    WAIT_DEFAULT_S = 30,
    SECONDS_MAX = 3600,
    IDENTITY_MAX = 64
};

static bool read_seconds(struct slice word, uint32_t *seconds)
{
    uint64_t number;
    if (slice_to_number(word, SECONDS_MAX, &number) != STATUS_OK)
        return false;
    *seconds = (uint32_t)number;
    return true;
}

static bool is_identity(struct slice word)
{
    for (size_t i = 0; i < word.length; i++)
        if (!ascii_is_letter(word.data[i]) && !ascii_is_digit(word.data[i]) &&
            !(word.data[i] && strchr("+-._", word.data[i])))
            return false;
    return word.length != 0 && word.length <= IDENTITY_MAX;
}

static bool take_hook(struct slice path, struct call_order *order, struct action *program)
{
    order->has_hook = slice_starts_with(path, slice_of("/")) && !program->word_count &&
                      action_add_word(program, path);
    order->program = program;
    return order->has_hook;
}

static bool take_option(struct slice *rest, struct slice option, struct call_order *order,
                        struct action *program)
{
    if (slice_equal(option, slice_of("--ring")))
        return read_seconds(slice_take_word(rest), &order->ring_s);
    if (slice_equal(option, slice_of("--wait")))
        return read_seconds(slice_take_word(rest), &order->wait_s);
    if (slice_equal(option, slice_of("--from")))
        return is_identity(order->from = slice_take_word(rest));
    if (slice_equal(option, slice_of("--early")))
        return order->has_early = true;
    if (slice_equal(option, slice_of("--hook")))
        return take_hook(slice_take_word(rest), order, program);
    if (slice_equal(option, slice_of("--detach")))
        return order->is_detached = true;
    return false;
}

static enum status read_program(struct slice rest, struct call_order *order, struct action *program,
                                const char **why)
{
    *why = "a program or a hook, by its absolute path, goes with --detach only";
    if (order->has_hook && !order->is_detached)
        return STATUS_MALFORMED;
    if (slice_is_empty(rest))
        return STATUS_OK;
    if (rest.data[0] != '/' || !order->is_detached || order->has_hook)
        return STATUS_MALFORMED;
    *why = "too many words";
    while (!slice_is_empty(rest))
        if (!action_add_word(program, slice_take_word(&rest)))
            return STATUS_MALFORMED;
    order->program = program;
    return STATUS_OK;
}

enum status control_dial_parse(struct slice words, struct call_order *order, struct action *program,
                               const char **why)
{
    struct slice rest = words;
    struct slice word = slice_take_word(&rest);
    *order = (struct call_order){ .wait_s = WAIT_DEFAULT_S };
    *program = (struct action){ .kind = ACTION_ANSWER };
    *why = "dial takes --ring S, --wait S (at most 3600), --from ID (at most 64 of letters, "
           "digits and +-._), --early, --detach and --hook PATH";
    while (slice_starts_with(word, slice_of("--"))) {
        if (!take_option(&rest, word, order, program))
            return STATUS_MALFORMED;
        word = slice_take_word(&rest);
    }
    *why = "dial wants a number or a URI";
    if (slice_is_empty(word))
        return STATUS_MALFORMED;
    order->target = word;
    return read_program(rest, order, program, why);
}
