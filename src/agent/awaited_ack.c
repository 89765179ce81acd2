// SPDX-License-Identifier: ISC
#include "agent/awaited_ack.h"

#include "sip/transaction.h"
#include "util/limits.h"

void awaited_ack_init(struct awaited_ack *ack)
{
    *ack = (struct awaited_ack){ .transaction = 0 };
    buffer_init(&ack->lines, LIMIT_SIP_HEADER_BLOCK);
    buffer_init(&ack->body, LIMIT_SDP_BYTES);
}

void awaited_ack_begin(struct awaited_ack *ack, time_ms now, uint32_t transaction, uint32_t cseq,
                       struct slice lines, struct slice body)
{
    ack->transaction = transaction;
    ack->cseq = cseq;
    buffer_clear(&ack->lines);
    buffer_append(&ack->lines, lines);
    buffer_clear(&ack->body);
    buffer_append(&ack->body, body);
    ack->interval = SIP_T1_MS;
    ack->repeat_at = now + SIP_T1_MS;
    ack->give_up_at = now + SIP_64_T1_MS;
}

bool awaited_ack_is_open(const struct awaited_ack *ack)
{
    return ack->transaction != 0;
}

time_ms awaited_ack_deadline(const struct awaited_ack *ack)
{
    return awaited_ack_is_open(ack) ? time_earliest(ack->repeat_at, ack->give_up_at) : TIME_NEVER;
}

enum awaited_ack_verdict awaited_ack_timeout(struct awaited_ack *ack, time_ms now)
{
    if (!awaited_ack_is_open(ack) || now < awaited_ack_deadline(ack))
        return AWAITED_ACK_WAIT;
    if (now >= ack->give_up_at)
        return AWAITED_ACK_GIVE_UP;
    ack->interval = ack->interval * 2 < SIP_T2_MS ? ack->interval * 2 : SIP_T2_MS;
    ack->repeat_at = now + ack->interval;
    return AWAITED_ACK_REPEAT;
}

void awaited_ack_end(struct awaited_ack *ack)
{
    ack->transaction = 0;
    ack->has_offer = false;
}

void awaited_ack_clear(struct awaited_ack *ack)
{
    buffer_free(&ack->lines);
    buffer_free(&ack->body);
    ack->transaction = 0;
}
