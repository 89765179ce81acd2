// SPDX-License-Identifier: ISC
#include "media/srtp.h"
#include "media/srtp_cipher.h"
#include "tests/suite.h"
#include "util/random.h"

enum {
    ROOM = 2048,
    SSRC = 0x11223344
};

struct pair {
    struct srtp_sender *sender;
    struct srtp_receiver *receiver;
    struct random random;
    struct srtp_key key;
};

static struct srtp_key key_of(struct random *random, enum srtp_suite suite, size_t mki_length)
{
    struct srtp_key key = { .suite = suite, .mki_length = mki_length };
    random_bytes(random, key.master, srtp_suite_master_length(suite));
    random_bytes(random, key.mki, mki_length);
    return key;
}

static struct pair pair_new(enum srtp_suite suite, size_t mki_length)
{
    struct pair pair;
    random_init_number(&pair.random, (uint32_t)suite + 7);
    pair.key = key_of(&pair.random, suite, mki_length);
    pair.sender = srtp_sender_new(&pair.key);
    pair.receiver = srtp_receiver_new(&pair.key, NULL);
    return pair;
}

static void pair_free(struct pair *pair)
{
    srtp_sender_free(pair->sender);
    srtp_receiver_free(pair->receiver);
}

static size_t make_rtp(uint8_t *packet, uint32_t ssrc, uint16_t sequence, size_t payload)
{
    memset(packet, 0x5a, 12 + payload);
    packet[0] = 0x80;
    packet[1] = 8;
    packet[2] = (uint8_t)(sequence >> 8);
    packet[3] = (uint8_t)sequence;
    for (int i = 0; i < 4; i++)
        packet[8 + i] = (uint8_t)(ssrc >> (24 - 8 * i));
    return 12 + payload;
}

static size_t make_rtcp(uint8_t *packet)
{
    static const uint8_t report[] = { 0x80, 201, 0,    1,    0x11, 0x22, 0x33, 0x44, 0x81, 202,
                                      0,    2,   0x11, 0x22, 0x33, 0x44, 1,    1,    'a',  0 };
    memcpy(packet, report, sizeof(report));
    return sizeof(report);
}

static size_t protect(struct srtp_sender *sender, uint16_t sequence, uint8_t *packet)
{
    size_t length = make_rtp(packet, SSRC, sequence, 160);
    ck_assert_int_eq(srtp_sender_protect_rtp(sender, packet, &length), STATUS_OK);
    return length;
}

static enum status open_rtp(struct srtp_receiver *receiver, const uint8_t *packet, size_t length)
{
    uint8_t plain[ROOM];
    return srtp_receiver_open_rtp(receiver, slice_make((const char *)packet, length), plain,
                                  &length);
}

static enum status open_rtcp(struct srtp_receiver *receiver, const uint8_t *packet, size_t length)
{
    uint8_t plain[ROOM];
    return srtp_receiver_open_rtcp(receiver, slice_make((const char *)packet, length), plain,
                                   &length);
}

#define EACH_SUITE(suite)                                                                          \
    for (enum srtp_suite suite = SRTP_NONE + 1; suite < SRTP_SUITE_COUNT; suite++)

/* With sources, with an extension, of any length, with a name of the key. */
START_TEST(a_packet_comes_out_as_it_went_in)
{
    static const uint8_t heads[] = { 0x80, 0x81, 0x8f, 0x90, 0x9f };
    static const size_t names[] = { 0, 1, 4, LIMIT_SRTP_MKI };
    EACH_SUITE(suite)
    for (size_t i = 0; i < 4; i++) {
        struct pair pair = pair_new(suite, names[i]);
        uint16_t sequence = 1;
        for (size_t payload = 80; payload < 400; payload += 1 + payload / 50) {
            uint8_t packet[ROOM];
            uint8_t before[ROOM];
            uint8_t plain[ROOM];
            size_t length = make_rtp(packet, SSRC, sequence++, payload);
            size_t out = 0;
            packet[0] = heads[payload % 5];
            memset(packet + 12, 0, 64); /* an extension of no words, wherever it begins */
            memcpy(before, packet, length);
            size_t sealed = length;
            ck_assert_int_eq(srtp_sender_protect_rtp(pair.sender, packet, &sealed), STATUS_OK);
            ck_assert_uint_eq(sealed, length + srtp_suite_facts(suite)->rtp_tag_length + names[i]);
            ck_assert_mem_ne(packet + 76, before + 76, 16);
            struct slice datagram = slice_make((const char *)packet, sealed);
            ck_assert_int_eq(srtp_receiver_open_rtp(pair.receiver, datagram, plain, &out),
                             STATUS_OK);
            ck_assert_uint_eq(out, length);
            ck_assert_mem_eq(plain, before, length);
        }
        pair_free(&pair);
    }
}
END_TEST

