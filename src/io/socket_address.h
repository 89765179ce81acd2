// SPDX-License-Identifier: ISC
// Between net_address and the kernel's socket addresses; socket options we always want.
#pragma once

#include "util/net_address.h"

#include <sys/socket.h>

socklen_t socket_address_write(const struct net_address *address, struct sockaddr_storage *storage);
void socket_address_read(const struct sockaddr_storage *storage, struct net_address *address);
// The address a socket is bound to.
void socket_address_local(int fd, struct net_address *address);
// The address a socket is connected to; NET_NONE when it is not.
void socket_address_remote(int fd, struct net_address *address);
// The address from which this machine would send to `remote` just now; false: there is no route.
bool socket_address_source(const struct net_address *remote, struct net_address *source);
