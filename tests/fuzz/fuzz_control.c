// SPDX-License-Identifier: ISC
// What clients of the control socket and hooks write. The bytes behind the first one are a session,
// which gives the same commands in pieces of any size as it gives whole; and each of its lines,
// like the words of each command, is read by every parser of words. What is written is JSON again.
#include "agent/decision.h"
#include "agent/verb.h"
#include "desk/audio_words.h"
#include "desk/control_json.h"
#include "desk/control_session.h"
#include "desk/dial_words.h"
#include "desk/rights.h"
#include "desk/test_words.h"
#include "fuzz.h"
#include "util/limits.h"

#include <jansson.h>
#include <string.h>

enum {
    SESSION_BYTES = 4000, // whose answers fit the backlog
    LINES_MAX = 64,
    IDENTITY_MAX = 64,
    SECONDS_MAX = 3600
};

struct outcome {
    size_t commands;
    uint64_t asked; // digests
    uint64_t answered;
    bool is_broken;
};

static void add(uint64_t *digest, struct slice bytes)
{
    for (size_t i = 0; i < bytes.length; i++)
        *digest = (*digest ^ (unsigned char)bytes.data[i]) * 1099511628211U;
}

static void check_why(enum status status, const char *why)
{
    FUZZ_ASSERT(status == STATUS_OK || (why && why[0] && strlen(why) < 256));
}

