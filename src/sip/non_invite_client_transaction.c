// SPDX-License-Identifier: ISC
#include "sip/non_invite_client_transaction.h"

// RFC 3261 figure 6, on a reliable transport: no timer E, and timer K is zero, so that COMPLETED is
// left as it is entered. Timer F runs from the request to the final response.
const struct sip_machine sip_non_invite_client_machine = {
    .name = "non-invite client",
    .initial = SIP_STATE_TRYING,
    .states = {
        [SIP_STATE_TRYING] = {
            .timer = SIP_EVENT_TIMER_F,
            .on = {
                [SIP_EVENT_1XX] = { SIP_STATE_PROCEEDING, SIP_ACTION_DELIVER },
                [SIP_EVENT_2XX] = { SIP_STATE_TERMINATED, SIP_ACTION_DELIVER },
                [SIP_EVENT_300_699] = { SIP_STATE_TERMINATED, SIP_ACTION_DELIVER },
                [SIP_EVENT_TIMER_F] = { SIP_STATE_TERMINATED, SIP_ACTION_REPORT_TIMED_OUT },
                [SIP_EVENT_LINK_LOST] = { SIP_STATE_TERMINATED, SIP_ACTION_REPORT_CLOSED },
            },
        },
        [SIP_STATE_PROCEEDING] = {
            .timer = SIP_EVENT_TIMER_F,
            .on = {
                [SIP_EVENT_1XX] = { SIP_STATE_PROCEEDING, SIP_ACTION_DELIVER },
                [SIP_EVENT_2XX] = { SIP_STATE_TERMINATED, SIP_ACTION_DELIVER },
                [SIP_EVENT_300_699] = { SIP_STATE_TERMINATED, SIP_ACTION_DELIVER },
                [SIP_EVENT_TIMER_F] = { SIP_STATE_TERMINATED, SIP_ACTION_REPORT_TIMED_OUT },
                [SIP_EVENT_LINK_LOST] = { SIP_STATE_TERMINATED, SIP_ACTION_REPORT_CLOSED },
            },
        },
    },
};
