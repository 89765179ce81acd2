// SPDX-License-Identifier: ISC
// One UDP socket for RTP or RTCP, and pairs of them.
#pragma once

#include "io/loop.h"
#include "util/net_address.h"

struct udp_port;

// Must not free the port it is called from.
typedef void udp_port_received(void *user, struct slice datagram, const struct net_address *from);

// REFUSED: the port is taken; SYSTEM otherwise.
MUST_USE enum status udp_port_new(struct loop *loop, const struct net_address *bind_to,
                                  udp_port_received *received, void *user, struct udp_port **port);
// Best effort: what the kernel does not take at once is lost, as on the network.
void udp_port_send(struct udp_port *port, struct slice datagram, const struct net_address *to);
void udp_port_free(struct udp_port *port);

struct udp_pair {
    struct udp_port *rtp;
    struct udp_port *rtcp;
    struct net_address address; // of the RTP port
    uint16_t rtcp_port;
};

// The port of `rtp` and the next one. REFUSED: one of them is taken; SYSTEM otherwise.
MUST_USE enum status udp_pair_open(struct loop *loop, const struct net_address *rtp,
                                   udp_port_received *rtp_received,
                                   udp_port_received *rtcp_received, void *user,
                                   struct udp_pair *pair);
