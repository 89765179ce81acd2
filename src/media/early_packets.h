// SPDX-License-Identifier: ISC
// Datagrams that come before it is agreed what they are: audio that overtakes the answer to our
// INVITE. The newest are kept, as much as the delay that they can be played with.
#pragma once

#include "util/net_address.h"
#include "util/slice.h"

#include <stdbool.h>

enum {
    EARLY_PACKETS_MAX = 10
};

struct early_packets;

struct early_packet {
    bool is_rtcp; // it came to that port
    struct slice datagram;
    struct net_address from;
};

struct early_packets *early_packets_new(void);
// Copies the datagram; one that is longer than LIMIT_RTP_PACKET is not kept.
void early_packets_put(struct early_packets *packets, const struct early_packet *packet);
// The `index`-th, the oldest first; NULL: there is none. Borrowed.
const struct early_packet *early_packets_at(const struct early_packets *packets, size_t index);
void early_packets_free(struct early_packets *packets);
