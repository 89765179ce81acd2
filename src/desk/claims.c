// SPDX-License-Identifier: ISC
// An asked event is open until it is decided or has lapsed. That of an incoming call stays on
// behind its decision while its client owns the call.
#include "desk/claims.h"

#include "util/list.h"
#include "util/memory.h"

#include <stdlib.h>

struct asked {
    struct list_link link;
    enum event_kind event;
    uint32_t call;
    uint32_t client;
    time_ms deadline; // TIME_NEVER once the client has said enough
    bool is_open;
    bool is_owner;
};

struct output {
    struct list_link link;
    struct control_claim claim;
};

struct control_claims {
    uint32_t claimers[EVENT_COUNT]; // 0: none
    struct list asked;
    struct list outputs;
    uint64_t lapsed;
};

struct control_claims *control_claims_new(void)
{
    struct control_claims *claims = memory_new(sizeof(*claims));
    list_init(&claims->asked);
    list_init(&claims->outputs);
    return claims;
}

bool control_claims_take(struct control_claims *claims, enum event_kind kind, uint32_t client)
{
    uint32_t *claimer = &claims->claimers[kind];
    if (!event_wants_decision(kind) || (*claimer && *claimer != client))
        return false;
    *claimer = client;
    return true;
}

bool control_claims_is_taken(const struct control_claims *claims, enum event_kind kind)
{
    return claims->claimers[kind] != 0;
}

uint32_t control_claims_ask(struct control_claims *claims, enum event_kind kind, uint32_t call,
                            time_ms deadline)
{
    uint32_t client = claims->claimers[kind];
    if (!client)
        return 0;
    struct asked *asked = memory_new(sizeof(*asked));
    *asked = (struct asked){
        .event = kind, .call = call, .client = client, .deadline = deadline, .is_open = true
    };
    list_append(&claims->asked, &asked->link);
    return client;
}

static void put(struct control_claims *claims, const struct asked *asked,
                enum control_claim_outcome outcome, const char *why)
{
    struct output *output = memory_new(sizeof(*output));
    output->claim = (struct control_claim){
        .outcome = outcome, .event = asked->event, .call = asked->call, .why = why
    };
    list_append(&claims->outputs, &output->link);
}

static void close_asked(struct control_claims *claims, struct asked *asked,
                        enum control_claim_outcome outcome, const char *why)
{
    asked->is_open = false;
    asked->deadline = TIME_NEVER;
    claims->lapsed += outcome == CLAIM_LAPSED;
    put(claims, asked, outcome, why);
}

static void forget(struct control_claims *claims, struct asked *asked)
{
    list_remove(&claims->asked, &asked->link);
    free(asked);
}

/* Beside an incoming call only its veto or its transfer is decided; verbs go by. */
static bool decides(enum event_kind event, enum action_kind action)
{
    if (event == EVENT_INCOMING)
        return action_is_final(action);
    return action == ACTION_ACCEPT || action == ACTION_REJECT || action == ACTION_HANGUP;
}

/* The first word about an incoming call. */
static void speak(struct control_claims *claims, struct asked *asked)
{
    if (asked->event != EVENT_INCOMING || asked->is_owner)
        return;
    asked->deadline = TIME_NEVER;
    asked->is_owner = true;
    put(claims, asked, CLAIM_OWNED, NULL);
}

void control_claims_acted(struct control_claims *claims, uint32_t client, uint32_t call,
                          enum action_kind action)
{
    list_for_each_safe(link, &claims->asked) {
        struct asked *asked = list_entry(link, struct asked, link);
        if (asked->call != call || !asked->is_open)
            continue;
        if (asked->client == client)
            speak(claims, asked);
        if (decides(asked->event, action))
            close_asked(claims, asked, CLAIM_DECIDED, NULL);
        if (!asked->is_open && !asked->is_owner)
            forget(claims, asked);
    }
}

void control_claims_call_over(struct control_claims *claims, uint32_t call)
{
    list_for_each_safe(link, &claims->asked) {
        struct asked *asked = list_entry(link, struct asked, link);
        if (asked->call != call)
            continue;
        if (asked->is_open)
            close_asked(claims, asked, CLAIM_DECIDED, NULL);
        forget(claims, asked);
    }
}

/* The hook is asked before the owner goes, so that the call is never without either. */
void control_claims_client_gone(struct control_claims *claims, uint32_t client)
{
    for (size_t i = 0; i < EVENT_COUNT; i++)
        if (claims->claimers[i] == client)
            claims->claimers[i] = 0;
    list_for_each_safe(link, &claims->asked) {
        struct asked *asked = list_entry(link, struct asked, link);
        if (asked->client != client)
            continue;
        if (asked->is_open)
            close_asked(claims, asked, CLAIM_LAPSED, "the client that had claimed it is gone");
        if (asked->is_owner)
            put(claims, asked, CLAIM_RELEASED, NULL);
        forget(claims, asked);
    }
}

void control_claims_timeout(struct control_claims *claims, time_ms now)
{
    list_for_each_safe(link, &claims->asked) {
        struct asked *asked = list_entry(link, struct asked, link);
        if (now < asked->deadline)
            continue;
        close_asked(claims, asked, CLAIM_LAPSED,
                    "the client that has claimed it said nothing within hooks.decide");
        forget(claims, asked);
    }
}

time_ms control_claims_deadline(const struct control_claims *claims)
{
    time_ms deadline = TIME_NEVER;
    list_for_each(link, &claims->asked)
        deadline = time_earliest(deadline, list_entry(link, struct asked, link)->deadline);
    return deadline;
}

bool control_claims_next_output(struct control_claims *claims, struct control_claim *claim)
{
    struct list_link *link = list_take_first(&claims->outputs);
    if (!link)
        return false;
    struct output *output = list_entry(link, struct output, link);
    *claim = output->claim;
    free(output);
    return true;
}

uint64_t control_claims_lapsed(const struct control_claims *claims)
{
    return claims->lapsed;
}

void control_claims_free(struct control_claims *claims)
{
    struct list_link *link;
    if (!claims)
        return;
    while ((link = list_take_first(&claims->asked)))
        free(list_entry(link, struct asked, link));
    while ((link = list_take_first(&claims->outputs)))
        free(list_entry(link, struct output, link));
    free(claims);
}
