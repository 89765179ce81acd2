// SPDX-License-Identifier: ISC
#include "agent/refused_calls.h"

#include "agent/agent_private.h"
#include "agent/call_facts.h"
#include "sip/status_text.h"
#include "util/log.h"

static const struct {
    const char *name;
    bool is_told; // it is the end of a call
} refusals[REFUSAL_COUNT] = {
    [REFUSAL_LIMIT] = { "limit", true },         [REFUSAL_STOPPING] = { "stopping", true },
    [REFUSAL_OFFER] = { "offer", true },         [REFUSAL_UNSUPPORTED] = { "unsupported", true },
    [REFUSAL_MALFORMED] = { "malformed", true }, [REFUSAL_INTERVAL] = { "interval", false },
    [REFUSAL_MERGED] = { "merged", false },
};

const char *call_refusal_text(enum call_refusal refusal)
{
    return refusals[refusal].name;
}

/* Each costs some time; what is spent ahead is bounded. So a flood starts few hooks, and one who
 * calls now and then is always told. */
static bool may_tell(struct refused_calls *refused, time_ms now)
{
    if (refused->told_until < now)
        refused->told_until = now;
    if (refused->told_until - now > (LIMIT_REFUSED_CALLS_TOLD - 1) * LIMIT_REFUSED_CALL_MS)
        return false;
    refused->told_until += LIMIT_REFUSED_CALL_MS;
    return true;
}

/* Never that of a call. */
static struct slice make_id(struct agent *agent, struct arena *arena)
{
    char id[CALL_ID_LENGTH + 1];
    do
        random_token(agent->random, id, CALL_ID_LENGTH);
    while (call_table_find_id(agent->calls, slice_of(id)));
    return arena_copy(arena, slice_of(id));
}

static struct told *told_of(struct agent *agent, const struct sip_message *invite,
                            enum call_refusal refusal, uint32_t status, struct slice why)
{
    struct told *told = told_new(EVENT_ENDED);
    struct event *event = &told->event;
    const struct agent_settings *settings = agent->settings;
    struct buffer code;
    call_facts_read(told->arena, invite, settings->export_headers, settings->export_header_count,
                    event);
    event->call = ++agent->last_number;
    event->call_id = make_id(agent, told->arena);
    event->direction = slice_of("in");
    event->state = slice_of(call_state_text(CALL_OVER));
    event->result = slice_of(refusal == REFUSAL_LIMIT ? "busy" : "failed");
    buffer_init(&code, 16);
    buffer_append_number(&code, status);
    event->code = arena_copy(told->arena, buffer_slice(&code));
    buffer_free(&code);
    event->reason = arena_copy(told->arena, why);
    told->sip_call_id = arena_copy(told->arena, invite->call_id);
    event->ended_by = slice_of("local");
    event->ring_secs = event->talk_secs = slice_of("0");
    return told;
}

static void tell(struct agent *agent, const struct sip_message *invite, struct told *told)
{
    const struct event *event = &told->event;
    struct slice from = agent->settings->logs_numbers
                            ? invite->from.uri.text
                            : call_facts_mask(told->arena, &invite->from.uri);
    LOG(NOTICE, "call refused", SLICE("call", event->call_id), SLICE("from", from),
        SLICE("code", event->code), SLICE("why", event->reason));
    outbox_put_told(&agent->outbox, told);
    outbox_put(&agent->outbox, OUTBOX_CALL_OVER, event->call);
}

uint64_t agent_count_refused(const struct agent *agent, enum call_refusal refusal)
{
    return agent->refused.counted[refusal];
}

void refused_calls_note(struct agent *agent, time_ms now, const struct sip_message *invite,
                        enum call_refusal refusal, uint32_t status, struct slice why)
{
    struct refused_calls *refused = &agent->refused;
    refused->counted[refusal]++;
    if (slice_is_empty(why))
        why = slice_of(sip_status_text(status));
    if (!refusals[refusal].is_told) {
        LOG(DEBUG, "an INVITE makes no call", NUMBER("code", status), SLICE("why", why));
    } else if (!may_tell(refused, now)) {
        refused->untold++;
    } else {
        if (refused->untold)
            LOG(NOTICE, "calls were refused that no hook was told of: too many at once",
                NUMBER("calls", (int64_t)refused->untold));
        refused->untold = 0;
        tell(agent, invite, told_of(agent, invite, refusal, status, why));
    }
}
