// SPDX-License-Identifier: ISC
// The timers of a call: one row each. Every state that only the far end could end has one.
#include "agent/call_private.h"
#include "util/log.h"

enum {
    RING_UNLINKED_MS = 32 * 1000 /* as long as the caller waits for an answer of ours */
};

void call_ring_on(struct call *call, time_ms now)
{
    if (call->state == CALL_DECIDING)
        call->ring_until = now + CALL_RING_MS;
}

void call_ring_less(struct call *call, time_ms now)
{
    if (call->state == CALL_DECIDING)
        call->ring_until = time_earliest(call->ring_until, now + RING_UNLINKED_MS);
}

static time_ms expiry_deadline(const struct call *call)
{
    return call->expires_at;
}

static void expire(struct call *call, time_ms now)
{
    uint32_t status = call->expiry_status;
    call->expires_at = TIME_NEVER;
    call_refuse(call, now, status, slice_empty(), slice_empty(), "missed",
                status == 487 ? CALL_ENDED_REMOTELY : CALL_ENDED_LOCALLY);
}

static time_ms ring_deadline(const struct call *call)
{
    return call->ring_until;
}

/* Whoever owns the call may let it ring on: a hook that lives, a client. */
static void stop_ringing(struct call *call, time_ms now)
{
    if (owners_keep(&call->owners) && *call->context->is_linked) {
        call_ring_on(call, now);
        return;
    }
    LOG(NOTICE, "nobody decided on a call that rang: it is refused", TEXT("call", call->id));
    call_refuse(call, now, 480, slice_empty(), slice_empty(), "missed", CALL_ENDED_LOCALLY);
}

static time_ms ring_again_deadline(const struct call *call)
{
    return call->ring_again_at;
}

static time_ms ack_deadline(const struct call *call)
{
    return awaited_ack_deadline(&call->ack);
}

static void check_ack(struct call *call, time_ms now)
{
    switch (awaited_ack_timeout(&call->ack, now)) {
    case AWAITED_ACK_WAIT:
        break;
    case AWAITED_ACK_REPEAT:
        call_repeat_answer(call, now);
        break;
    case AWAITED_ACK_GIVE_UP:
        LOG(NOTICE, "no ACK came", TEXT("call", call->id));
        awaited_ack_end(&call->ack);
        call_set_reason(call, 408, slice_of("no ACK"));
        call_hang_up(call, now, "no ACK", CALL_ENDED_BY_NETWORK);
        break;
    }
}

static time_ms session_deadline(const struct call *call)
{
    return sip_session_timer_deadline(&call->timer);
}

static void check_session(struct call *call, time_ms now)
{
    const char *why;
    switch (sip_session_timer_timeout(&call->timer, now)) {
    case SESSION_TIMER_WAIT:
        break;
    case SESSION_TIMER_REFRESH:
        (void)!call_change_ask(call, now, CALL_CHANGE_REFRESH, &why);
        break;
    case SESSION_TIMER_EXPIRED:
        LOG(NOTICE, "the session was not refreshed", TEXT("call", call->id));
        call_set_reason(call, 408, slice_of("session expired"));
        call_hang_up(call, now, "session expired", CALL_ENDED_BY_NETWORK);
        break;
    }
}

static time_ms reliable_deadline(const struct call *call)
{
    return sip_reliable_provisional_deadline(&call->reliable.sequence);
}

static time_ms dial_deadline(const struct call *call)
{
    return call->dial.give_up_at;
}

static time_ms change_deadline(const struct call *call)
{
    return call->change.at;
}

static time_ms change_limit_deadline(const struct call *call)
{
    return call->change.until;
}

static time_ms transfer_deadline(const struct call *call)
{
    return call->transfer.give_up_at;
}

static time_ms digits_deadline(const struct call *call)
{
    return digit_collection_deadline(&call->digits);
}

static time_ms next_digit_deadline(const struct call *call)
{
    return call->next_digit_at;
}

static time_ms give_up_deadline(const struct call *call)
{
    return call->left.give_up_at;
}

static time_ms pay_deadline(const struct call *call)
{
    return call->left.pay_at;
}

static time_ms early_bye_deadline(const struct call *call)
{
    return call->left.bye_at;
}

static const struct {
    time_ms (*deadline)(const struct call *call);
    void (*timeout)(struct call *call, time_ms now); // disarms or arms anew
} timers[] = {
    { expiry_deadline, expire },
    { ring_deadline, stop_ringing },
    { ring_again_deadline, call_ring_again },
    { ack_deadline, check_ack },
    { session_deadline, check_session },
    { reliable_deadline, call_reliable_timeout },
    { dial_deadline, call_dial_timeout },
    { change_deadline, call_change_timeout },
    { change_limit_deadline, call_change_give_up },
    { transfer_deadline, call_transfer_timeout },
    { digits_deadline, call_digits_timeout },
    { next_digit_deadline, call_next_digit },
    { pay_deadline, call_pay_debt },
    { early_bye_deadline, call_end_early_dialogs },
    { give_up_deadline, call_left_over_give_up },
};

enum {
    TIMER_COUNT = sizeof(timers) / sizeof(*timers)
};

void call_timeout(struct call *call, time_ms now)
{
    for (size_t i = 0; i < TIMER_COUNT; i++)
        if (now >= timers[i].deadline(call))
            timers[i].timeout(call, now);
}

time_ms call_deadline(const struct call *call)
{
    time_ms deadline = TIME_NEVER;
    for (size_t i = 0; i < TIMER_COUNT; i++)
        deadline = time_earliest(deadline, timers[i].deadline(call));
    return deadline;
}
