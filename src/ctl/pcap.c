// SPDX-License-Identifier: ISC
#include "ctl/pcap.h"

#include <string.h>

enum {
    LINK_RAW_IP = 101,
    SNAP_LENGTH = 65535,
    IP_BYTES = 20,
    UDP_BYTES = 8,
    PROTOCOL_UDP = 17,
    SIP_PORT = 5060
};

struct file_header {
    uint32_t magic;
    uint16_t major, minor;
    uint32_t zone, accuracy, snap_length, link_type;
};

struct record_header {
    uint32_t seconds, microseconds, length, original_length;
};

bool pcap_begin(FILE *file)
{
    const struct file_header header = {
        .magic = 0xa1b2c3d4,
        .major = 2,
        .minor = 4,
        .snap_length = SNAP_LENGTH,
        .link_type = LINK_RAW_IP,
    };
    return fwrite(&header, sizeof(header), 1, file) == 1;
}

static void put16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* RFC 791; the header's own checksum, none for UDP. */
static void write_ip(uint8_t *ip, bool is_sent, size_t length)
{
    static const uint8_t server[] = { 192, 0, 2, 1 };
    static const uint8_t us[] = { 192, 0, 2, 2 };
    uint32_t sum = 0;
    memset(ip, 0, IP_BYTES);
    ip[0] = 0x45;
    put16(ip + 2, length);
    ip[8] = 64;
    ip[9] = PROTOCOL_UDP;
    memcpy(ip + 12, is_sent ? us : server, 4);
    memcpy(ip + 16, is_sent ? server : us, 4);
    for (int i = 0; i < IP_BYTES; i += 2)
        sum += (uint32_t)ip[i] << 8 | ip[i + 1];
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    put16(ip + 10, ~sum & 0xffff);
}

bool pcap_message(FILE *file, int64_t wall_ms, bool is_sent, const char *bytes, size_t length)
{
    uint8_t packet[IP_BYTES + UDP_BYTES];
    size_t whole = sizeof(packet) + length;
    if (whole > SNAP_LENGTH)
        return true; /* no datagram is so long */
    const struct record_header record = {
        .seconds = (uint32_t)(wall_ms / 1000),
        .microseconds = (uint32_t)(wall_ms % 1000 * 1000),
        .length = (uint32_t)whole,
        .original_length = (uint32_t)whole,
    };
    write_ip(packet, is_sent, whole);
    put16(packet + IP_BYTES, SIP_PORT);
    put16(packet + IP_BYTES + 2, SIP_PORT);
    put16(packet + IP_BYTES + 4, UDP_BYTES + length);
    put16(packet + IP_BYTES + 6, 0);
    return fwrite(&record, sizeof(record), 1, file) == 1 &&
           fwrite(packet, sizeof(packet), 1, file) == 1 && fwrite(bytes, 1, length, file) == length;
}
