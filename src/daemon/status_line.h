// SPDX-License-Identifier: ISC
// The one line that says how the line fares: registered, or what is wrong with it, what to do and
// when it is tried again; then what else is amiss. For people and for systemd.
#pragma once

#include "daemon/expiry_watch.h"
#include "util/buffer.h"
#include "util/time_ms.h"

struct engine;

void status_line_write(struct buffer *text, const struct engine *engine, time_ms now);

// What the line was composed from, so that it is composed again only when it would differ.
struct status_line_facts {
    uint32_t link_changes;
    int registration_state;
    bool is_online;
    bool is_held_off;
    time_ms registered_until;
    time_ms next_attempt;
    uint32_t last_status;
    uint32_t config_refusals;
    size_t calls;
    size_t left_over;
    const char *failing_hook;
    size_t undelivered;
    const char *not_kept;
    bool messages_fail; // they cannot be kept
    enum expiry_stage server_expiry;
    enum expiry_stage own_expiry;
    time_ms wall_offset; // of the clock that times are told by
};

// Whether the line has another text than when *facts was filled; fills it anew. A second more or
// less is no difference.
bool status_line_has_changed(struct status_line_facts *facts, const struct engine *engine,
                             time_ms now);
