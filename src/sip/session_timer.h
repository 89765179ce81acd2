// SPDX-License-Identifier: ISC
// Session timers (RFC 4028): both sides agree on an interval and on who sends a re-INVITE or UPDATE
// at half of it; a session that is not refreshed in time is dead and gets a BYE. Header lines, the
// role and the deadline are here; "Supported: timer", the requests and the BYE are the caller's,
// also the BYE after a refresh that failed by 408, 481 or without an answer (10).
#pragma once

#include "sip/message.h"
#include "sip/writer.h"
#include "util/time_ms.h"

// A value, part of a call; nothing to free. One that is all zeros is off and asks for no timer.
struct sip_session_timer {
    uint32_t wanted_s;     // what we ask for; 0: we leave it to the peer to ask
    uint32_t minimum_s;    // the largest Min-SE heard in this call
    uint32_t interval_s;   // 0: no timer runs
    time_ms started;       // when the last 2xx went or came
    bool is_refresher;     // we are
    bool is_refresh_due;   // and have not yet sent the refresh of this interval
    bool has_been_refused; // a 422 came since the last 2xx
};

enum sip_session_timer_verdict {
    SESSION_TIMER_WAIT,
    SESSION_TIMER_REFRESH, // send re-INVITE or UPDATE now
    SESSION_TIMER_EXPIRED, // send BYE; the timer is off
};

// `wanted_s` is raised to 90, the least there may be; 0: no timer unless the peer asks for one.
void sip_session_timer_init(struct sip_session_timer *timer, uint32_t wanted_s);

// Our requests. For every INVITE and UPDATE: Session-Expires, with the roles as they are once a
// timer runs, and Min-SE when the peer named one above 90.
void sip_session_timer_write_request(const struct sip_session_timer *timer,
                                     struct sip_writer *lines);
// A 422 came. OK: send the request again, with the lines of the larger interval. REFUSED when its
// Min-SE is missing or not larger, or when it is the second since the last 2xx.
MUST_USE enum status sip_session_timer_refused(struct sip_session_timer *timer,
                                               const struct sip_message *response);
// A 2xx to our INVITE or UPDATE: takes interval and role and starts anew. Without a (readable)
// Session-Expires the timer is off from now on (7.2).
void sip_session_timer_accepted(struct sip_session_timer *timer, time_ms now,
                                const struct sip_message *response);

// The peer's requests. An INVITE or UPDATE came: 0, or the status to refuse it with (422), whose
// Min-SE is then in `lines`. Only a peer that supports "timer" can be refused so (9).
uint32_t sip_session_timer_check(const struct sip_message *request, struct sip_writer *lines);
// Our 2xx to it goes out: writes Session-Expires by table 2 of section 9, and Require where the
// peer understands it, and starts anew. Writes nothing and is off when nobody wants a timer.
void sip_session_timer_answer(struct sip_session_timer *timer, time_ms now,
                              const struct sip_message *request, struct sip_writer *lines);

// TIME_NEVER when off.
time_ms sip_session_timer_deadline(const struct sip_session_timer *timer);
// REFRESH once an interval, at half of it, when we are refresher; EXPIRED in either role 32 s, or a
// third if that is less, before the interval ends (10).
enum sip_session_timer_verdict sip_session_timer_timeout(struct sip_session_timer *timer,
                                                         time_ms now);
bool sip_session_timer_is_running(const struct sip_session_timer *timer);
// Whether we refresh; false when off.
bool sip_session_timer_is_refresher(const struct sip_session_timer *timer);
// Half of the interval has passed since the last 2xx, and we are refresher.
bool sip_session_timer_is_overdue(const struct sip_session_timer *timer);
// When EXPIRED is due; TIME_NEVER when off.
time_ms sip_session_timer_expires_at(const struct sip_session_timer *timer);
// 0 when off.
uint32_t sip_session_timer_interval_s(const struct sip_session_timer *timer);
void sip_session_timer_stop(struct sip_session_timer *timer);
