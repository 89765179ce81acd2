// SPDX-License-Identifier: ISC
// The inside of a registration, shared by the files registration*.c only.
#pragma once

#include "sip/registration.h"
#include "sip/registration_binding.h"
#include "sip/registration_contacts.h"
#include "sip/registration_waits.h"

enum {
    REGISTRATION_OUTPUTS_MAX = 8,
    REGISTRATION_FAILURE_BYTES = 256,
};

struct sip_registration {
    struct sip_digest *digest;
    struct random *random;
    struct buffer aor;
    struct buffer registrar;
    struct buffer instance_id;
    struct arena *routes_arena;
    struct slice *routes;
    size_t route_count;
    uint32_t expires_s; // asked for; rises with a 423
    uint32_t start_jitter_ms;

    enum sip_registration_state state;
    bool is_linked;
    bool is_online;
    bool has_failed_once;
    bool refuses_outbound; // 439
    bool has_other;        // server to go to
    bool asks_gruu;
    bool has_tidied;         // what a process of before has left behind
    bool has_tried_interval; // 423 answered once already for this round
    bool is_unregistering;
    bool is_refresh_due; // asked for while a REGISTER was on its way
    bool is_fresh;       // the connection: no REGISTER on it has had its end
    bool is_slow;        // the registrar: it has taken its time with an answer once
    unsigned silences;   // REGISTERs in a row without an answer
    time_ms sent_at;     // of the last REGISTER, as far as is_slow must know
    time_ms fresh_until; // an answer is waited for on a fresh connection; else TIME_NEVER
    unsigned attempts;
    struct registration_waits waits;
    time_ms deadline;
    time_ms registered_until;
    time_ms not_before; // Retry-After and refusals hold over new connections

    struct registration_contacts contacts;
    struct buffer seen_uri; // a Contact to fall back on, for the answer in hand; else empty
    time_ms bound_until;    // the last binding, also one of a connection that is lost
    struct buffer from;
    struct buffer to;
    char call_id[33];
    uint32_t cseq;
    struct sip_writer lines;
    struct sip_registration_output outputs[REGISTRATION_OUTPUTS_MAX];
    size_t output_count;
    char failure[REGISTRATION_FAILURE_BYTES];
    uint32_t last_status;
    struct registration_binding binding; // of the last 200
};

// An output to be filled in, behind the others.
struct sip_registration_output *registration_put(struct sip_registration *registration,
                                                 enum sip_registration_output_kind kind);
// The one place where the state changes, and what ends it with it; TIME_NEVER: only what comes.
void registration_become(struct sip_registration *registration, enum sip_registration_state state,
                         time_ms deadline);
// REGISTER as things are: for a binding, or while unregistering for its end.
void registration_send(struct sip_registration *registration);
// The first one of a round: what was tried in the round before does not count.
void registration_begin_round(struct sip_registration *registration);
// On a connection that has served nobody yet, an answer is waited for a short time only.
void registration_await_answer(struct sip_registration *registration, time_ms now);
// WAITING until then, or not at all if a refresh was asked for.
void registration_wait_until(struct sip_registration *registration, time_ms when);
// Told once.
void registration_go_offline(struct sip_registration *registration, const char *why);
// The end of unregistering.
void registration_stopped(struct sip_registration *registration);
// registration_answers.c: the last REGISTER gets no answer.
void registration_unanswered(struct sip_registration *registration);
