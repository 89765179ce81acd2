// SPDX-License-Identifier: ISC
#include "io/connect_failure.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *remedy(int error)
{
    switch (error) {
    case ECONNREFUSED:
        return "nobody listens there: check outbound_proxy; else the server is down";
    case ETIMEDOUT:
        return "nothing comes back: check the network, firewalls and outbound_proxy";
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EADDRNOTAVAIL:
        return "there is no way to it: check the network";
    case EPERM:
    case EACCES:
        return "this machine does not let us: check its firewall";
    default:
        return "check the network and outbound_proxy";
    }
}

void connect_failure_explain(int error, const struct net_address *to, char *text, size_t size)
{
    char address[NET_ADDRESS_TEXT_BYTES];
    snprintf(text, size, "cannot connect: %s at %s: %s", strerror(error),
             net_address_text(to, address), remedy(error));
}

void connect_failure_explain_silence(bool has_connected, const struct net_address *to, char *text,
                                     size_t size)
{
    char address[NET_ADDRESS_TEXT_BYTES];
    snprintf(text, size,
             has_connected
                 ? "the server at %s did not answer in time: it takes connections and does not "
                   "speak TLS: check the port of outbound_proxy"
                 : "the server at %s did not answer in time: check the network, firewalls and "
                   "outbound_proxy",
             net_address_text(to, address));
}