static void check_json(struct slice line)
{
    json_error_t error;
    json_t *object =
        json_loadb(line.data, line.length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    FUZZ_ASSERT(json_is_object(object));
    json_decref(object);
}

static void check_words(const struct action *action)
{
    FUZZ_ASSERT(action->kind < ACTION_COUNT && action->word_count <= ACTION_WORDS_MAX);
    FUZZ_ASSERT(memchr(action->text, '\0', sizeof(action->text)));
    for (size_t i = 0; i < action->word_count; i++)
        FUZZ_ASSERT(action_word(action, i) && action_word(action, i)[0]);
    FUZZ_ASSERT(!action_word(action, action->word_count));
}

/* What was decided is shown as words that decide the same. */
static void write_again(const struct action *action)
{
    struct action again = { .call = action->call };
    struct buffer text;
    const char *why = "";
    buffer_init(&text, LIMIT_CONTROL_LINE);
    decision_write(action, &text);
    FUZZ_ASSERT(buffer_status(&text) == STATUS_OK);
    if (!action->text[0]) { /* which may begin with what looks like a code */
        FUZZ_ASSERT(decision_parse(buffer_slice(&text), &again, &why) == STATUS_OK);
        FUZZ_ASSERT(again.kind == action->kind && again.code == action->code);
        FUZZ_ASSERT(again.retry_after == action->retry_after);
        FUZZ_ASSERT(again.word_count == action->word_count);
        for (size_t i = 0; i < again.word_count; i++)
            FUZZ_ASSERT(strcmp(action_word(&again, i), action_word(action, i)) == 0);
    }
    buffer_free(&text);
}

static void decide(struct slice line)
{
    struct action action = { .call = 7 };
    const char *why = "";
    if (decision_parse(line, &action, &why) != STATUS_OK)
        return;
    check_words(&action);
    FUZZ_ASSERT(action.call == 7 && action_is_decision(action.kind));
    FUZZ_ASSERT(action.code == 0 || (action.code >= 400 && action.code <= 699));
    FUZZ_ASSERT(action.retry_after <= 86400);
    if (action.kind == ACTION_ANSWER && action.word_count)
        FUZZ_ASSERT(action_word(&action, 0)[0] == '/');
    for (const char *byte = action.text; *byte; byte++)
        FUZZ_ASSERT(!ascii_is_control(*byte) || *byte == '\t');
    write_again(&action);
}

static void use_verb(struct slice line)
{
    struct action action = { .call = 7 };
    const char *why = NULL;
    enum status status = verb_parse(line, &action, &why);
    check_why(status, why);
    if (status != STATUS_OK)
        return;
    check_words(&action);
    const struct digit_request *wanted = &action.wanted;
    FUZZ_ASSERT(action.call == 7 && wanted->count <= LIMIT_DIGITS_QUEUED);
    FUZZ_ASSERT(!wanted->until || digit_collection_is_digit(wanted->until));
    FUZZ_ASSERT(wanted->timeout_ms <= SECONDS_MAX * 1000U);
    FUZZ_ASSERT(action.kind != ACTION_ASK || wanted->count || wanted->until);
    if (action.kind == ACTION_DTMF)
        FUZZ_ASSERT(action.text[0] && strlen(action.text) <= LIMIT_DIGITS_QUEUED);
    if (action.kind == ACTION_TRANSFER)
        FUZZ_ASSERT((action.text[0] != '\0') != (action.word_count == 1));
}

static void check_inside(struct slice part, struct slice whole)
{
    FUZZ_ASSERT(!part.length ||
                (part.data >= whole.data && part.data + part.length <= whole.data + whole.length));
}

static void dial(struct slice words)
{
    struct call_order order;
    struct action program;
    const char *why = NULL;
    enum status status = control_dial_parse(words, &order, &program, &why);
    check_why(status, why);
    if (status != STATUS_OK)
        return;
    check_inside(order.target, words);
    check_inside(order.from, words);
    check_words(&program);
    FUZZ_ASSERT(order.target.length && order.from.length <= IDENTITY_MAX);
    FUZZ_ASSERT(order.ring_s <= SECONDS_MAX && order.wait_s <= SECONDS_MAX);
    FUZZ_ASSERT(!program.word_count || (order.is_detached && order.program == &program));
    FUZZ_ASSERT(!program.word_count || action_word(&program, 0)[0] == '/');
    FUZZ_ASSERT(!order.has_hook || program.word_count == 1);
}

static void listen(struct slice words)
{
    struct audio_wish wish;
    const char *why = NULL;
    enum status status = control_audio_parse(words, &wish, &why);
    check_why(status, why);
    if (status != STATUS_OK)
        return;
    FUZZ_ASSERT(!wish.rate || control_audio_has_rate(wish.rate));
    FUZZ_ASSERT(wish.listens || wish.speaks);
    FUZZ_ASSERT(wish.listens || !wish.hears_both);
    FUZZ_ASSERT(wish.speaks || !wish.replaces);
}

static void rehearse(struct slice words)
{
    struct arena *arena = arena_new();
    struct event event;
    const char *why = NULL;
    enum status status = control_test_parse(words, arena, &event, &why);
    check_why(status, why);
    if (status == STATUS_OK) {
        struct buffer json;
        buffer_init(&json, 1024 * 1024);
        control_json_event(&json, &event, true, 0);
        FUZZ_ASSERT(event.kind < EVENT_COUNT && buffer_status(&json) == STATUS_OK);
        check_json(buffer_slice(&json));
        buffer_free(&json);
    }
    arena_free(arena);
}

/* A hook may print anything; a session lets no NUL through. */
static void read_words(struct slice words)
{
    decide(words);
    if (words.length && memchr(words.data, '\0', words.length))
        return;
    use_verb(words);
    dial(words);
    listen(words);
    rehearse(words);
}

static void check_command(struct outcome *outcome, const struct control_command *command)
{
    const char *why = "";
    FUZZ_ASSERT(command->verb && command->token.length <= LIMIT_CONTROL_TOKEN);
    FUZZ_ASSERT(!(command->verb->uses & CONTROL_NEEDS_CALL) || command->call.length);
    FUZZ_ASSERT(!command->args.length || (command->verb->uses & CONTROL_TAKES_WORDS));
    FUZZ_ASSERT(!command->args.length || !memchr(command->args.data, '\0', command->args.length));
    if (!control_rights_allow(command->verb, command->token, slice_of("secret"), &why))
        FUZZ_ASSERT(why[0]);
    outcome->commands++;
    add(&outcome->asked, slice_of(command->verb->name));
    add(&outcome->asked, command->call);
    add(&outcome->asked, command->args);
    add(&outcome->asked, command->token);
}

static void answer(struct control_session *session, struct outcome *outcome)
{
    struct control_command command;
    while (control_session_next(session, &command)) {
        check_command(outcome, &command);
        control_session_reply(session, command.id, slice_empty());
        read_words(command.args);
    }
    struct buffer *outgoing = control_session_outgoing(session);
    struct slice rest = buffer_slice(outgoing);
    add(&outcome->answered, rest);
    while (buffer_status(outgoing) == STATUS_OK && rest.length)
        check_json(slice_cut(rest, '\n', &rest));
    buffer_clear(outgoing);
}

static struct outcome run(struct slice bytes, size_t piece)
{
    struct outcome outcome = { .commands = 0 };
    struct control_session *session = control_session_new();
    while (bytes.length && !outcome.is_broken) {
        control_session_receive(session, slice_first(bytes, piece));
        bytes = slice_skip(bytes, piece);
        answer(session, &outcome);
        outcome.is_broken = control_session_is_broken(session);
    }
    control_session_free(session);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct slice bytes = slice_make((const char *)data + 1, size - 1);
    bytes = slice_first(bytes, SESSION_BYTES);
    struct outcome whole = run(bytes, SESSION_BYTES);
    struct outcome cut = run(bytes, data[0] % 64U + 1);
    FUZZ_ASSERT(whole.commands == cut.commands);
    FUZZ_ASSERT(whole.is_broken == cut.is_broken);
    FUZZ_ASSERT(whole.asked == cut.asked && whole.answered == cut.answered);
    for (int i = 0; bytes.length && i < LINES_MAX; i++)
        read_words(slice_cut(bytes, '\n', &bytes));
    return 0;
}
