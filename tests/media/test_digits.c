// SPDX-License-Identifier: ISC
// Digits through whole sessions: ten thousand each way over a network that loses packets, and every
// other way in which they may come, be repeated or not come.
#include "media/dtmf_tone.h"
#include "tests/media/far_end.h"

#include <stdio.h>

enum {
    DIGITS = 10000,
    LOSS_PERCENT = 5,
    TONE_MS = 100,
    GAP_MS = 60
};

struct pair {
    struct random random;
    struct net_address here;
    struct net_address there;
    struct media_session *left; // is at `here`
    struct media_session *right;
    time_ms now;
    uint32_t loss_percent;
};

static struct pair *pair_new(bool has_events, uint32_t loss_percent)
{
    struct pair *pair = calloc(1, sizeof(*pair));
    ck_assert_ptr_nonnull(pair);
    random_init_number(&pair->random, 2024);
    pair->now = 1000;
    pair->loss_percent = loss_percent;
    pair->here = address_of(1, 4000);
    pair->there = address_of(2, 5000);
    struct media_parameters to_there = parameters_to(pair->there);
    struct media_parameters to_here = parameters_to(pair->here);
    to_there.has_events = to_here.has_events = has_events;
    pair->left = media_session_new(&pair->random, pair->now, &to_there);
    pair->right = media_session_new(&pair->random, pair->now, &to_here);
    return pair;
}

static void pair_free(struct pair *pair)
{
    media_session_free(pair->left);
    media_session_free(pair->right);
    free(pair);
}

static void carry(struct pair *pair, struct media_session *from, struct media_session *to,
                  const struct net_address *address)
{
    struct media_packet packet;
    while (media_session_next_packet(from, &packet)) {
        if (packet.is_rtcp || random_below(&pair->random, 100) < pair->loss_percent)
            continue;
        media_session_receive(to, pair->now, false, packet.bytes, address);
    }
}

/* 20 ms; both programs say `said`. */
static void tick(struct pair *pair, const int16_t *said)
{
    int16_t heard[FRAME];
    media_session_tick(pair->left, pair->now, said, heard);
    media_session_tick(pair->right, pair->now, said, heard);
    carry(pair, pair->left, pair->right, &pair->here);
    carry(pair, pair->right, pair->left, &pair->there);
    pair->now += 20;
}

static void collect(struct media_session *session, char *digits, size_t size)
{
    size_t length = strlen(digits);
    while (length + 1 < size && media_session_next_digit(session, &digits[length]))
        length++;
    digits[length] = '\0';
}

struct direction {
    struct media_session *from;
    struct media_session *to;
    size_t sent;
    char said[DIGITS + 1];
    char heard[DIGITS + 100];
};

static void feed(struct pair *pair, struct direction *direction, bool as_tones)
{
    if (direction->sent == DIGITS || media_session_is_sending_digits(direction->from))
        return;
    char digit = dtmf_keys[random_below(&pair->random, 16)];
    ck_assert(as_tones ? media_session_send_tone(direction->from, digit, TONE_MS, GAP_MS)
                       : media_session_send_digit(direction->from, digit, TONE_MS, GAP_MS));
    direction->said[direction->sent++] = digit;
}

/* Where they differ first. */
static void compare(const struct direction *direction)
{
    size_t same = 0;
    while (direction->said[same] && direction->said[same] == direction->heard[same])
        same++;
    ck_assert_msg(!strcmp(direction->said, direction->heard),
                  "%zu said, %zu heard, the first %zu are the same", strlen(direction->said),
                  strlen(direction->heard), same);
}

static void exchange(struct pair *pair, bool as_tones)
{
    static struct direction out;
    static struct direction in;
    out = (struct direction){ .from = pair->left, .to = pair->right };
    in = (struct direction){ .from = pair->right, .to = pair->left };
    while (out.sent < DIGITS || in.sent < DIGITS || media_session_is_sending_digits(out.from) ||
           media_session_is_sending_digits(in.from)) {
        feed(pair, &out, as_tones);
        feed(pair, &in, as_tones);
        tick(pair, NULL);
        collect(pair->right, out.heard, sizeof(out.heard));
        collect(pair->left, in.heard, sizeof(in.heard));
    }
    for (int i = 0; i < 10; i++)
        tick(pair, NULL);
    collect(pair->right, out.heard, sizeof(out.heard));
    collect(pair->left, in.heard, sizeof(in.heard));
    compare(&out);
    compare(&in);
}

