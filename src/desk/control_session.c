// SPDX-License-Identifier: ISC
#include "desk/control_session.h"

#include "desk/control_json.h"
#include "util/limits.h"
#include "util/line_reader.h"
#include "util/memory.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct control_session {
    struct line_reader lines;
    struct buffer outgoing;
    json_t *current; // what the last command borrows from
    bool is_broken;
    bool is_watching;
    char token[LIMIT_CONTROL_TOKEN + 1];
};

struct control_session *control_session_new(void)
{
    struct control_session *session = memory_new(sizeof(*session));
    line_reader_init(&session->lines, LIMIT_CONTROL_LINE);
    buffer_init(&session->outgoing, LIMIT_CONTROL_BACKLOG);
    return session;
}

void control_session_receive(struct control_session *session, struct slice bytes)
{
    line_reader_append(&session->lines, bytes);
}

void control_session_refuse_with(struct control_session *session, int64_t id, const char *error,
                                 const char *text, struct slice fields)
{
    struct buffer *json = &session->outgoing;
    buffer_append_format(json, "{\"id\":%lld,\"ok\":false", (long long)id);
    control_json_text(json, "error", slice_of(error));
    control_json_text(json, "text", slice_of(text));
    if (fields.length)
        buffer_append_byte(json, ',');
    buffer_append(json, fields);
    buffer_append_text(json, "}\n");
}

void control_session_refuse(struct control_session *session, int64_t id, const char *error,
                            const char *text)
{
    control_session_refuse_with(session, id, error, text, slice_empty());
}

void control_session_reply(struct control_session *session, int64_t id, struct slice fields)
{
    buffer_append_format(&session->outgoing, "{\"id\":%lld,\"ok\":true", (long long)id);
    if (fields.length) {
        buffer_append_byte(&session->outgoing, ',');
        buffer_append(&session->outgoing, fields);
    }
    buffer_append_text(&session->outgoing, "}\n");
}

static struct slice text_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_string(value))
        return slice_empty();
    return slice_make(json_string_value(value), json_string_length(value));
}

/* It stays until another one comes, so that what it forbids cannot be had by leaving it out. */
static bool take_token(struct control_session *session, const json_t *object)
{
    const json_t *value = json_object_get(object, "token");
    struct slice token = text_of(object, "token");
    if (!value)
        return true;
    if (!token.length || token.length > LIMIT_CONTROL_TOKEN)
        return false;
    memcpy(session->token, token.data, token.length);
    session->token[token.length] = '\0';
    return true;
}

static const char *read_command(struct control_session *session, const json_t *object,
                                struct control_command *command)
{
    const json_t *id = json_object_get(object, "id");
    if (!json_is_object(object))
        return "a command is one JSON object per line";
    if (id && !json_is_integer(id))
        return "id must be a whole number";
    *command = (struct control_command){
        .id = json_integer_value(id),
        .verb = control_verb_find(text_of(object, "cmd")),
        .call = text_of(object, "call"),
        .args = text_of(object, "args"),
        .event = text_of(object, "event"),
        .rate = json_integer_value(json_object_get(object, "rate")),
    };
    if (json_object_get(object, "rate") && !json_is_integer(json_object_get(object, "rate")))
        return "rate must be a whole number";
    if (!take_token(session, object))
        return "token must be the text in OFFHOOK_TOKEN";
    command->token = slice_of(session->token);
    if (!command->verb)
        return "no such command: see offhook-protocol(7)";
    if ((command->verb->uses & CONTROL_NEEDS_CALL) && !command->call.length)
        return "this command needs a call";
    if (command->args.length && !(command->verb->uses & CONTROL_TAKES_WORDS))
        return "this command takes no args";
    return NULL;
}

bool control_session_next(struct control_session *session, struct control_command *command)
{
    struct slice line;
    enum status status;
    while (!session->is_broken &&
           (status = line_reader_next(&session->lines, &line)) != STATUS_NEED_MORE) {
        json_error_t error;
        if (status != STATUS_OK) {
            control_session_refuse(session, 0, "usage", "a line is longer than 16 KiB");
            session->is_broken = true;
            return false;
        }
        json_decref(session->current);
        session->current = json_loadb(line.data, line.length, JSON_REJECT_DUPLICATES, &error);
        *command = (struct control_command){ .id = 0 };
        const char *why = session->current ? read_command(session, session->current, command)
                                           : "this is not JSON: one object per line";
        if (!why)
            return true;
        control_session_refuse(session, command->id, "usage", why);
    }
    return false;
}

void control_session_end(struct control_session *session)
{
    session->is_broken = true;
}

bool control_session_is_broken(const struct control_session *session)
{
    return session->is_broken || buffer_status(&session->outgoing) != STATUS_OK;
}

void control_session_watch(struct control_session *session, bool is_watching)
{
    session->is_watching = is_watching;
}

bool control_session_is_watching(const struct control_session *session)
{
    return session->is_watching;
}

void control_session_push(struct control_session *session, struct slice line)
{
    buffer_append(&session->outgoing, line);
    buffer_append_byte(&session->outgoing, '\n');
}

void control_session_tell(struct control_session *session, struct slice line)
{
    if (session->is_watching)
        control_session_push(session, line);
}

struct buffer *control_session_outgoing(struct control_session *session)
{
    return &session->outgoing;
}

void control_session_free(struct control_session *session)
{
    if (!session)
        return;
    json_decref(session->current);
    memory_erase(session->token, sizeof(session->token));
    line_reader_clear(&session->lines);
    buffer_free(&session->outgoing);
    free(session);
}
