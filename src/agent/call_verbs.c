// SPDX-License-Identifier: ISC
// What the users of a call ask for, a function each.
#include "agent/call_private.h"
#include "util/log.h"

enum {
    IGNORE_MS = 170000
};

static enum status reject(struct call *call, time_ms now, const struct action *action,
                          const char **why)
{
    struct sip_writer lines;
    (void)why;
    sip_writer_init(&lines);
    uint32_t status = action->code ? action->code : 480;
    if (action->retry_after)
        sip_writer_header_number(&lines, SIP_HEADER_RETRY_AFTER, action->retry_after);
    call_refuse(call, now, status, slice_of(action->text), sip_writer_slice(&lines),
                status == 486 || status == 600 ? "busy" : "rejected", CALL_ENDED_LOCALLY);
    sip_writer_free(&lines);
    return STATUS_OK;
}

/* What `accept` and `reject` decide beside an incoming call: a veto, a transfer. */
static enum status decide(struct call *call, time_ms now, const struct action *action,
                          const char **why)
{
    if (call->state == CALL_DECIDING)
        return reject(call, now, action, why);
    if (call->state != CALL_DIALLING)
        return call_transfer_decide(call, now, action, why);
    if (action->kind == ACTION_ACCEPT) {
        call_allow(call, now);
        return STATUS_OK;
    }
    call_set_reason(call, action->code ? action->code : 603, slice_of(action->text));
    call_conclude(call, now, "rejected", CALL_ENDED_LOCALLY);
    return STATUS_OK;
}

/* Whoever says the same again tells the caller nothing new: he hears it again each minute. Whoever
 * changes his mind may, but not for ever. */
static bool is_news(struct call *call, uint32_t status, const char **why)
{
    *why = "";
    if (call->told_status == status)
        return false;
    if (call->told_changes == LIMIT_PROVISIONALS) {
        *why = "the caller has been told other things too often";
        return false;
    }
    call->told_status = status;
    call->told_changes++;
    return true;
}

static enum status ring(struct call *call, time_ms now, const struct action *action,
                        const char **why)
{
    (void)action;
    call_ring_on(call, now);
    if (is_news(call, 180, why))
        call_ring_again(call, now);
    return (*why)[0] ? STATUS_REFUSED : STATUS_OK;
}

static enum status progress(struct call *call, time_ms now, const struct action *action,
                            const char **why)
{
    (void)action;
    if (is_news(call, 183, why)) {
        call->progress_status = 183;
        call_answer(call, now, CALL_WISH_PROGRESS);
    }
    return (*why)[0] ? STATUS_REFUSED : STATUS_OK;
}

static enum status answer(struct call *call, time_ms now, const struct action *action,
                          const char **why)
{
    (void)why;
    call->decision = *action;
    call_answer(call, now, CALL_WISH_ANSWER);
    return STATUS_OK;
}

static enum status redirect(struct call *call, time_ms now, const struct action *action,
                            const char **why)
{
    struct sip_writer lines;
    (void)why;
    sip_writer_init(&lines);
    for (size_t i = 0; i < action->word_count; i++)
        sip_writer_header_uri(&lines, SIP_HEADER_CONTACT, slice_of(action_word(action, i)));
    call_refuse(call, now, 302, slice_empty(), sip_writer_slice(&lines), "rejected",
                CALL_ENDED_LOCALLY);
    sip_writer_free(&lines);
    return STATUS_OK;
}

static enum status ignore(struct call *call, time_ms now, const struct action *action,
                          const char **why)
{
    (void)action;
    (void)why;
    call->expires_at = time_earliest(call->expires_at, now + IGNORE_MS);
    call->expiry_status = 480;
    return STATUS_OK;
}

static enum status hang_up(struct call *call, time_ms now, const struct action *action,
                           const char **why)
{
    (void)why;
    if (call->is_outgoing && call_state_is_early(call->state))
        call_cancel(call, now, "cancelled", CALL_ENDED_LOCALLY);
    else if (call_state_is_early(call->state))
        call_refuse(call, now, 480, slice_of(action->text), slice_empty(), "rejected",
                    CALL_ENDED_LOCALLY);
    else
        call_hang_up(call, now, action->text[0] ? action->text : "hung up", CALL_ENDED_LOCALLY);
    return STATUS_OK;
}

static enum status hold(struct call *call, time_ms now, const struct action *action,
                        const char **why)
{
    return call_change_ask(
        call, now, action->kind == ACTION_HOLD ? CALL_CHANGE_HOLD : CALL_CHANGE_RESUME, why);
}

static enum status refusal(const struct call *call, enum action_kind kind, const char **why)
{
    if (call->state == CALL_ENDING || call->state == CALL_OVER || call->result) {
        *why = "the call is over";
        return STATUS_CLOSED;
    }
    if (kind == ACTION_ACCEPT)
        *why = "accept answers a transfer, not a call";
    else if (action_takes_time(kind))
        *why = call_state_is_early(call->state) ? "the call is not up yet" : "the call is not up";
    else
        *why = "the call has already been decided";
    return STATUS_REFUSED;
}

enum status call_act(struct call *call, time_ms now, const struct action *action, const char **why)
{
    static enum status (*const perform[ACTION_COUNT])(struct call *, time_ms, const struct action *,
                                                      const char **) = {
        [ACTION_RING] = ring,
        [ACTION_PROGRESS] = progress,
        [ACTION_ANSWER] = answer,
        [ACTION_REJECT] = decide,
        [ACTION_REDIRECT] = redirect,
        [ACTION_IGNORE] = ignore,
        [ACTION_ACCEPT] = decide,
        [ACTION_HANGUP] = hang_up,
        [ACTION_HOLD] = hold,
        [ACTION_RESUME] = hold,
        [ACTION_DTMF] = call_digits_send,
        [ACTION_ASK] = call_digits_ask,
        [ACTION_TRANSFER] = call_transfer_ask,
    };
    if (!call_state_admits(call->state, action->kind) || call->result)
        return refusal(call, action->kind, why);
    return perform[action->kind](call, now, action, why);
}