/* A digit of 100 ms is five packets and two more of its end. All seven are lost once in
 * 1.3 billion digits (0.05 to the 7th), so that 20,000 of them arrive whatever the seed, but for
 * one in 64,000. */
START_TEST(ten_thousand_events_each_way_with_five_percent_lost)
{
    struct pair *pair = pair_new(true, LOSS_PERCENT);
    exchange(pair, false);
    pair_free(pair);
}
END_TEST

START_TEST(ten_thousand_tones_each_way)
{
    struct pair *pair = pair_new(false, 0);
    exchange(pair, true);
    pair_free(pair);
}
END_TEST

/* Who agrees to events may leave the tones in the audio as well. */
START_TEST(tones_do_not_count_beside_events)
{
    struct pair *pair = pair_new(true, 0);
    char heard[8] = "";
    ck_assert(media_session_send_tone(pair->left, '5', 200, 60));
    for (int i = 0; i < 20; i++)
        tick(pair, NULL);
    collect(pair->right, heard, sizeof(heard));
    ck_assert_str_eq(heard, "");
    pair_free(pair);
}
END_TEST

START_TEST(tones_are_heard_under_a_talking_program_and_after_it)
{
    struct pair *pair = pair_new(false, 0);
    char heard[8] = "";
    double phase = 0;
    int16_t said[FRAME];
    for (int i = 0; i < 100; i++) {
        sine(&phase, 8000, said, FRAME);
        if (i == 20) {
            ck_assert(media_session_send_tone(pair->left, '1', 100, 60));
            ck_assert(media_session_send_tone(pair->left, '1', 100, 60));
            ck_assert(media_session_send_tone(pair->left, 'd', 100, 60));
        }
        tick(pair, said);
    }
    collect(pair->right, heard, sizeof(heard));
    ck_assert_str_eq(heard, "11D");
    pair_free(pair);
}
END_TEST

START_TEST(digits_have_left_when_the_pause_behind_the_last_is_over)
{
    for (int as_tones = 0; as_tones < 2; as_tones++) {
        struct pair *pair = pair_new(true, 0);
        int ticks = 0;
        for (int i = 0; i < 3; i++)
            ck_assert(as_tones ? media_session_send_tone(pair->left, '1', 100, 60)
                               : media_session_send_digit(pair->left, '1', 100, 60));
        for (; media_session_is_sending_digits(pair->left); ticks++)
            tick(pair, NULL);
        ck_assert_int_eq(ticks, 3 * 160 / 20);
        pair_free(pair);
    }
}
END_TEST

START_TEST(digits_wait_while_nothing_may_be_sent_and_go_when_they_cannot)
{
    struct pair *pair = pair_new(true, 0);
    struct media_parameters parameters = parameters_to(pair->there);
    char heard[8] = "";
    parameters.sends = false;
    media_session_update(pair->left, pair->now, &parameters);
    ck_assert(media_session_send_digit(pair->left, '7', 100, 60));
    for (int i = 0; i < 50; i++)
        tick(pair, NULL);
    ck_assert(media_session_is_sending_digits(pair->left));
    parameters.sends = true;
    media_session_update(pair->left, pair->now, &parameters);
    for (int i = 0; i < 10; i++)
        tick(pair, NULL);
    collect(pair->right, heard, sizeof(heard));
    ck_assert_str_eq(heard, "7");
    ck_assert(!media_session_is_sending_digits(pair->left));
    ck_assert(media_session_send_digit(pair->left, '8', 100, 60));
    parameters.has_events = false;
    media_session_update(pair->left, pair->now, &parameters);
    ck_assert(!media_session_is_sending_digits(pair->left));
    ck_assert(!media_session_send_digit(pair->left, '8', 100, 60));
    pair_free(pair);
}
END_TEST

/* Packets by hand, in sequence but for the jumps that are asked for. */
struct hand {
    struct pair *pair;
    uint16_t sequence;
};

