// SPDX-License-Identifier: ISC
#include "io/udp_port.h"

#include "io/socket_address.h"
#include "util/limits.h"
#include "util/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    DATAGRAMS_PER_TURN = 16
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

enum status udp_pair_open(struct loop *loop, const struct net_address *rtp,
                          udp_port_received *rtp_received, udp_port_received *rtcp_received,
                          void *user, struct udp_pair *pair)
{
    struct udp_pair opened = { .address = *rtp, .rtcp_port = (uint16_t)(rtp->port + 1) };
    struct net_address rtcp = *rtp;
    rtcp.port = opened.rtcp_port;
    enum status status = udp_port_new(loop, rtp, rtp_received, user, &opened.rtp);
    if (status != STATUS_OK)
        return status;
    status = udp_port_new(loop, &rtcp, rtcp_received, user, &opened.rtcp);
    if (status == STATUS_OK)
        *pair = opened;
    else
        udp_port_free(opened.rtp);
    return status;
}
