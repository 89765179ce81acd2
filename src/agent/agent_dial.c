// SPDX-License-Identifier: ISC
// Calls that we begin: what is asked for is checked against dial.* before anything leaves.
#include "agent/agent_private.h"
#include "util/log.h"

enum {
    TRANSFER_WAIT_S = 30,
    TELL_UNDIALLED_MS = 10000
};

static enum status check_limits(struct agent *agent, time_ms now, const char **why)
{
    const struct agent_settings *settings = agent->settings;
    *why = "the daemon stops";
    if (agent->is_stopping)
        return STATUS_REFUSED;
    *why = "as many calls as limits.calls allows are up";
    if (call_table_count_live(agent->calls) >= settings->calls_max)
        return STATUS_REFUSED;
    *why = "as many outgoing calls as dial.max_calls allows are up";
    if (call_table_count_outgoing(agent->calls) >= settings->dial_max_calls)
        return STATUS_REFUSED;
    *why = "dial.per_hour allows no more calls in this hour";
    return dial_rules_count(&agent->dial_rules, now, settings->dial_per_hour);
}

static enum status dial(struct agent *agent, time_ms now, struct call_order *order,
                        struct buffer *target, uint32_t *number, const char **why)
{
    enum status status = dial_rules_target(agent->settings, order->target, target, why);
    if (status != STATUS_OK)
        return status;
    order->target = buffer_slice(target);
    *why = "dial.allow has no pattern for this number or address";
    if (!dial_rules_allow(agent->settings, order->target))
        return STATUS_REFUSED;
    if (check_limits(agent, now, why) != STATUS_OK)
        return STATUS_REFUSED;
    *number = ++agent->last_number;
    call_table_add(agent->calls, call_new_outgoing(&agent->context, now, *number, order));
    return STATUS_OK;
}

/* Whoever tries in a loop is told each time, the log now and then. */
static void note_undialled(struct agent *agent, time_ms now, const char *why)
{
    agent->undialled++;
    if (now < agent->tell_undialled_at)
        return;
    LOG(NOTICE, "not dialled", TEXT("why", why), NUMBER("times", (int64_t)agent->undialled));
    agent->undialled = 0;
    agent->tell_undialled_at = now + TELL_UNDIALLED_MS;
}

enum status agent_dial(struct agent *agent, time_ms now, const struct call_order *order,
                       uint32_t *number, const char **why)
{
    struct call_order whole = *order;
    struct buffer target;
    buffer_init(&target, LIMIT_SIP_LINE);
    enum status status = dial(agent, now, &whole, &target, number, why);
    buffer_free(&target);
    if (status != STATUS_OK)
        note_undialled(agent, now, *why);
    return status;
}

static void follow(struct agent *agent, time_ms now, struct call *call)
{
    struct call_order order;
    uint32_t number;
    const char *why;
    if (!call_take_transfer(call, &order))
        return;
    order.wait_s = TRANSFER_WAIT_S;
    order.is_detached = true;
    enum status status = agent_dial(agent, now, &order, &number, &why);
    if (status != STATUS_OK)
        call_report_transfer(call, now, status == STATUS_REFUSED ? 603 : 416);
}

void agent_pursue_transfers(struct agent *agent, time_ms now)
{
    struct call *call = NULL;
    while ((call = call_table_next_touched(agent->calls, call))) {
        follow(agent, now, call);
        if (!call_referrer(call))
            continue;
        struct call *referrer = call_table_reach(agent->calls, call_referrer(call));
        if (referrer)
            call_report_transfer(referrer, now, call_progress_status(call));
    }
}
