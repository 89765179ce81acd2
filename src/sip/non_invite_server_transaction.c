// SPDX-License-Identifier: ISC
#include "sip/non_invite_server_transaction.h"

// RFC 3261 figure 8, on a reliable transport: timer J is zero, so that COMPLETED is left as it is
// entered. A lost link ends it: the client's transaction has ended too.
const struct sip_machine sip_non_invite_server_machine = {
    .name = "non-invite server",
    .initial = SIP_STATE_TRYING,
    .states = {
        [SIP_STATE_TRYING] = {
            .on = {
                [SIP_EVENT_REQUEST] = { SIP_STATE_TRYING, SIP_ACTION_NOTHING },
                [SIP_EVENT_1XX] = { SIP_STATE_PROCEEDING, SIP_ACTION_SEND },
                [SIP_EVENT_2XX] = { SIP_STATE_TERMINATED, SIP_ACTION_SEND },
                [SIP_EVENT_300_699] = { SIP_STATE_TERMINATED, SIP_ACTION_SEND },
                [SIP_EVENT_LINK_LOST] = { SIP_STATE_TERMINATED, SIP_ACTION_NOTHING },
            },
        },
        [SIP_STATE_PROCEEDING] = {
            .on = {
                [SIP_EVENT_REQUEST] = { SIP_STATE_PROCEEDING, SIP_ACTION_REPEAT },
                [SIP_EVENT_1XX] = { SIP_STATE_PROCEEDING, SIP_ACTION_SEND },
                [SIP_EVENT_2XX] = { SIP_STATE_TERMINATED, SIP_ACTION_SEND },
                [SIP_EVENT_300_699] = { SIP_STATE_TERMINATED, SIP_ACTION_SEND },
                [SIP_EVENT_LINK_LOST] = { SIP_STATE_TERMINATED, SIP_ACTION_NOTHING },
            },
        },
    },
};
