// SPDX-License-Identifier: ISC
#include "tests/scenarios/clients.h"

#include "util/list.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CLIENTS_MAX = 9,
    RATE = 8000,
    PIPES = 2,
    REHEARSAL = 7,
    TEXT_BYTES = 4096
};

struct heard {
    struct list_link link;
    char *line;
};

struct clients {
    struct agent *agent;
    struct desk *desk;
    struct trace_ring *trace;
    uint32_t numbers[CLIENTS_MAX + 1]; // at the desk; 0: not there
    struct list heard[CLIENTS_MAX + 1];
    clients_wanted *wanted;
    void *user;
    bool is_refusing;
    char error[TEXT_BYTES];
};

struct clients *clients_new(struct agent *agent, clients_wanted *wanted, void *user)
{
    struct clients *clients = memory_new(sizeof(*clients));
    clients->trace = trace_ring_new(TEXT_BYTES);
    const struct desk_settings settings = { .agent = agent, .trace = clients->trace };
    clients->desk = desk_new(&settings);
    clients->agent = agent;
    clients->wanted = wanted;
    clients->user = user;
    for (size_t i = 0; i <= CLIENTS_MAX; i++)
        list_init(&clients->heard[i]);
    trace_ring_note(clients->trace, 0, TRACE_LINE, slice_empty(), slice_of("connected"));
    return clients;
}

struct desk *clients_desk(const struct clients *clients)
{
    return clients->desk;
}

void clients_refuse(struct clients *clients)
{
    clients->is_refusing = true;
}

static void forget_heard(struct list *heard)
{
    while (!list_is_empty(heard)) {
        struct heard *one = list_entry(list_take_first(heard), struct heard, link);
        free(one->line);
        free(one);
    }
}

static size_t index_of(const struct clients *clients, uint32_t number)
{
    size_t i = CLIENTS_MAX;
    while (i && clients->numbers[i] != number)
        i--;
    return i;
}

static void hear(struct clients *clients, const struct desk_output *output)
{
    struct slice rest = output->bytes;
    while (rest.length) {
        struct heard *heard = memory_new(sizeof(*heard));
        struct slice line = slice_cut(rest, '\n', &rest);
        heard->line = memory_new(line.length + 1);
        memcpy(heard->line, line.data, line.length);
        list_append(&clients->heard[index_of(clients, output->client)], &heard->link);
    }
    if (output->has_pipes)
        clients->wanted(clients->user, "desk pipes");
}

static const char *const names[DESK_OUTPUT_COUNT] = {
    [DESK_SEND] = "send",
    [DESK_CLOSE] = "close",
    [DESK_ATTACH] = "attach",
    [DESK_FLUSH] = "flush",
    [DESK_PLAY_OUT] = "play out",
    [DESK_MUTE] = "mute",
    [DESK_UNMUTE] = "unmute",
    [DESK_BRIDGE] = "bridge",
    [DESK_CHECK_HOOK] = "check hook",
    [DESK_TEST] = "test",
    [DESK_STATUS] = "status",
    [DESK_CALLS] = "calls",
    [DESK_SHOW] = "show",
    [DESK_HOOKS] = "hooks",
    [DESK_TRACED] = "traced",
    [DESK_RELOAD] = "reload",
    [DESK_CHECK] = "check",
    [DESK_LOG] = "log",
    [DESK_REREGISTER] = "reregister",
    [DESK_RELEASE] = "release",
    [DESK_UNBRIDGE] = "unbridge",
    [DESK_VERB] = "verb",
    [DESK_DECIDED] = "decided",
    [DESK_EVENT_DECIDED] = "event decided",
    [DESK_EVENT_LAPSED] = "event lapsed",
};

static void tell_wanted(const struct clients *clients, const struct desk_output *output)
{
    char what[128];
    const char *more = "";
    if (output->kind == DESK_DECIDED)
        more = action_kind_text(output->action);
    if (output->kind == DESK_EVENT_DECIDED || output->kind == DESK_EVENT_LAPSED ||
        output->kind == DESK_TEST)
        more = event_kind_text(output->event.kind);
    if (output->kind == DESK_LOG)
        more = log_level_text(output->level);
    snprintf(what, sizeof(what), "desk %s%s%s", names[output->kind], *more ? " " : "", more);
    clients->wanted(clients->user, what);
}

/* What the world has done. */
static void answer(struct clients *clients, time_ms now, const struct desk_output *output)
{
    struct desk_done done = {
        .status = clients->is_refusing ? STATUS_REFUSED : STATUS_OK,
        .why = "the world does not want to",
        .fields = slice_of(output->kind >= DESK_STATUS ? "\"v\":1" : ""),
        .number = output->kind == DESK_TEST ? REHEARSAL
                  : output->wish.rate       ? output->wish.rate
                                            : RATE,
        .pipes = PIPES,
    };
    clients->is_refusing = false;
    desk_done(clients->desk, now, &done);
}

