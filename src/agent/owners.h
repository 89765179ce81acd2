// SPDX-License-Identifier: ISC
// Who owns a call, and what the end of each means. A call lives as long as somebody keeps it; when
// the last who does is gone, what is queued is played out, and it ends.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum owner_kind {
    OWNER_DIALLER,  // `dial`, as long as it stands; its end ends the call, whoever else is there
    OWNER_DETACHED, // `dial --detach` or a transfer, until its program or hook has taken over
    OWNER_HOOK,     // a hook run
    OWNER_PROGRAM,  // the media program of `answer`
    OWNER_CLAIM,    // a client that has claimed the event
    OWNER_CLIENT,   // attached with the call's token, or to a call that nobody else keeps
    OWNER_LISTENER, // attached to somebody else's call: keeps nothing
    OWNER_COUNT
};

struct owner {
    enum owner_kind kind;
    uint32_t who; // among those of its kind: a client's number; 0 where a call has one at the most
};

struct owners {
    struct owner *list;
    size_t count;
    size_t capacity;
    bool is_forsaken; // by its dialler
};

// "dialler"
const char *owner_kind_text(enum owner_kind kind);
// Nothing when it owns the call already.
void owners_add(struct owners *owners, enum owner_kind kind, uint32_t who);
// Nothing when it does not own the call.
void owners_remove(struct owners *owners, enum owner_kind kind, uint32_t who);
void owners_free(struct owners *owners);
// Somebody keeps the call alive.
bool owners_keep(const struct owners *owners);
