// SPDX-License-Identifier: ISC
// Clients that decide instead of hooks (contract, "Control socket", `claim`): one for each event
// that wants a decision. Who is asked must speak within hooks.decide; what it leaves open goes to
// the hook. Clients and calls are known by number only.
#pragma once

#include "agent/action.h"
#include "agent/event.h"
#include "util/time_ms.h"

struct control_claims;

enum control_claim_outcome {
    CLAIM_OWNED,    // the client that was asked about an incoming call has spoken: it owns it
    CLAIM_RELEASED, // and is gone
    CLAIM_DECIDED,  // the event needs no hook any more
    CLAIM_LAPSED,   // it does, as if nobody had claimed it
};

struct control_claim {
    enum control_claim_outcome outcome;
    enum event_kind event;
    uint32_t call;
    const char *why; // LAPSED: a constant sentence
};

struct control_claims *control_claims_new(void);
// False: another client has claimed it, or nobody can.
MUST_USE bool control_claims_take(struct control_claims *claims, enum event_kind kind,
                                  uint32_t client);
bool control_claims_is_taken(const struct control_claims *claims, enum event_kind kind);
// An event of a call: the number of the client that has until `deadline` to speak; 0: nobody has
// claimed it.
uint32_t control_claims_ask(struct control_claims *claims, enum event_kind kind, uint32_t call,
                            time_ms deadline);
// A client has used `action` on a call, and it was carried out. Everybody may decide; only the one
// that was asked comes to own the call.
void control_claims_acted(struct control_claims *claims, uint32_t client, uint32_t call,
                          enum action_kind action);
void control_claims_call_over(struct control_claims *claims, uint32_t call);
void control_claims_client_gone(struct control_claims *claims, uint32_t client);
void control_claims_timeout(struct control_claims *claims, time_ms now);
time_ms control_claims_deadline(const struct control_claims *claims);
// Pull until false after every input.
bool control_claims_next_output(struct control_claims *claims, struct control_claim *claim);
// How many events have lapsed so far.
uint64_t control_claims_lapsed(const struct control_claims *claims);
void control_claims_free(struct control_claims *claims);
