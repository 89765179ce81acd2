// SPDX-License-Identifier: ISC
#include "agent/decision.h"

static bool has_control(struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if (ascii_is_control(text.data[i]) && text.data[i] != '\t')
            return true;
    return false;
}

static enum status read_words(struct slice rest, struct action *action, const char **why)
{
    while (!slice_is_empty(rest)) {
        if (action_add_word(action, slice_take_word(&rest)))
            continue;
        *why = "too many words";
        return STATUS_MALFORMED;
    }
    return STATUS_OK;
}

static enum status read_answer(struct slice rest, struct action *action, const char **why)
{
    if (!slice_is_empty(rest) && rest.data[0] != '/') {
        *why = "the program of answer must be an absolute path";
        return STATUS_MALFORMED;
    }
    return read_words(rest, action, why);
}

static enum status read_reject(struct slice rest, struct action *action, const char **why)
{
    static const char retry[] = "retry-after=";
    uint64_t number;
    struct slice after = rest;
    struct slice word = slice_take_word(&after);
    if (word.length && ascii_is_digit(word.data[0])) {
        if (slice_to_number(word, 699, &number) != STATUS_OK || number < 400) {
            *why = "the code of reject must be 400 to 699";
            return STATUS_MALFORMED;
        }
        action->code = (uint32_t)number;
        rest = after;
        word = slice_take_word(&after);
    }
    if (slice_starts_with(word, slice_of(retry))) {
        if (slice_to_number(slice_skip(word, sizeof(retry) - 1), 86400, &number) != STATUS_OK) {
            *why = "retry-after of reject must be seconds, at most 86400";
            return STATUS_MALFORMED;
        }
        action->retry_after = (uint32_t)number;
        rest = after;
    }
    if (rest.length >= 128) {
        *why = "the text of reject is longer than 127 bytes";
        return STATUS_MALFORMED;
    }
    memcpy(action->text, rest.data ? rest.data : "", rest.length);
    action->text[rest.length] = '\0';
    return STATUS_OK;
}

static bool is_uri(struct slice word)
{
    size_t index;
    for (size_t i = 0; i < word.length; i++)
        if (strchr("<>\"", word.data[i]))
            return false;
    return slice_find(word, ':', &index) && index > 0 && index + 1 < word.length;
}

static enum status read_redirect(struct slice rest, struct action *action, const char **why)
{
    struct slice words = rest;
    *why = "redirect needs one URI or more";
    if (slice_is_empty(rest))
        return STATUS_MALFORMED;
    while (!slice_is_empty(words))
        if (!is_uri(slice_take_word(&words)))
            return STATUS_MALFORMED;
    return read_words(rest, action, why);
}

/* An editor's byte order mark is no part of the word. */
static struct slice without_mark(struct slice line)
{
    static const char mark[] = "\xef\xbb\xbf";
    return slice_starts_with(line, slice_of(mark)) ? slice_skip(line, sizeof(mark) - 1) : line;
}

/* `whole` is what must be clean: with what has been cut off around the words. */
static enum status read_clean(struct slice whole, enum action_kind kind, struct slice words,
                              struct action *action, const char **why)
{
    struct action parsed = { .kind = kind, .call = action->call };
    if (has_control(whole)) {
        *why = "a decision must not hold control characters";
        return STATUS_MALFORMED;
    }
    *why = "this decision takes no words";
    enum status status = slice_is_empty(words) ? STATUS_OK : STATUS_MALFORMED;
    if (kind == ACTION_ANSWER)
        status = read_answer(words, &parsed, why);
    else if (kind == ACTION_REJECT)
        status = read_reject(words, &parsed, why);
    else if (kind == ACTION_REDIRECT)
        status = read_redirect(words, &parsed, why);
    if (status == STATUS_OK)
        *action = parsed;
    return status;
}

enum status decision_read(enum action_kind kind, struct slice words, struct action *action,
                          const char **why)
{
    return read_clean(words, kind, words, action, why);
}

enum status decision_parse(struct slice line, struct action *action, const char **why)
{
    enum action_kind kind;
    struct slice rest = line = without_mark(line);
    if (!action_kind_from_text(slice_take_word(&rest), &kind) || !action_is_decision(kind))
        return STATUS_UNSUPPORTED;
    return read_clean(line, kind, rest, action, why);
}

void decision_write(const struct action *action, struct buffer *text)
{
    const char *word;
    buffer_append_text(text, action_kind_text(action->kind));
    if (action->code)
        buffer_append_format(text, " %u", action->code);
    if (action->retry_after)
        buffer_append_format(text, " retry-after=%u", action->retry_after);
    for (size_t i = 0; (word = action_word(action, i)); i++) {
        buffer_append_byte(text, ' ');
        buffer_append_text(text, word);
    }
    if (action->text[0]) {
        buffer_append_byte(text, ' ');
        buffer_append_text(text, action->text);
    }
}
