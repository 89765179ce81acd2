// SPDX-License-Identifier: ISC
// What a hook or a watcher can be told (contract: events and variables).
#pragma once

#include "util/arena.h"
#include "util/slice.h"

#include <stddef.h>

enum event_kind {
    EVENT_INCOMING,
    EVENT_OUTGOING,
    EVENT_ANSWERED,
    EVENT_DTMF,
    EVENT_HOLD,
    EVENT_RESUME,
    EVENT_ENDED,
    EVENT_MESSAGE,
    EVENT_MWI,
    EVENT_TRANSFER,
    EVENT_ONLINE,
    EVENT_OFFLINE,
    EVENT_COUNT,
};

enum {
    CALL_ID_LENGTH = 4 // of what users know a call by
};

// Every variable of the contract that comes from a call or the line; empty where it does not apply.
// Faithful text as the wire said it: hook/environment.c tames it, JSON escapes it.
struct event {
    enum event_kind kind;
    uint32_t call;        // 0 when the event belongs to no call
    struct slice call_id; // the short id users see, "k3f9"
    struct slice token;
    struct slice line;
    struct slice direction; // in, out
    struct slice from;      // number or user part; "anonymous" when withheld
    struct slice from_name;
    struct slice from_uri;
    struct slice to;
    struct slice to_uri; // the Request-URI
    struct slice trust;  // none, asserted, verified
    struct slice diversion;
    struct slice user_to_user; // RFC 7433
    struct slice call_info;
    struct slice identity; // of the PASSporT (RFC 8224), as it came
    struct slice state;
    struct slice result; // answered, missed, elsewhere, rejected, busy, cancelled, failed
    struct slice code;
    struct slice reason;
    struct slice ended_by; // local, remote, network
    struct slice ring_secs;
    struct slice talk_secs;
    struct slice digits;
    struct slice mos;
    struct slice loss_percent;
    struct slice jitter_ms;
    struct slice encryption; // a suite of SRTP, or none; empty while nothing is agreed on
    struct slice expires;
    const struct slice *header_names; // export_headers present in the INVITE: "X-Door"
    const struct slice *header_values;
    size_t header_count;
    struct slice body; // EVENT_MESSAGE: the hook's standard input
};

// All of `event` with every text of it in `arena`: whoever keeps an event beyond the call of a
// function keeps such a copy.
struct event event_copy(struct arena *arena, const struct event *event);

// Who is given a field.
enum event_use {
    EVENT_IN_JSON = 1,   // those who watch
    EVENT_IN_HOOK = 2,   // hooks: "from_uri" is OFFHOOK_FROM_URI
    EVENT_IN_RECORD = 4, // the next process, of a call that was left
    EVENT_IN_TEST = 8,   // may be made up for `test`
};

// A field of struct event that is one text. Its name is the same wherever it is told.
struct event_field {
    const char *name;
    size_t offset;
    bool is_words; // made for people to read; otherwise it has the characters of a number or URI
    unsigned uses;
};

// The `index`-th field; NULL beyond the last.
const struct event_field *event_field_at(size_t index);
// NULL when none of that name has that use.
const struct event_field *event_field_find(struct slice name, enum event_use use);
struct slice event_field_get(const struct event_field *field, const struct event *event);
void event_field_set(const struct event_field *field, struct event *event, struct slice value);

// "incoming"; the file name of the hook.
const char *event_kind_text(enum event_kind kind);
// False when no event has that name.
bool event_kind_from_text(struct slice text, enum event_kind *kind);
// incoming, outgoing and transfer want a decision; the others are told.
bool event_wants_decision(enum event_kind kind);
