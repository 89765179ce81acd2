// SPDX-License-Identifier: ISC
// One UDP socket for RTP or RTCP, and pairs of them from a range of ports.
#pragma once

#include "io/loop.h"
#include "util/net_address.h"
#include "util/random.h"

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

// An even port and the next one, from [first, last], drawn at random so that they cannot be
// guessed. REFUSED when no pair is free.
MUST_USE enum status udp_pair_open(struct loop *loop, struct random *random,
                                   const struct net_address *bind_to, uint16_t first, uint16_t last,
                                   udp_port_received *rtp_received,
                                   udp_port_received *rtcp_received, void *user,
                                   struct udp_pair *pair);
