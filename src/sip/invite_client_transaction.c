// SPDX-License-Identifier: ISC
#include "sip/invite_client_transaction.h"

// RFC 3261 figure 5 with ACCEPTED of RFC 6026 figure 5, on a reliable transport: no timer A, and
// timer D is zero, so that COMPLETED is left as it is entered. CALLING_TO_CANCEL and CANCELLING are
// 9.1: CANCEL waits for a 1xx, and 64*T1 later the INVITE is given up.
const struct sip_machine sip_invite_client_machine = {
    .name = "invite client",
    .initial = SIP_STATE_CALLING,
    .states = {
        [SIP_STATE_CALLING] = {
            .timer = SIP_EVENT_TIMER_B,
            .on = {
                [SIP_EVENT_1XX] = { SIP_STATE_PROCEEDING, SIP_ACTION_DELIVER },
                [SIP_EVENT_2XX] = { SIP_STATE_ACCEPTED, SIP_ACTION_DELIVER },
                [SIP_EVENT_300_699] = { SIP_STATE_TERMINATED, SIP_ACTION_DELIVER_AND_ACK },
                [SIP_EVENT_CANCEL] = { SIP_STATE_CALLING_TO_CANCEL, SIP_ACTION_NOTHING },
                [SIP_EVENT_TIMER_B] = { SIP_STATE_TERMINATED, SIP_ACTION_REPORT_TIMED_OUT },
                [SIP_EVENT_LINK_LOST] = { SIP_STATE_TERMINATED, SIP_ACTION_REPORT_CLOSED },
            },
        },
        [SIP_STATE_CALLING_TO_CANCEL] = {
            .timer = SIP_EVENT_TIMER_B,
            .on = {
                [SIP_EVENT_1XX] = { SIP_STATE_CANCELLING, SIP_ACTION_DELIVER_AND_CANCEL },
                [SIP_EVENT_2XX] = { SIP_STATE_ACCEPTED, SIP_ACTION_DELIVER },
                [SIP_EVENT_300_699] = { SIP_STATE_TERMINATED, SIP_ACTION_DELIVER_AND_ACK },
                [SIP_EVENT_TIMER_B] = { SIP_STATE_TERMINATED, SIP_ACTION_REPORT_TIMED_OUT },
                [SIP_EVENT_LINK_LOST] = { SIP_STATE_TERMINATED, SIP_ACTION_REPORT_CLOSED },
            },
        },
        [SIP_STATE_PROCEEDING] = {
            .on = {
                [SIP_EVENT_1XX] = { SIP_STATE_PROCEEDING, SIP_ACTION_DELIVER },
                [SIP_EVENT_2XX] = { SIP_STATE_ACCEPTED, SIP_ACTION_DELIVER },
                [SIP_EVENT_300_699] = { SIP_STATE_TERMINATED, SIP_ACTION_DELIVER_AND_ACK },
                [SIP_EVENT_CANCEL] = { SIP_STATE_CANCELLING, SIP_ACTION_SEND_CANCEL },
                // A 2xx that comes late still wants its ACK (RFC 5407 3.2.3), within 64*T1.
                [SIP_EVENT_ABANDONED] = { SIP_STATE_CANCELLING, SIP_ACTION_NOTHING },
                [SIP_EVENT_LINK_LOST] = { SIP_STATE_TERMINATED, SIP_ACTION_REPORT_CLOSED },
            },
        },
        [SIP_STATE_CANCELLING] = {
            .timer = SIP_EVENT_TIMER_CANCEL,
            .on = {
                [SIP_EVENT_1XX] = { SIP_STATE_CANCELLING, SIP_ACTION_DELIVER },
                [SIP_EVENT_2XX] = { SIP_STATE_ACCEPTED, SIP_ACTION_DELIVER },
                [SIP_EVENT_300_699] = { SIP_STATE_TERMINATED, SIP_ACTION_DELIVER_AND_ACK },
                [SIP_EVENT_TIMER_CANCEL] = { SIP_STATE_TERMINATED, SIP_ACTION_REPORT_TIMED_OUT },
                [SIP_EVENT_LINK_LOST] = { SIP_STATE_TERMINATED, SIP_ACTION_REPORT_CLOSED },
            },
        },
        // A repeated 2xx may still come, even on a new connection: the user has to ACK each one.
        [SIP_STATE_ACCEPTED] = {
            .timer = SIP_EVENT_TIMER_M,
            .on = {
                [SIP_EVENT_2XX] = { SIP_STATE_ACCEPTED, SIP_ACTION_DELIVER },
                [SIP_EVENT_TIMER_M] = { SIP_STATE_TERMINATED, SIP_ACTION_NOTHING },
            },
        },
    },
};
