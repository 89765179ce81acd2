// SPDX-License-Identifier: ISC
// A 2xx of ours that awaits its ACK: repeated end to end, also over a reliable connection, because
// a proxy may have a lossy leg behind it (RFC 3261 13.3.1.4).
#pragma once

#include "util/buffer.h"
#include "util/time_ms.h"

enum awaited_ack_verdict {
    AWAITED_ACK_WAIT,
    AWAITED_ACK_REPEAT,
    AWAITED_ACK_GIVE_UP
};

struct awaited_ack {
    uint32_t transaction; // 0: none is awaited
    uint32_t cseq;
    struct buffer lines; // what the 2xx said beside the copied headers
    struct buffer body;
    time_ms interval;
    time_ms repeat_at;
    time_ms give_up_at;
    bool has_offer; // the 2xx carried an offer: the ACK brings the answer
};

void awaited_ack_init(struct awaited_ack *ack);
// The 2xx has just been sent; lines and body are copied.
void awaited_ack_begin(struct awaited_ack *ack, time_ms now, uint32_t transaction, uint32_t cseq,
                       struct slice lines, struct slice body);
bool awaited_ack_is_open(const struct awaited_ack *ack);
time_ms awaited_ack_deadline(const struct awaited_ack *ack);
enum awaited_ack_verdict awaited_ack_timeout(struct awaited_ack *ack, time_ms now);
// The ACK came, or it does not matter any more.
void awaited_ack_end(struct awaited_ack *ack);
void awaited_ack_clear(struct awaited_ack *ack);
