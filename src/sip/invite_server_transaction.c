// SPDX-License-Identifier: ISC
#include "sip/invite_server_transaction.h"

// RFC 3261 figure 7 with ACCEPTED of RFC 6026 figure 7, on a reliable transport: no timer G, and
// timer I is zero, so that CONFIRMED is left as it is entered. CANCELLING is PROCEEDING of which
// the user has been told that it was cancelled. A lost link ends nothing: the call may be answered
// on the next one, and else timer H or L or the user ends it.
const struct sip_machine sip_invite_server_machine = {
    .name = "invite server",
    .initial = SIP_STATE_PROCEEDING,
    .states = {
        [SIP_STATE_PROCEEDING] = {
            .on = {
                [SIP_EVENT_REQUEST] = { SIP_STATE_PROCEEDING, SIP_ACTION_REPEAT },
                [SIP_EVENT_CANCEL] = { SIP_STATE_CANCELLING, SIP_ACTION_REPORT_CANCELLED },
                [SIP_EVENT_1XX] = { SIP_STATE_PROCEEDING, SIP_ACTION_SEND },
                [SIP_EVENT_2XX] = { SIP_STATE_ACCEPTED, SIP_ACTION_SEND },
                [SIP_EVENT_300_699] = { SIP_STATE_COMPLETED, SIP_ACTION_SEND },
            },
        },
        [SIP_STATE_CANCELLING] = {
            .on = {
                [SIP_EVENT_REQUEST] = { SIP_STATE_CANCELLING, SIP_ACTION_REPEAT },
                [SIP_EVENT_1XX] = { SIP_STATE_CANCELLING, SIP_ACTION_SEND },
                [SIP_EVENT_2XX] = { SIP_STATE_ACCEPTED, SIP_ACTION_SEND },
                [SIP_EVENT_300_699] = { SIP_STATE_COMPLETED, SIP_ACTION_SEND },
            },
        },
        [SIP_STATE_COMPLETED] = {
            .timer = SIP_EVENT_TIMER_H,
            .on = {
                [SIP_EVENT_REQUEST] = { SIP_STATE_COMPLETED, SIP_ACTION_REPEAT },
                [SIP_EVENT_ACK] = { SIP_STATE_TERMINATED, SIP_ACTION_NOTHING },
                [SIP_EVENT_TIMER_H] = { SIP_STATE_TERMINATED, SIP_ACTION_REPORT_UNACKED },
            },
        },
        // The user repeats the 2xx (13.3.1.4); a repeated INVITE is absorbed without an answer, and
        // each ACK goes to the user. It stays for what may come late: a CANCEL, which gets 200 and
        // not 481, and the same INVITE by another way, which gets 482 and is no second call.
        [SIP_STATE_ACCEPTED] = {
            .timer = SIP_EVENT_TIMER_L,
            .on = {
                [SIP_EVENT_REQUEST] = { SIP_STATE_ACCEPTED, SIP_ACTION_NOTHING },
                [SIP_EVENT_2XX] = { SIP_STATE_ACCEPTED, SIP_ACTION_SEND },
                [SIP_EVENT_ACK] = { SIP_STATE_ACCEPTED, SIP_ACTION_PASS_ACK },
                [SIP_EVENT_TIMER_L] = { SIP_STATE_TERMINATED, SIP_ACTION_NOTHING },
            },
        },
    },
};
