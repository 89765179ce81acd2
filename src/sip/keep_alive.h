// SPDX-License-Identifier: ISC
// CRLF keep-alive of one connection (RFC 5626 3.5.1, 4.4.1): when to send a ping (CR LF CR LF), and
// when a missing pong (CR LF) means that the flow is dead. A pong is waited for 10 s, and its lack
// is deadly only where the server has shown or promised that it pongs (decision 21).
#pragma once

#include "util/random.h"
#include "util/time_ms.h"

#include <stdbool.h>

struct keep_alive {
    uint32_t configured_ms;
    uint32_t limit_ms;     // learned from losses; 0: none
    uint32_t interval_ms;  // the shortest of the configured one, a Flow-Timer and the limit
    bool is_pong_required; // by configuration
    bool is_pong_promised; // outbound or keep agreed on this connection
    bool has_ponged;       // here or on a connection before, and never failed to since
    bool is_awaiting_pong;
    time_ms deadline;
    struct random *random; // NULL while there is no connection
};

enum sip_keep_alive_verdict {
    KEEP_ALIVE_NOTHING,
    KEEP_ALIVE_SEND_PING,  // then call sip_keep_alive_sent_ping
    KEEP_ALIVE_SEND_PROBE, // no pong, which proves nothing here: ask by a request
    KEEP_ALIVE_FLOW_DEAD   // close the connection
};

// `interval_ms` 0: no pings at all. `pong_required`: every missing pong is deadly.
void sip_keep_alive_init(struct keep_alive *keep_alive, uint32_t interval_ms, bool pong_required);
// Another interval, at once. A Flow-Timer must be told again.
void sip_keep_alive_set_interval(struct keep_alive *keep_alive, time_ms now, uint32_t interval_ms);
// A new connection is up. The first ping comes after 80 to 100 % of the interval, as do all others.
void sip_keep_alive_connected(struct keep_alive *keep_alive, time_ms now, struct random *random);
// No connection, no pings.
void sip_keep_alive_link_lost(struct keep_alive *keep_alive);
// The registrar agreed to outbound (200 with Require: outbound) or keep (RFC 6223).
void sip_keep_alive_promised(struct keep_alive *keep_alive);
// The Flow-Timer of a 200 (0: none). It shortens the interval, never below 10 s, and never
// lengthens the configured one.
void sip_keep_alive_flow_timer(struct keep_alive *keep_alive, time_ms now, uint32_t seconds);
// Pings come at this interval at most, whatever else is said; 0: nothing is known. Also before
// there is a connection; it outlasts connections.
void sip_keep_alive_limit(struct keep_alive *keep_alive, time_ms now, uint32_t limit_ms);
// The next ping is due now: the network may have changed.
void sip_keep_alive_probe(struct keep_alive *keep_alive, time_ms now);
void sip_keep_alive_sent_ping(struct keep_alive *keep_alive, time_ms now);
void sip_keep_alive_pong(struct keep_alive *keep_alive, time_ms now);
// Other bytes came: the flow lives, whatever becomes of the pong.
void sip_keep_alive_activity(struct keep_alive *keep_alive, time_ms now);
time_ms sip_keep_alive_deadline(const struct keep_alive *keep_alive);
enum sip_keep_alive_verdict sip_keep_alive_timeout(struct keep_alive *keep_alive, time_ms now);
// Whether a missing pong is deadly; else it leads to a probe.
bool sip_keep_alive_is_answered(const struct keep_alive *keep_alive);
