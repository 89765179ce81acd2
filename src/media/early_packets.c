// SPDX-License-Identifier: ISC
#include "media/early_packets.h"

#include "util/limits.h"
#include "util/memory.h"

#include <stdlib.h>
#include <string.h>

struct early_packets {
    struct early_packet packets[EARLY_PACKETS_MAX]; // their datagrams are owned
    size_t count;
};

struct early_packets *early_packets_new(void)
{
    return memory_new(sizeof(struct early_packets));
}

static void drop(const struct early_packet *packet)
{
    free((char *)(uintptr_t)packet->datagram.data);
}

void early_packets_put(struct early_packets *packets, const struct early_packet *packet)
{
    if (packet->datagram.length == 0 || packet->datagram.length > LIMIT_RTP_PACKET)
        return;
    if (packets->count == EARLY_PACKETS_MAX) {
        drop(&packets->packets[0]);
        memmove(packets->packets, packets->packets + 1,
                --packets->count * sizeof(*packets->packets));
    }
    char *copy = memory_new(packet->datagram.length);
    memcpy(copy, packet->datagram.data, packet->datagram.length);
    packets->packets[packets->count] = *packet;
    packets->packets[packets->count++].datagram.data = copy;
}

const struct early_packet *early_packets_at(const struct early_packets *packets, size_t index)
{
    return packets && index < packets->count ? &packets->packets[index] : NULL;
}

void early_packets_free(struct early_packets *packets)
{
    if (!packets)
        return;
    for (size_t i = 0; i < packets->count; i++)
        drop(&packets->packets[i]);
    free(packets);
}
