// SPDX-License-Identifier: ISC
#include "io/socket_address.h"

#include <netinet/in.h>
#include <unistd.h>

socklen_t socket_address_write(const struct net_address *address, struct sockaddr_storage *storage)
{
    memset(storage, 0, sizeof(*storage));
    if (address->family == NET_IPV6) {
        struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)storage;
        ipv6->sin6_family = AF_INET6;
        ipv6->sin6_port = htons(address->port);
        memcpy(&ipv6->sin6_addr, address->bytes, 16);
        return sizeof(*ipv6);
    }
    struct sockaddr_in *ipv4 = (struct sockaddr_in *)storage;
    ipv4->sin_family = AF_INET;
    ipv4->sin_port = htons(address->port);
    memcpy(&ipv4->sin_addr, address->bytes, 4);
    return sizeof(*ipv4);
}

void socket_address_read(const struct sockaddr_storage *storage, struct net_address *address)
{
    *address = (struct net_address){ .family = NET_NONE };
    if (storage->ss_family == AF_INET6) {
        const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)storage;
        address->family = NET_IPV6;
        address->port = ntohs(ipv6->sin6_port);
        memcpy(address->bytes, &ipv6->sin6_addr, 16);
    } else if (storage->ss_family == AF_INET) {
        const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)storage;
        address->family = NET_IPV4;
        address->port = ntohs(ipv4->sin_port);
        memcpy(address->bytes, &ipv4->sin_addr, 4);
    }
}

void socket_address_local(int fd, struct net_address *address)
{
    struct sockaddr_storage storage = { .ss_family = AF_UNSPEC };
    socklen_t length = sizeof(storage);
    getsockname(fd, (struct sockaddr *)&storage, &length);
    socket_address_read(&storage, address);
}

void socket_address_remote(int fd, struct net_address *address)
{
    struct sockaddr_storage storage = { .ss_family = AF_UNSPEC };
    socklen_t length = sizeof(storage);
    getpeername(fd, (struct sockaddr *)&storage, &length);
    socket_address_read(&storage, address);
}

bool socket_address_source(const struct net_address *remote, struct net_address *source)
{
    struct sockaddr_storage storage;
    socklen_t length = socket_address_write(remote, &storage);
    int fd = socket(storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool has_route = fd >= 0 && connect(fd, (struct sockaddr *)&storage, length) == 0;
    if (has_route)
        socket_address_local(fd, source);
    if (fd >= 0)
        close(fd);
    return has_route;
}
