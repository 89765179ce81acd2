// SPDX-License-Identifier: ISC
// The records of calls that a next process ends, should this one be killed (decision 15).
#include "agent/agent_private.h"

bool agent_next_record(struct agent *agent, bool is_over, struct agent_output *output)
{
    struct call *call;
    while ((call = call_table_take_unkept(agent->calls, is_over))) {
        if (!call_is_record_due(call))
            continue;
        call_record_given(call);
        *output = (struct agent_output){
            .kind = AGENT_OUTBOX,
            .item = { .kind = is_over ? OUTBOX_RECORD_OVER : OUTBOX_RECORD,
                      .call = call_number(call) },
        };
        return true;
    }
    return false;
}

enum status agent_write_record(const struct agent *agent, time_ms now, time_ms wall,
                               uint32_t number, struct buffer *text)
{
    const struct call *call = agent_call(agent, number);
    buffer_clear(text);
    return call ? call_write_record(call, now, wall, text) : STATUS_OK;
}

bool agent_set_told(struct agent *agent, uint32_t number)
{
    struct call *call = call_table_reach(agent->calls, number);
    if (call)
        call_set_told(call);
    return call != NULL;
}

enum status agent_restore(struct agent *agent, time_ms now, time_ms wall, struct slice text,
                          uint32_t *number, const char **why)
{
    struct call_record record;
    struct arena *arena = arena_new();
    enum status status = call_record_parse(arena, text, &record, why);
    if (status == STATUS_OK) {
        *number = ++agent->last_number;
        call_table_add(agent->calls, call_restore(&agent->context, now, wall, *number, &record));
    }
    arena_free(arena);
    return status;
}

size_t agent_count_left_over(const struct agent *agent)
{
    size_t count = 0;
    const struct call *call = NULL;
    while ((call = call_table_next(agent->calls, call)))
        count += call_is_left_over(call);
    return count;
}

bool agent_next_binding(struct agent *agent, struct agent_output *output)
{
    if (!agent->is_binding_stale)
        return false;
    agent->is_binding_stale = false;
    *output = (struct agent_output){ .kind = AGENT_BINDING };
    return true;
}

void agent_write_binding(const struct agent *agent, time_ms now, time_ms wall, struct buffer *text)
{
    const struct sip_registration *old = agent->departure.registration;
    sip_registration_write_record(old ? old : agent->registration, now, wall, text);
}

enum status agent_restore_binding(struct agent *agent, time_ms now, time_ms wall,
                                  struct slice record)
{
    return sip_registration_restore(agent->registration, now, wall, record);
}