static void event(struct hand *hand, uint32_t timestamp, uint8_t code, bool is_end,
                  uint16_t duration)
{
    uint8_t payload[4] = { code, is_end ? 0x8a : 0x0a, (uint8_t)(duration >> 8),
                           (uint8_t)duration };
    struct rtp_packet header = {
        .payload_type = PT_EVENT, .sequence = hand->sequence++, .timestamp = timestamp, .ssrc = 77
    };
    give(hand->pair->left, hand->pair->now, &hand->pair->there, header, payload, sizeof(payload));
}

static void expect(struct hand *hand, const char *digits, const char *fact)
{
    char heard[256] = "";
    collect(hand->pair->left, heard, sizeof(heard));
    ck_assert_msg(!strcmp(heard, digits), "%s: \"%s\"", fact, heard);
}

START_TEST(each_press_counts_once_whatever_comes_of_it)
{
    struct hand hand = { pair_new(true, 0), 100 };
    event(&hand, 1000, 1, false, 160);
    hand.sequence += 7;
    event(&hand, 1000, 1, false, 1440);
    expect(&hand, "1", "some of the middle is lost, and the end");
    hand.sequence += 3;
    event(&hand, 5000, 2, true, 800);
    expect(&hand, "2", "all but one packet are lost");
    for (int i = 0; i < 20; i++)
        event(&hand, 9000, 3, true, 800);
    expect(&hand, "3", "the end comes twenty times");
    event(&hand, 9000, 3, true, 800);
    hand.sequence += 20000;
    event(&hand, 9000, 3, true, 800);
    event(&hand, 9000, 3, false, 800);
    event(&hand, 9000, 3, true, 800);
    expect(&hand, "", "the same timestamp behind a jump of the sequence");
    for (int i = 0; i < 5; i++)
        event(&hand, 20000, 4, false, (uint16_t)(160 * i));
    for (int i = 0; i < 5; i++) {
        event(&hand, 20800, 5, false, (uint16_t)(160 * i));
        event(&hand, 20000, 4, i > 2, (uint16_t)(160 * (i + 5)));
    }
    event(&hand, 20800, 5, true, 800);
    expect(&hand, "45", "two overlap");
    for (uint32_t timestamp = 100000; timestamp < 100000 + 4 * 65535; timestamp += 65535)
        for (uint32_t duration = 160; duration < 65536; duration += 1600)
            event(&hand, timestamp, 6, false, (uint16_t)duration);
    event(&hand, 100000 + 3 * 65535, 6, true, 65535);
    expect(&hand, "6", "half a minute, in several durations");
    event(&hand, 0xffffffff, 7, false, 160);
    hand.pair->now += 200; /* what ends within 100 ms of its press is that press */
    event(&hand, 800, 7, true, 160);
    expect(&hand, "77", "the timestamp wraps");
    pair_free(hand.pair);
}
END_TEST

/* M12: a hundred thousand packets of events in one tick. */
START_TEST(a_flood_is_held_within_its_queue_and_counted)
{
    struct hand hand = { pair_new(true, 0), 100 };
    struct media_statistics statistics;
    char heard[256] = "";
    for (uint32_t i = 0; i < 100000; i++)
        event(&hand, i * 3, (uint8_t)(i % 20 == 19 ? 255 : i % 20), i % 3 == 0, 65535);
    media_session_statistics(hand.pair->left, &statistics);
    /* Of twenty codes sixteen are keys. */
    ck_assert_uint_eq(statistics.digits_dropped, 80000 - LIMIT_DIGITS_QUEUED);
    collect(hand.pair->left, heard, sizeof(heard));
    ck_assert_uint_eq(strlen(heard), LIMIT_DIGITS_QUEUED);
    pair_free(hand.pair);
}
END_TEST

SUITE_MAIN("media/digits", ten_thousand_events_each_way_with_five_percent_lost,
           ten_thousand_tones_each_way, tones_do_not_count_beside_events,
           tones_are_heard_under_a_talking_program_and_after_it,
           digits_have_left_when_the_pause_behind_the_last_is_over,
           digits_wait_while_nothing_may_be_sent_and_go_when_they_cannot,
           each_press_counts_once_whatever_comes_of_it,
           a_flood_is_held_within_its_queue_and_counted)
