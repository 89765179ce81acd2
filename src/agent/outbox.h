// SPDX-License-Identifier: ISC
// What calls and the account want done outside the core, in order, waiting to be pulled.
#pragma once

#include "agent/event.h"
#include "util/list.h"

enum outbox_kind {
    OUTBOX_EVENT,           // tell hooks and watchers
    OUTBOX_MEDIA_OPEN,      // a port pair is wanted: agent_media_opened or agent_media_failed
    OUTBOX_MEDIA_START,     // media may flow, with the negotiated parameters
    OUTBOX_MEDIA_UPDATE,    // the parameters have changed
    OUTBOX_MEDIA_CONNECTED, // the call is up: audio may be sent to the far end
    OUTBOX_MEDIA_PROGRAM,   // start the program of the `answer` decision
    OUTBOX_MEDIA_DRAIN,     // play out what is queued: agent_media_drained
    OUTBOX_MEDIA_CLOSE,     // RTCP BYE, ports closed, end of file to the program
    OUTBOX_CALL_OVER,       // verbs on this call fail from now on
    OUTBOX_RECONNECT,       // the connection does not serve: close it and make another
    OUTBOX_STOPPED,         // everything has ended after agent_stop
};

struct outbox_item {
    struct list_link link;
    enum outbox_kind kind;
    enum event_kind event;
    uint32_t call;
    const char *text; // RECONNECT: why, a constant
};

struct outbox {
    struct list items;
};

void outbox_init(struct outbox *outbox);
void outbox_put(struct outbox *outbox, enum outbox_kind kind, uint32_t call);
void outbox_put_event(struct outbox *outbox, enum event_kind event, uint32_t call);
void outbox_put_reconnect(struct outbox *outbox, const char *why);
// False when empty; otherwise *item is the oldest and gone from the box.
bool outbox_take(struct outbox *outbox, struct outbox_item *item);
void outbox_clear(struct outbox *outbox);
