// SPDX-License-Identifier: ISC
// The inside of the link, shared by the files link*.c only.
#pragma once

#include "sip/flow_recovery.h"
#include "sip/idle_limit.h"
#include "sip/keep_alive.h"
#include "sip/link.h"

enum {
    LINK_OUTPUTS_MAX = 64, // each server once in two races, and a few more
    LINK_TEXT_BYTES = 512
};

/* What has ended a connection that was up. */
enum link_loss {
    LINK_LOSS_ORDINARY,
    LINK_LOSS_CLOSED, // by the other side
    LINK_LOSS_DEAD,   // nothing comes back over it
    LINK_LOSS_SWALLOWED,
};

struct link {
    const struct link_settings *settings;
    struct random *random;
    enum link_state state;
    struct server_selection *selection; // while RESOLVING
    bool is_question_due;
    bool is_search_new;
    uint32_t last_number;
    uint32_t connection; // 0: none is up
    struct sip_stream *stream;
    bool is_broken; // the stream: its last message has been given out
    struct keep_alive keep_alive;
    struct flow_recovery recovery;
    struct idle_limit idle_limit; // of the host of the last connection
    char idle_host[SERVER_NAME_BYTES];
    time_ms message_at; // the last one, in or out
    time_ms traffic_at; // the last of all, in or out
    time_ms pinged_at;  // the first ping that nothing has answered; 0: none
    time_ms quiet_ms;   // nothing had come for so long then
    struct server_race race;
    struct server_race probe; // for a better server while UP
    struct server_target targets[LIMIT_SERVER_TARGETS];
    size_t target_count;
    size_t target_index; // of the connection, or of the last one tried
    const char *source;
    uint32_t ttl_s;
    struct server_target good[LIMIT_SERVER_TARGETS]; // the list with which we registered last
    size_t good_count;
    time_ms better_at;  // look for a better server; TIME_NEVER while on the best
    time_ms not_before; // of the registrar
    time_ms hurry_at;   // the last time that a wait was cut short
    time_ms retry_at;
    time_ms up_since;
    bool is_busy;
    uint32_t connects;
    uint32_t changes;
    char lost_text[LINK_TEXT_BYTES];
    char failure[LINK_TEXT_BYTES];
    struct link_output outputs[LINK_OUTPUTS_MAX];
    size_t output_count;
};

void link_put(struct link *link, const struct link_output *output);
void link_become(struct link *link, enum link_state state);
// What the search wants to know; false when it waits for an answer, or there is none.
bool link_next_question(struct link *link, struct link_output *output);
// A race for the connection among all servers from `first` on.
void link_connect_from(struct link *link, time_ms now, size_t first);
// The connection is lost: closes it and goes on as the reason bids.
void link_lose(struct link *link, time_ms now, enum link_loss loss, const char *why);
void link_wait(struct link *link, time_ms now, uint32_t wait_ms, const char *why);
void link_end_race(struct link *link, struct server_race *race);
// Begins what the race wants begun; looks whether it is lost.
void link_turn_race(struct link *link, time_ms now);
void link_turn_probe(struct link *link, time_ms now);
// Not before the addresses may have changed, and not so often that it would disturb.
time_ms link_better_wait_ms(const struct link *link);
void link_look_for_better(struct link *link, time_ms now);
