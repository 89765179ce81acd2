// SPDX-License-Identifier: ISC
#include "agent/call_states.h"

#define ACTION(kind)    (1u << ACTION_##kind)
#define REQUEST(method) (1u << SIP_METHOD_##method)
#define STATE(state)    (1u << CALL_##state)
// ACCEPT and REJECT decide a transfer that the far end asks for.
#define IN_CALL                                                                                    \
    (ACTION(HANGUP) | ACTION(HOLD) | ACTION(RESUME) | ACTION(DTMF) | ACTION(TRANSFER) |            \
     ACTION(ASK) | ACTION(ACCEPT) | ACTION(REJECT))

static const struct {
    const char *name;
    unsigned actions;  // what users may ask for
    unsigned requests; // of the far end inside the dialog that are carried out
    unsigned next;     // the states that may follow
    bool is_early;
} states[CALL_STATE_COUNT] = {
    [CALL_DIALLING] = {
        .name = "dialling",
        .actions = ACTION(HANGUP) | ACTION(ACCEPT) | ACTION(REJECT),
        .next = STATE(CALLING) | STATE(OVER),
        .is_early = true,
    },
    [CALL_CALLING] = {
        .name = "calling",
        .actions = ACTION(HANGUP),
        .requests = REQUEST(BYE) | REQUEST(UPDATE) | REQUEST(INFO),
        .next = STATE(RINGING) | STATE(UP) | STATE(ENDING) | STATE(OVER),
        .is_early = true,
    },
    [CALL_RINGING] = {
        .name = "ringing",
        .actions = ACTION(HANGUP),
        .requests = REQUEST(BYE) | REQUEST(UPDATE) | REQUEST(INFO),
        .next = STATE(UP) | STATE(ENDING) | STATE(OVER),
        .is_early = true,
    },
    [CALL_DECIDING] = {
        .name = "deciding",
        .actions = ACTION(RING) | ACTION(PROGRESS) | ACTION(ANSWER) | ACTION(REJECT) |
                   ACTION(REDIRECT) | ACTION(IGNORE) | ACTION(HANGUP),
        .requests = REQUEST(BYE) | REQUEST(UPDATE) | REQUEST(INFO) | REQUEST(PRACK),
        .next = STATE(ANSWERING) | STATE(OVER),
        .is_early = true,
    },
    [CALL_ANSWERING] = {
        .name = "answering",
        .actions = ACTION(HANGUP),
        .requests = REQUEST(BYE) | REQUEST(UPDATE) | REQUEST(INFO) | REQUEST(PRACK),
        .next = STATE(ANSWERED) | STATE(OVER),
        .is_early = true,
    },
    [CALL_ANSWERED] = {
        .name = "answered",
        .actions = ACTION(HANGUP),
        .requests = REQUEST(BYE) | REQUEST(INVITE) | REQUEST(UPDATE) | REQUEST(INFO),
        .next = STATE(UP) | STATE(ENDING) | STATE(OVER),
    },
    [CALL_UP] = {
        .name = "up",
        .actions = IN_CALL,
        .requests = REQUEST(BYE) | REQUEST(INVITE) | REQUEST(UPDATE) | REQUEST(INFO) |
                    REQUEST(REFER) | REQUEST(NOTIFY),
        .next = STATE(DRAINING) | STATE(ENDING) | STATE(OVER),
    },
    [CALL_DRAINING] = {
        .name = "draining",
        .actions = ACTION(HANGUP),
        .requests = REQUEST(BYE) | REQUEST(INVITE) | REQUEST(UPDATE) | REQUEST(INFO) |
                    REQUEST(NOTIFY),
        .next = STATE(ENDING) | STATE(OVER) | STATE(UP),
    },
    [CALL_ENDING] = {
        .name = "ending",
        .requests = REQUEST(BYE) | REQUEST(INFO),
        .next = STATE(OVER),
    },
    [CALL_OVER] = { .name = "over", .actions = 0, .next = 0, },
};

const char *call_state_text(enum call_state state)
{
    return states[state].name;
}

bool call_state_admits(enum call_state state, enum action_kind action)
{
    return states[state].actions >> action & 1;
}

bool call_state_may_become(enum call_state from, enum call_state to)
{
    return states[from].next >> to & 1;
}

bool call_state_is_early(enum call_state state)
{
    return states[state].is_early;
}

/* RFC 3261 14.2 for INVITE before the 2xx and RFC 3515 2.4.2 for REFER; what comes too late, or
 * means nothing yet, finds no dialog (12.2.2). */
uint32_t call_state_refusal(enum call_state state, enum sip_method method)
{
    bool is_late = state == CALL_ENDING || state == CALL_OVER;
    if (states[state].requests >> method & 1)
        return 0;
    if (method == SIP_METHOD_INVITE && !is_late)
        return 500;
    return method == SIP_METHOD_REFER && !is_late ? 603 : 481;
}
