// SPDX-License-Identifier: ISC
// What it costs to protect, and to take, a packet of G.711 (20 ms), by each suite; libsrtp2 beside
// it where it is there.
#include "media/srtp.h"

#include <stdio.h>
#include <time.h>

#ifdef HAVE_SRTP2
#include <srtp2/srtp.h>
#endif

enum {
    PACKETS = 200000,
    PACKET = 172,
    ROOM = PACKET + SRTP_TRAILER_MAX
};

static double now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void make_packet(uint8_t *packet, int number)
{
    memset(packet, 0x55, PACKET);
    packet[0] = 0x80;
    packet[2] = (uint8_t)(number >> 8);
    packet[3] = (uint8_t)number;
}

static void measure_ours(const struct srtp_key *key)
{
    struct srtp_sender *sender = srtp_sender_new(key);
    struct srtp_receiver *receiver = srtp_receiver_new(key, NULL);
    double protecting = 0;
    double taking = 0;
    int failed = 0;
    for (int first = 0; first < PACKETS; first += 1000) {
        static uint8_t packets[1000][ROOM];
        static size_t lengths[1000];
        double start = now_us();
        for (int i = 0; i < 1000; i++) {
            make_packet(packets[i], first + i);
            lengths[i] = PACKET;
            failed += srtp_sender_protect_rtp(sender, packets[i], &lengths[i]) != STATUS_OK;
        }
        protecting += now_us() - start;
        start = now_us();
        for (int i = 0; i < 1000; i++) {
            uint8_t plain[ROOM];
            struct slice datagram = slice_make((const char *)packets[i], lengths[i]);
            failed += srtp_receiver_open_rtp(receiver, datagram, plain, &lengths[i]) != STATUS_OK;
        }
        taking += now_us() - start;
    }
    printf("%-28s ours      protect %.2f us  take %.2f us%s\n", srtp_suite_facts(key->suite)->name,
           protecting / PACKETS, taking / PACKETS, failed ? "  FAILED" : "");
    srtp_sender_free(sender);
    srtp_receiver_free(receiver);
}

#ifdef HAVE_SRTP2
static void set_policy(srtp_policy_t *policy, enum srtp_suite suite)
{
    if (suite == SRTP_AEAD_AES_256_GCM)
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy->rtp);
    else if (suite == SRTP_AEAD_AES_128_GCM)
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy->rtp);
    else if (srtp_suite_facts(suite)->key_length == 32)
        srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy->rtp);
    else
        srtp_crypto_policy_set_rtp_default(&policy->rtp);
    policy->rtcp = policy->rtp;
}

static void measure_theirs(struct srtp_key *key)
{
    srtp_policy_t policy = { .ssrc = { .type = ssrc_any_outbound }, .key = key->master };
    srtp_t theirs;
    int failed = 0;
    set_policy(&policy, key->suite);
    srtp_init();
    if (srtp_create(&theirs, &policy) != srtp_err_status_ok)
        return;
    double start = now_us();
    for (int i = 0; i < PACKETS; i++) {
        uint8_t packet[ROOM];
        int length = PACKET;
        make_packet(packet, i);
        failed += srtp_protect(theirs, packet, &length) != srtp_err_status_ok;
    }
    printf("%-28s libsrtp2  protect %.2f us%s\n", srtp_suite_facts(key->suite)->name,
           (now_us() - start) / PACKETS, failed ? "  FAILED" : "");
    srtp_dealloc(theirs);
}
#endif

int main(void)
{
    for (enum srtp_suite suite = SRTP_NONE + 1; suite <= SRTP_AES_CM_128_HMAC_SHA1_80; suite++) {
        struct srtp_key key = { .suite = suite,
                                .master = "a master key of 46 bytes, which is any" };
        measure_ours(&key);
#ifdef HAVE_SRTP2
        measure_theirs(&key);
#endif
    }
    return 0;
}
