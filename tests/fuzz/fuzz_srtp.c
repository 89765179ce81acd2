// SPDX-License-Identifier: ISC
// Datagrams of a stranger against SRTP: the first byte chooses suite and the length of the key's
// name; then datagrams follow, each behind a byte that says RTP or RTCP and two bytes of length.
// None may be taken, and a genuine packet is taken after all of them.
#include "fuzz.h"
#include "media/srtp.h"

enum {
    ROOM = 65536 + 8,
    GENUINE = 172
};

static void check_genuine(const struct srtp_key *key, struct srtp_receiver *receiver)
{
    uint8_t packet[GENUINE + SRTP_TRAILER_MAX] = { 0x80, 8, 0x12, 0x34 };
    uint8_t plain[sizeof(packet)];
    size_t length = GENUINE;
    struct srtp_sender *sender = srtp_sender_new(key);
    FUZZ_ASSERT(srtp_sender_protect_rtp(sender, packet, &length) == STATUS_OK);
    struct slice datagram = slice_make((const char *)packet, length);
    FUZZ_ASSERT(srtp_receiver_open_rtp(receiver, datagram, plain, &length) == STATUS_OK);
    FUZZ_ASSERT(length == GENUINE);
    srtp_sender_free(sender);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t plain[ROOM];
    struct slice input = slice_make((const char *)data, size);
    struct srtp_key key = { .master = "forty-six bytes that nobody can know, or guess" };
    if (!size)
        return 0;
    key.suite = SRTP_NONE + 1 + data[0] % (SRTP_SUITE_COUNT - 1);
    key.mki_length = data[0] / 8 % 8;
    struct srtp_receiver *receiver = srtp_receiver_new(&key, NULL);
    for (input = slice_skip(input, 1); input.length >= 3;) {
        const uint8_t *head = (const uint8_t *)input.data;
        struct slice datagram = slice_first(slice_skip(input, 3), (size_t)head[1] << 8 | head[2]);
        size_t length = 0;
        enum status status = head[0] & 1
                                 ? srtp_receiver_open_rtcp(receiver, datagram, plain, &length)
                                 : srtp_receiver_open_rtp(receiver, datagram, plain, &length);
        FUZZ_ASSERT(status != STATUS_OK && length == 0);
        input = slice_skip(input, 3 + datagram.length);
    }
    check_genuine(&key, receiver);
    srtp_receiver_free(receiver);
    return 0;
}