static void carry_out(struct clients *clients, time_ms now, const struct desk_output *output)
{
    if (output->kind == DESK_SEND) {
        hear(clients, output);
        return;
    }
    tell_wanted(clients, output);
    if (output->kind == DESK_CLOSE)
        desk_leave(clients->desk, now, output->client);
    else if (output->kind < DESK_LOG)
        answer(clients, now, output);
}

static bool pump_desk(struct clients *clients, time_ms now)
{
    struct desk_output output;
    bool has_worked = false;
    while (desk_next_output(clients->desk, now, &output)) {
        carry_out(clients, now, &output);
        has_worked = true;
    }
    return has_worked;
}

bool clients_pump(struct clients *clients, time_ms now)
{
    bool has_worked = pump_desk(clients, now);
    if (!desk_work(clients->desk, now))
        return has_worked;
    pump_desk(clients, now);
    return true;
}

static void append_other(struct buffer *text, const struct agent *agent, const struct call *call)
{
    const struct call *other = call_table_next(agent_calls(agent), NULL);
    while (other && other == call)
        other = call_table_next(agent_calls(agent), other);
    if (other)
        buffer_append_text(text, call_id(other));
}

/* $CALL and $TOKEN are what the event of `call` says. */
static void say(struct clients *clients, time_ms now, size_t client, const struct call *call,
                const char *line)
{
    struct event event = { .call = 0 };
    struct buffer text;
    if (!clients->numbers[client])
        clients->numbers[client] = desk_come(clients->desk, now, true);
    if (call)
        call_event(call, EVENT_INCOMING, &event);
    buffer_init(&text, 65536);
    for (; *line; line++) {
        bool is_call = strncmp(line, "$CALL", 5) == 0;
        bool is_token = strncmp(line, "$TOKEN", 6) == 0;
        bool is_other = strncmp(line, "$OTHER", 6) == 0;
        if (is_call || is_token) {
            buffer_append(&text, is_call ? event.call_id : event.token);
            line += is_call ? 4 : 5;
        } else if (is_other) {
            append_other(&text, clients->agent, call);
            line += 5;
        } else {
            buffer_append_byte(&text, *line);
        }
    }
    buffer_append_byte(&text, '\n');
    desk_receive(clients->desk, clients->numbers[client], buffer_slice(&text));
    buffer_free(&text);
}

static const char *complain(struct clients *clients, const char *what, const char *line)
{
    snprintf(clients->error, sizeof(clients->error), "%s: %s", what, line);
    return clients->error;
}

/* Each " with TEXT" and " without TEXT" behind the first text. */
static const char *check(struct clients *clients, const char *heard, const char *wanted)
{
    bool is_without = false;
    while (*wanted) {
        char text[TEXT_BYTES];
        const char *with = strstr(wanted, " with ");
        const char *without = strstr(wanted, " without ");
        const char *end = with && (!without || with < without) ? with : without;
        size_t length = end ? (size_t)(end - wanted) : strlen(wanted);
        snprintf(text, sizeof(text), "%.*s", (int)length, wanted);
        if ((strstr(heard, text) != NULL) == is_without)
            return complain(clients, is_without ? "is heard" : "is not heard", heard);
        is_without = end && end == without;
        wanted += length;
        wanted += end ? (is_without ? 9 : 6) : 0;
    }
    return NULL;
}

static const char *expect(struct clients *clients, struct list *queue, const char *wanted)
{
    struct list_link *link = list_take_first(queue);
    if (strcmp(wanted, "nothing") == 0 && !link)
        return NULL;
    if (!link)
        return complain(clients, "nothing is heard, wanted", wanted);
    struct heard *heard = list_entry(link, struct heard, link);
    const char *error = strcmp(wanted, "nothing") == 0 ? complain(clients, "is heard", heard->line)
                                                       : check(clients, heard->line, wanted);
    free(heard->line);
    free(heard);
    return error;
}

const char *clients_play(struct clients *clients, time_ms now, const struct call *call,
                         const char *line)
{
    size_t client = (size_t)(line[0] - '0');
    if (line[0] < '1' || line[0] > '9' || line[1] != ' ')
        return "clients are numbered from 1 to 9";
    if (strncmp(line + 2, "says ", 5) == 0) {
        say(clients, now, client, call, line + 7);
    } else if (strncmp(line + 2, "hears ", 6) == 0) {
        return expect(clients, &clients->heard[client], line + 8);
    } else if (strcmp(line + 2, "leaves") == 0) {
        desk_leave(clients->desk, now, clients->numbers[client]);
        pump_desk(clients, now);
        clients->numbers[client] = 0;
        forget_heard(&clients->heard[client]);
    } else {
        return "a client says, hears or leaves";
    }
    return NULL;
}

const char *clients_unheard(const struct clients *clients)
{
    for (size_t i = 1; i <= CLIENTS_MAX; i++)
        if (!list_is_empty(&clients->heard[i]))
            return list_entry(list_first(&clients->heard[i]), struct heard, link)->line;
    return NULL;
}

void clients_free(struct clients *clients)
{
    for (size_t i = 0; i <= CLIENTS_MAX; i++)
        forget_heard(&clients->heard[i]);
    desk_free(clients->desk);
    trace_ring_free(clients->trace);
    free(clients);
}
