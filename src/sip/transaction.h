// SPDX-License-Identifier: ISC
// What the four transactions share (RFC 3261 17, RFC 6026): the names of states, events and actions
// and the one step function. Each machine is a const table in a file of its own. Only the reliable
// transport exists here: timers A, E and G are absent, D, I, J and K are zero (table 4), so that
// the states which only wait for one of these end as they begin and are not in the tables.
#pragma once

#include "sip/message.h"
#include "sip/request.h"
#include "util/deadlines.h"
#include "util/index.h"
#include "util/list.h"
#include "util/net_address.h"
#include "util/time_ms.h"

enum {
    SIP_T1_MS = 500,
    SIP_T2_MS = 4000,
    SIP_64_T1_MS = 64 * SIP_T1_MS, // the length of every timer that is left: B, F, H, L, M
};

enum sip_transaction_state {
    SIP_STATE_TERMINATED,
    SIP_STATE_CALLING,
    SIP_STATE_CALLING_TO_CANCEL, // CALLING, and the CANCEL waits for a 1xx (9.1)
    SIP_STATE_TRYING,
    SIP_STATE_PROCEEDING,
    SIP_STATE_CANCELLING, // PROCEEDING, and CANCEL was sent (client) or has come (server)
    SIP_STATE_COMPLETED,
    SIP_STATE_ACCEPTED, // RFC 6026
    SIP_STATE_COUNT,
};

enum sip_transaction_event {
    SIP_EVENT_NONE,
    SIP_EVENT_1XX, // client: has come; server: the user's answer
    SIP_EVENT_2XX,
    SIP_EVENT_300_699,
    SIP_EVENT_REQUEST, // server: the same request again
    SIP_EVENT_ACK,
    SIP_EVENT_CANCEL, // client: the user's wish; server: has come
    SIP_EVENT_TIMER_B,
    SIP_EVENT_TIMER_F,
    SIP_EVENT_TIMER_H,
    SIP_EVENT_TIMER_L,
    SIP_EVENT_TIMER_M,
    SIP_EVENT_TIMER_CANCEL, // the 64*T1 of 9.1, which have no letter
    SIP_EVENT_ABANDONED,    // client: nobody waits for the answer any more
    SIP_EVENT_LINK_LOST,
    SIP_EVENT_COUNT,
};

enum sip_transaction_action {
    SIP_ACTION_IGNORE,             // an empty cell: nothing happens, the state stays
    SIP_ACTION_NOTHING,            // only the state changes
    SIP_ACTION_DELIVER,            // the response goes to the user
    SIP_ACTION_DELIVER_AND_ACK,    // 17.1.1.3
    SIP_ACTION_DELIVER_AND_CANCEL, // the CANCEL that waited may go out
    SIP_ACTION_SEND_CANCEL,
    SIP_ACTION_SEND,   // the response goes to the peer and is kept
    SIP_ACTION_REPEAT, // the kept response goes to the peer once more
    SIP_ACTION_PASS_ACK,
    SIP_ACTION_REPORT_CANCELLED,
    SIP_ACTION_REPORT_TIMED_OUT,
    SIP_ACTION_REPORT_CLOSED,
    SIP_ACTION_REPORT_UNACKED,
    SIP_ACTION_COUNT,
};

struct sip_transition {
    enum sip_transaction_state next;
    enum sip_transaction_action action;
};

struct sip_machine_state {
    enum sip_transaction_event timer; // runs in this state; NONE: none does
    struct sip_transition on[SIP_EVENT_COUNT];
};

struct sip_machine {
    const char *name;
    enum sip_transaction_state initial;
    struct sip_machine_state states[SIP_STATE_COUNT];
};

// One transaction; the endpoint owns it, and finds it by the links at its head.
struct sip_transaction {
    struct list_link link;
    struct index_link by_id;
    struct index_link by_branch;
    struct index_link by_call; // server
    struct deadline due;       // as `deadline`
    struct list_link waiting;  // server: in a list of those that wait for nothing but the peer
    struct list *waits_in;     // which; NULL: in none

    uint32_t id;
    const struct sip_machine *machine;
    enum sip_transaction_state state;
    time_ms deadline; // TIME_NEVER when no timer runs
    enum sip_method method;
    bool is_server;

    // Server
    struct sip_message *request; // a copy
    struct net_address source;   // where it came from; NET_NONE: not known
    struct buffer response;      // the last one sent; none once is_acknowledged
    struct slice to_tag;         // of our responses, where the request has none
    bool is_acknowledged;        // ACCEPTED, and the ACK has come: only timer L is left

    // Client
    struct arena *arena;
    struct sip_request sent; // what ACK and CANCEL repeat of it; no lines, no body
    struct slice via_text;
    struct sip_via via;        // of via_text
    struct slice cancel_lines; // for a CANCEL to come
    bool is_owed;              // nobody waits for its answer
    bool is_cancel;            // the endpoint's own CANCEL, of which the user hears nothing
};

// Both copy what they keep. Not started: the state is TERMINATED.
struct sip_transaction *sip_transaction_new_server(const struct sip_message *request);
struct sip_transaction *sip_transaction_new_client(const struct sip_request *request,
                                                   struct slice via);
// Server: the To tag of the responses from now on; copied.
void sip_transaction_set_tag(struct sip_transaction *transaction, struct slice tag);
// Enters the machine's initial state.
void sip_transaction_start(struct sip_transaction *transaction, time_ms now);
// The one place where a state changes and a deadline is set; the action is the caller's to do.
enum sip_transaction_action sip_transaction_step(struct sip_transaction *transaction, time_ms now,
                                                 enum sip_transaction_event event);
// What step would do.
const struct sip_transition *sip_transaction_transition(const struct sip_transaction *transaction,
                                                        enum sip_transaction_event event);
// The event that the running timer will be; NONE without one.
enum sip_transaction_event sip_transaction_timer(const struct sip_transaction *transaction);
void sip_transaction_free(struct sip_transaction *transaction);

enum sip_transaction_event sip_event_of_status(uint32_t status);
// One cell, for tests and pictures.
const struct sip_transition *sip_machine_transition(const struct sip_machine *machine,
                                                    enum sip_transaction_state state,
                                                    enum sip_transaction_event event);
// "PROCEEDING", "TIMER_B", "DELIVER"; "" out of range.
const char *sip_state_text(enum sip_transaction_state state);
const char *sip_event_text(enum sip_transaction_event event);
const char *sip_action_text(enum sip_transaction_action action);
