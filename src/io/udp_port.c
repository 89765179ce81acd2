// SPDX-License-Identifier: ISC
#include "io/udp_port.h"

#include "io/socket_address.h"
#include "util/limits.h"
#include "util/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    DATAGRAMS_PER_TURN = 16,
    PAIR_TRIES = 200
};

struct udp_port {
    int fd;
    struct loop_watch *watch;
    udp_port_received *received;
    void *user;
};

static void readable(void *user)
{
    struct udp_port *port = user;
    char bytes[LIMIT_RTP_PACKET + 1];
    for (int i = 0; i < DATAGRAMS_PER_TURN; i++) {
        struct sockaddr_storage storage;
        socklen_t length = sizeof(storage);
        ssize_t size =
            recvfrom(port->fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&storage, &length);
        if (size < 0)
            break;
        struct net_address from;
        socket_address_read(&storage, &from);
        port->received(port->user, slice_make(bytes, (size_t)size), &from);
    }
}

enum status udp_port_new(struct loop *loop, const struct net_address *bind_to,
                         udp_port_received *received, void *user, struct udp_port **port)
{
    struct sockaddr_storage storage;
    socklen_t length = socket_address_write(bind_to, &storage);
    int fd = socket(storage.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return STATUS_SYSTEM;
    if (bind(fd, (struct sockaddr *)&storage, length) != 0) {
        enum status status = errno == EADDRINUSE ? STATUS_REFUSED : STATUS_SYSTEM;
        close(fd);
        return status;
    }
    struct udp_port *opened = memory_new(sizeof(*opened));
    opened->fd = fd;
    opened->received = received;
    opened->user = user;
    opened->watch = loop_watch_readable(loop, fd, readable, opened);
    *port = opened;
    return STATUS_OK;
}

void udp_port_send(struct udp_port *port, struct slice datagram, const struct net_address *to)
{
    struct sockaddr_storage storage;
    socklen_t length = socket_address_write(to, &storage);
    (void)!sendto(port->fd, datagram.data, datagram.length, 0, (struct sockaddr *)&storage, length);
}

void udp_port_free(struct udp_port *port)
{
    if (!port)
        return;
    loop_watch_free(port->watch);
    close(port->fd);
    free(port);
}

enum status udp_pair_open(struct loop *loop, struct random *random,
                          const struct net_address *bind_to, uint16_t first, uint16_t last,
                          udp_port_received *rtp_received, udp_port_received *rtcp_received,
                          void *user, struct udp_pair *pair)
{
    uint32_t even_first = (uint32_t)first + (first & 1);
    if (even_first + 1 > last)
        return STATUS_REFUSED;
    uint32_t pairs = (last - even_first + 1) / 2;
    uint32_t start = random_below(random, pairs);
    for (uint32_t i = 0; i < pairs && i < PAIR_TRIES; i++) {
        struct udp_pair opened = { .address = *bind_to };
        opened.address.port = (uint16_t)(even_first + 2 * ((start + i) % pairs));
        opened.rtcp_port = (uint16_t)(opened.address.port + 1);
        struct net_address rtcp = opened.address;
        rtcp.port = opened.rtcp_port;
        enum status status = udp_port_new(loop, &opened.address, rtp_received, user, &opened.rtp);
        if (status == STATUS_OK) {
            status = udp_port_new(loop, &rtcp, rtcp_received, user, &opened.rtcp);
            if (status == STATUS_OK) {
                *pair = opened;
                return STATUS_OK;
            }
            udp_port_free(opened.rtp);
        }
        if (status == STATUS_SYSTEM)
            return STATUS_SYSTEM;
    }
    return STATUS_REFUSED;
}