START_TEST(a_report_comes_out_as_it_went_in)
{
    EACH_SUITE(suite)
    for (size_t mki = 0; mki < 3; mki++) {
        struct pair pair = pair_new(suite, mki);
        for (int i = 0; i < 300; i++) {
            uint8_t packet[ROOM];
            uint8_t plain[ROOM];
            uint8_t before[ROOM];
            size_t length = make_rtcp(packet);
            size_t sealed = length;
            size_t out = 0;
            memcpy(before, packet, length);
            ck_assert_int_eq(srtp_sender_protect_rtcp(pair.sender, packet, &sealed), STATUS_OK);
            ck_assert_uint_eq(sealed, length + 4 + srtp_suite_facts(suite)->rtcp_tag_length + mki);
            struct slice datagram = slice_make((const char *)packet, sealed);
            ck_assert_int_eq(srtp_receiver_open_rtcp(pair.receiver, datagram, plain, &out),
                             STATUS_OK);
            ck_assert_uint_eq(out, length);
            ck_assert_mem_eq(plain, before, length);
            ck_assert_int_eq(open_rtcp(pair.receiver, packet, sealed), STATUS_TIMED_OUT);
        }
        pair_free(&pair);
    }
}
END_TEST

START_TEST(a_packet_of_which_any_bit_is_wrong_is_refused_and_changes_nothing)
{
    EACH_SUITE(suite)
    {
        struct pair pair = pair_new(suite, 2);
        uint8_t packet[ROOM];
        uint8_t report[ROOM];
        size_t length = protect(pair.sender, 1000, packet);
        size_t report_length = make_rtcp(report);
        ck_assert_int_eq(srtp_sender_protect_rtcp(pair.sender, report, &report_length), STATUS_OK);
        for (size_t bit = 0; bit < 8 * length; bit++) {
            packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
            ck_assert_int_ne(open_rtp(pair.receiver, packet, length), STATUS_OK);
            packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        for (size_t bit = 0; bit < 8 * report_length; bit++) {
            report[bit / 8] ^= (uint8_t)(1 << bit % 8);
            ck_assert_int_ne(open_rtcp(pair.receiver, report, report_length), STATUS_OK);
            report[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        for (size_t cut = 0; cut < length; cut++)
            ck_assert_int_ne(open_rtp(pair.receiver, packet, cut), STATUS_OK);
        for (size_t cut = 0; cut < report_length; cut++)
            ck_assert_int_ne(open_rtcp(pair.receiver, report, cut), STATUS_OK);
        ck_assert_int_eq(open_rtp(pair.receiver, packet, length), STATUS_OK);
        ck_assert_int_eq(open_rtcp(pair.receiver, report, report_length), STATUS_OK);
        ck_assert_int_eq(open_rtp(pair.receiver, packet, length), STATUS_TIMED_OUT);
        pair_free(&pair);
    }
}
END_TEST

START_TEST(what_is_not_a_packet_is_not_protected)
{
    struct pair pair = pair_new(SRTP_AES_CM_128_HMAC_SHA1_80, 0);
    uint8_t packet[ROOM];
    size_t length = make_rtp(packet, SSRC, 1, 4);
    packet[0] = 0x8f;
    ck_assert_int_eq(srtp_sender_protect_rtp(pair.sender, packet, &length), STATUS_MALFORMED);
    length = 11;
    ck_assert_int_eq(srtp_sender_protect_rtp(pair.sender, packet, &length), STATUS_MALFORMED);
    length = 7;
    ck_assert_int_eq(srtp_sender_protect_rtcp(pair.sender, packet, &length), STATUS_MALFORMED);
    pair_free(&pair);
}
END_TEST

START_TEST(no_number_is_used_twice_by_one_key)
{
    struct pair pair = pair_new(SRTP_AEAD_AES_128_GCM, 0);
    uint8_t packet[ROOM];
    protect(pair.sender, 65535, packet);
    protect(pair.sender, 0, packet);
    protect(pair.sender, 7, packet);
    static const uint16_t used[] = { 7, 6, 0, 65535 };
    for (size_t i = 0; i < 4; i++) {
        size_t length = make_rtp(packet, SSRC, used[i], 160);
        ck_assert_int_eq(srtp_sender_protect_rtp(pair.sender, packet, &length), STATUS_REFUSED);
    }
    pair_free(&pair);
}
END_TEST

START_TEST(numbers_roll_over_three_times_with_loss_and_reordering)
{
    struct pair pair = pair_new(SRTP_AES_CM_128_HMAC_SHA1_80, 0);
    uint8_t late[ROOM];
    size_t late_length = 0;
    uint32_t late_at = 0;
    for (uint32_t i = 0; i < 200000; i++) {
        uint8_t packet[ROOM];
        size_t length = protect(pair.sender, (uint16_t)(60000 + i), packet);
        if (i % 7 == 3)
            continue;
        if (i % 5 == 0 && !late_length) {
            memcpy(late, packet, length);
            late_length = length;
            late_at = i;
            continue;
        }
        ck_assert_int_eq(open_rtp(pair.receiver, packet, length), STATUS_OK);
        if (late_length && i >= late_at + 90) {
            ck_assert_int_eq(open_rtp(pair.receiver, late, late_length), STATUS_OK);
            late_length = 0;
        }
    }
    pair_free(&pair);
}
END_TEST

START_TEST(a_stream_whose_first_packets_are_missed_before_the_roll_over_is_heard)
{
    struct pair pair = pair_new(SRTP_AES_CM_128_HMAC_SHA1_80, 0);
    uint8_t packet[ROOM];
    protect(pair.sender, 65530, packet);
    size_t length = protect(pair.sender, 20, packet);
    ck_assert_int_eq(open_rtp(pair.receiver, packet, length), STATUS_OK);
    length = protect(pair.sender, 21, packet);
    ck_assert_int_eq(open_rtp(pair.receiver, packet, length), STATUS_OK);
    pair_free(&pair);
}
END_TEST

START_TEST(packets_older_than_the_window_are_dropped)
{
    struct pair pair = pair_new(SRTP_AES_256_CM_HMAC_SHA1_32, 0);
    static uint8_t packets[200][ROOM];
    size_t length = 0;
    for (uint16_t i = 0; i < 200; i++)
        length = protect(pair.sender, i, packets[i]);
    ck_assert_int_eq(open_rtp(pair.receiver, packets[199], length), STATUS_OK);
    ck_assert_int_eq(open_rtp(pair.receiver, packets[72], length), STATUS_OK);
    ck_assert_int_eq(open_rtp(pair.receiver, packets[71], length), STATUS_TIMED_OUT);
    ck_assert_int_eq(open_rtp(pair.receiver, packets[72], length), STATUS_TIMED_OUT);
    pair_free(&pair);
}
END_TEST

/* A source that changes its number for every packet costs no memory and is heard. */
START_TEST(any_number_of_sources_comes_by_one_key)
{
    struct pair pair = pair_new(SRTP_AEAD_AES_256_GCM, 0);
    for (uint32_t ssrc = 1; ssrc < 2000; ssrc++) {
        uint8_t packet[ROOM];
        size_t length = make_rtp(packet, ssrc, (uint16_t)ssrc, 160);
        ck_assert_int_eq(srtp_sender_protect_rtp(pair.sender, packet, &length), STATUS_OK);
        ck_assert_int_eq(open_rtp(pair.receiver, packet, length), STATUS_OK);
        ck_assert_int_eq(open_rtp(pair.receiver, packet, length), STATUS_TIMED_OUT);
    }
    pair_free(&pair);
}
END_TEST

/* 3711 3.3.1 goes on with the counter, 4568 7.1.4 begins with 0: who has another key may do either.
 */
START_TEST(a_new_key_goes_on_with_the_counter_or_begins_anew)
{
    for (int begins_anew = 0; begins_anew < 2; begins_anew++) {
        struct pair pair = pair_new(SRTP_AES_CM_128_HMAC_SHA1_80, 0);
        struct srtp_key key = key_of(&pair.random, SRTP_AEAD_AES_128_GCM, 0);
        uint8_t packet[ROOM];
        size_t length = 0;
        static const uint16_t sequences[] = { 65000, 10, 30000, 60000, 5 }; /* the counter is 2 */
        for (size_t i = 0; i < 5; i++) {
            length = protect(pair.sender, sequences[i], packet);
            ck_assert_int_eq(open_rtp(pair.receiver, packet, length), STATUS_OK);
        }
        struct srtp_receiver *next = srtp_receiver_new(&key, pair.receiver);
        ck_assert_int_eq(open_rtp(next, packet, length), STATUS_REFUSED);
        if (begins_anew) {
            srtp_sender_free(pair.sender);
            pair.sender = srtp_sender_new(&key);
        } else {
            srtp_sender_rekey(pair.sender, &key);
        }
        for (uint16_t i = 6; i < 9; i++) {
            length = protect(pair.sender, i, packet);
            ck_assert_int_eq(open_rtp(next, packet, length), STATUS_OK);
        }
        srtp_receiver_free(next);
        pair_free(&pair);
    }
}
END_TEST

/* Its tag is right: who has the key may have made it, but that was not agreed on (4568 6.3.2). */
START_TEST(a_report_that_says_it_is_not_encrypted_is_refused)
{
    struct pair pair = pair_new(SRTP_AES_CM_128_HMAC_SHA1_80, 0);
    struct srtp_cipher *cipher = srtp_cipher_new(&pair.key, SRTP_RTCP);
    for (int is_encrypted = 0; is_encrypted < 2; is_encrypted++) {
        uint8_t packet[ROOM];
        size_t length = make_rtcp(packet);
        struct srtp_passage passage = {
            .protocol = SRTP_RTCP,
            .ssrc = SSRC,
            .index = 7,
            .packet = packet,
            .header_length = 8,
            .payload_length = length - 8,
            .is_encrypted = is_encrypted,
        };
        srtp_cipher_seal(cipher, &passage, packet + 8, packet + length + 4);
        memcpy(packet + length, is_encrypted ? "\x80\0\0\7" : "\0\0\0\7", 4);
        ck_assert_int_eq(open_rtcp(pair.receiver, packet, length + 14),
                         is_encrypted ? STATUS_OK : STATUS_REFUSED);
    }
    srtp_cipher_free(cipher);
    pair_free(&pair);
}
END_TEST

START_TEST(a_packet_in_clear_or_of_another_key_is_refused)
{
    EACH_SUITE(suite)
    {
        struct pair pair = pair_new(suite, 0);
        struct srtp_key other = key_of(&pair.random, suite, 0);
        struct srtp_sender *stranger = srtp_sender_new(&other);
        uint8_t packet[ROOM];
        size_t length = make_rtp(packet, SSRC, 1, 160);
        ck_assert_int_eq(open_rtp(pair.receiver, packet, length), STATUS_REFUSED);
        length = protect(stranger, 1, packet);
        ck_assert_int_eq(open_rtp(pair.receiver, packet, length), STATUS_REFUSED);
        ck_assert(!srtp_receiver_has_key(pair.receiver, &other));
        ck_assert(srtp_receiver_has_key(pair.receiver, &pair.key));
        ck_assert(srtp_sender_has_key(stranger, &other));
        srtp_sender_free(stranger);
        pair_free(&pair);
    }
}
END_TEST

START_TEST(suites_are_known_by_name)
{
    EACH_SUITE(suite)
    ck_assert_int_eq(srtp_suite_from_text(slice_of(srtp_suite_facts(suite)->name)), suite);
    ck_assert_int_eq(srtp_suite_from_text(slice_of("aes_cm_128_hmac_sha1_80")),
                     SRTP_AES_CM_128_HMAC_SHA1_80);
    ck_assert_int_eq(srtp_suite_from_text(slice_of("F8_128_HMAC_SHA1_80")), SRTP_NONE);
    ck_assert_int_eq(srtp_suite_from_text(slice_of("none")), SRTP_NONE);
}
END_TEST

SUITE_MAIN("media/srtp", a_packet_comes_out_as_it_went_in, a_report_comes_out_as_it_went_in,
           a_packet_of_which_any_bit_is_wrong_is_refused_and_changes_nothing,
           what_is_not_a_packet_is_not_protected, no_number_is_used_twice_by_one_key,
           numbers_roll_over_three_times_with_loss_and_reordering,
           a_stream_whose_first_packets_are_missed_before_the_roll_over_is_heard,
           packets_older_than_the_window_are_dropped, any_number_of_sources_comes_by_one_key,
           a_new_key_goes_on_with_the_counter_or_begins_anew,
           a_report_that_says_it_is_not_encrypted_is_refused,
           a_packet_in_clear_or_of_another_key_is_refused, suites_are_known_by_name)
