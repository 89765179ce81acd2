// SPDX-License-Identifier: ISC
// The last messages and what happened between them, for `offhookctl trace`: a ring in memory, never
// a file. What proves who we are and the keys and digits of a call are blanked as they come in.
#pragma once

#include "util/slice.h"
#include "util/time_ms.h"

struct trace_ring;

enum trace_kind {
    TRACE_RECEIVED, // a message
    TRACE_SENT,
    TRACE_HOOK, // what a hook or client did: "hook incoming answer"
    TRACE_LINE, // what became of the connection or the registration
};

struct trace_entry {
    enum trace_kind kind;
    time_ms wall;
    struct slice call;    // short id; empty when it is of no call we know
    struct slice call_id; // Call-ID of a message
    struct slice bytes;   // the message, or one sentence
};

// Keeps the last `bytes_max` bytes; messages longer than an eighth of that are cut.
struct trace_ring *trace_ring_new(size_t bytes_max);
void trace_ring_message(struct trace_ring *ring, time_ms wall, bool is_sent, struct slice bytes);
// A sentence about a call, or about the line when `call` is empty.
void trace_ring_note(struct trace_ring *ring, time_ms wall, enum trace_kind kind, struct slice call,
                     struct slice sentence);
// From now on messages with that Call-ID belong to the call, those before it too.
void trace_ring_call(struct trace_ring *ring, struct slice call, struct slice call_id);
// The entries of `call` (of all, when it is empty) in order: the first whose number is above
// *after, which becomes its number; start with 0. False at the end. Borrowed until the next change.
bool trace_ring_next(const struct trace_ring *ring, struct slice call, uint64_t *after,
                     struct trace_entry *entry);
// "received", "sent", "hook", "line".
const char *trace_kind_text(enum trace_kind kind);
void trace_ring_free(struct trace_ring *ring);
