// SPDX-License-Identifier: ISC
#include "media/telephone_event.h"
#include "tests/suite.h"

/* At the time that its timestamp says. */
static void press_at(struct telephone_events *events, uint32_t ssrc, uint32_t timestamp,
                     uint8_t event, bool is_end)
{
    const char payload[4] = { (char)event, (char)(is_end ? 0x8a : 0x0a), 3, 32 };
    struct rtp_packet packet = { .ssrc = ssrc,
                                 .timestamp = timestamp,
                                 .payload = slice_make(payload, sizeof(payload)) };
    telephone_events_receive(events, timestamp / 8, &packet);
}

static const char *digits_of(struct telephone_events *events, char *text)
{
    size_t length = 0;
    while (telephone_events_next(events, &text[length]))
        length++;
    text[length] = 0;
    return text;
}

/* The packets of some presses: timestamp, event, end; then the digits that must come out. */
struct packet_row {
    uint32_t timestamp;
    uint8_t event;
    bool is_end;
};

static const struct {
    const char *fact;
    const char *digits;
    struct packet_row packets[12];
    size_t count;
} rows[] = {
    { "one press, its end three times",
      "5",
      { { 100, 5, 0 }, { 100, 5, 0 }, { 100, 5, 1 }, { 100, 5, 1 }, { 100, 5, 1 } },
      5 },
    { "no start", "5", { { 100, 5, 1 }, { 100, 5, 1 } }, 2 },
    { "no end", "56", { { 100, 5, 0 }, { 100, 5, 0 }, { 900, 6, 0 } }, 3 },
    { "one packet", "#", { { 100, 11, 1 } }, 1 },
    { "the same digit twice", "55", { { 100, 5, 0 }, { 100, 5, 1 }, { 900, 5, 0 } }, 3 },
    { "the same digit twice, both ends lost", "55", { { 100, 5, 0 }, { 900, 5, 0 } }, 2 },
    { "an end that comes after the next press",
      "12",
      { { 100, 1, 0 }, { 900, 2, 0 }, { 100, 1, 1 }, { 900, 2, 1 } },
      4 },
    { "a press longer than one duration",
      "0",
      { { 100, 0, 0 }, { 100 + 65535, 0, 0 }, { 100 + 65535 + 65535, 0, 1 } },
      3 },
    { "pressed again after just that time",
      "00",
      { { 100, 0, 0 }, { 100, 0, 1 }, { 100 + 65535, 0, 1 } },
      3 },
    { "timestamps that wrap", "78", { { 0xfffffff0, 7, 1 }, { 500, 8, 1 } }, 2 },
    { "timestamps that jump back", "123", { { 5000, 1, 1 }, { 900, 2, 1 }, { 2000, 3, 1 } }, 3 },
    { "every key",
      "0*#ABCD",
      { { 1, 0, 1 },
        { 2, 10, 1 },
        { 3, 11, 1 },
        { 4, 12, 1 },
        { 5, 13, 1 },
        { 6, 14, 1 },
        { 7, 15, 1 } },
      7 },
    { "events that are no keys", "", { { 1, 16, 1 }, { 2, 32, 1 }, { 3, 255, 1 } }, 3 },
};

START_TEST(each_press_is_told_once)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct telephone_events events = { 0 };
        char text[LIMIT_DIGITS_QUEUED + 1];
        for (size_t k = 0; k < rows[i].count; k++)
            press_at(&events, 7, rows[i].packets[k].timestamp, rows[i].packets[k].event,
                     rows[i].packets[k].is_end);
        ck_assert_msg(!strcmp(digits_of(&events, text), rows[i].digits), "%s: %s", rows[i].fact,
                      text);
    }
}
END_TEST

START_TEST(another_source_is_another_press)
{
    struct telephone_events events = { 0 };
    char text[LIMIT_DIGITS_QUEUED + 1];
    press_at(&events, 7, 100, 1, true);
    press_at(&events, 8, 100, 1, true);
    ck_assert_str_eq(digits_of(&events, text), "11");
}
END_TEST

START_TEST(short_payloads_are_nothing)
{
    struct telephone_events events = { 0 };
    char digit;
    for (size_t length = 0; length < 4; length++) {
        struct rtp_packet packet = { .payload = slice_make("\5\5\5\5", length) };
        telephone_events_receive(&events, 0, &packet);
    }
    ck_assert(!telephone_events_next(&events, &digit));
}
END_TEST

START_TEST(a_flood_drops_the_oldest_and_counts_them)
{
    struct telephone_events events = { 0 };
    char text[LIMIT_DIGITS_QUEUED + 1];
    for (uint32_t i = 0; i < 100000; i++)
        press_at(&events, 7, i, (uint8_t)(i % 10), false);
    ck_assert_uint_eq(events.dropped, 100000 - LIMIT_DIGITS_QUEUED);
    ck_assert_uint_eq(strlen(digits_of(&events, text)), LIMIT_DIGITS_QUEUED);
    ck_assert_int_eq(text[LIMIT_DIGITS_QUEUED - 1], '9');
}
END_TEST

/* Senders that do not keep to the letter: what came when, and the digits that must come out. */
struct odd_packet {
    time_ms at;
    uint16_t sequence;
    uint32_t timestamp;
    uint8_t event;
    bool has_marker;
    bool is_end;
    uint16_t duration;
};

static const struct {
    const char *fact;
    const char *digits;
    struct odd_packet packets[10];
} odd_rows[] = {
    { "one timestamp for all presses, told by the code",
      "12",
      { { 0, 1, 100, 1, 1, 0, 160 },
        { 20, 2, 100, 1, 0, 1, 320 },
        { 300, 3, 100, 2, 1, 0, 160 },
        { 320, 4, 100, 2, 0, 1, 320 } } },
    { "one timestamp for all presses, told by the marker",
      "11",
      { { 0, 1, 100, 1, 1, 0, 160 },
        { 20, 2, 100, 1, 0, 1, 320 },
        { 300, 3, 100, 1, 1, 0, 480 },
        { 320, 4, 100, 1, 0, 1, 640 } } },
    { "one timestamp for all presses, the marker lost, told by the duration",
      "11",
      { { 0, 1, 100, 1, 1, 0, 160 },
        { 20, 2, 100, 1, 0, 1, 320 },
        { 300, 4, 100, 1, 0, 0, 200 },
        { 320, 5, 100, 1, 0, 1, 320 } } },
    { "a marker on every packet",
      "1",
      { { 0, 1, 100, 1, 1, 0, 160 },
        { 20, 2, 100, 1, 1, 0, 320 },
        { 40, 3, 100, 1, 1, 1, 480 },
        { 60, 4, 100, 1, 1, 1, 480 },
        { 80, 5, 100, 1, 1, 1, 480 } } },
    { "packets that overtake each other",
      "1",
      { { 0, 1, 100, 1, 1, 0, 160 },
        { 20, 4, 100, 1, 0, 1, 480 },
        { 40, 3, 100, 1, 0, 0, 320 },
        { 60, 2, 100, 1, 0, 0, 200 },
        { 80, 5, 100, 1, 0, 1, 480 } } },
    { "ends with a timestamp of their own",
      "1",
      { { 0, 1, 100, 1, 1, 0, 160 },
        { 20, 2, 100, 1, 0, 0, 320 },
        { 40, 3, 420, 1, 0, 1, 320 },
        { 60, 4, 580, 1, 0, 1, 320 },
        { 80, 5, 740, 1, 0, 1, 320 } } },
    { "an end alone, long after",
      "11",
      { { 0, 1, 100, 1, 1, 0, 160 },
        { 20, 2, 100, 1, 0, 1, 320 },
        { 400, 9, 3300, 1, 0, 1, 320 } } },
    { "an end alone, of another key",
      "12",
      { { 0, 1, 100, 1, 1, 0, 160 }, { 20, 2, 100, 1, 0, 1, 320 }, { 80, 9, 740, 2, 0, 1, 320 } } },
    { "sequence numbers that wrap",
      "11",
      { { 0, 65535, 100, 1, 1, 0, 160 },
        { 20, 0, 100, 1, 0, 1, 320 },
        { 300, 1, 100, 1, 1, 0, 160 },
        { 320, 2, 100, 1, 0, 1, 320 } } },
};

START_TEST(odd_senders_press_once_each_time)
{
    for (size_t i = 0; i < sizeof(odd_rows) / sizeof(*odd_rows); i++) {
        struct telephone_events events = { 0 };
        char text[LIMIT_DIGITS_QUEUED + 1];
        for (size_t k = 0; k < 10 && odd_rows[i].packets[k].duration; k++) {
            const struct odd_packet *row = &odd_rows[i].packets[k];
            const char payload[4] = { (char)row->event, (char)(row->is_end ? 0x8a : 0x0a),
                                      (char)(row->duration >> 8), (char)row->duration };
            struct rtp_packet packet = { .ssrc = 7,
                                         .sequence = row->sequence,
                                         .timestamp = row->timestamp,
                                         .has_marker = row->has_marker,
                                         .payload = slice_make(payload, sizeof(payload)) };
            telephone_events_receive(&events, row->at, &packet);
        }
        ck_assert_msg(!strcmp(digits_of(&events, text), odd_rows[i].digits), "%s: %s",
                      odd_rows[i].fact, text);
    }
}
END_TEST

START_TEST(a_digit_is_sent_with_growing_duration_and_three_ends)
{
    struct telephone_sender sender = { 0 };
    struct rtp_packet packet;
    uint8_t payload[4];
    ck_assert(telephone_sender_add(&sender, 'a', 90, 70)); /* 100 ms and 80 ms in whole ticks */
    ck_assert(telephone_sender_add(&sender, '0', 40, 0));
    static const unsigned durations[] = { 160, 320, 480, 640, 800, 800, 800 };
    uint32_t now = 5000;
    for (size_t i = 0; i < 7; i++, now += 160) {
        ck_assert(telephone_sender_tick(&sender, now, 8000, &packet, payload));
        ck_assert_uint_eq(packet.timestamp, 5000);
        ck_assert_int_eq(packet.has_marker, i == 0);
        ck_assert_uint_eq(payload[0], 12);
        ck_assert_int_eq(payload[1] >> 7, i >= 4);
        ck_assert_uint_eq((unsigned)payload[2] << 8 | payload[3], durations[i]);
    }
    /* The rest of 80 ms of gap, then the next. */
    ck_assert(!telephone_sender_tick(&sender, now, 8000, &packet, payload));
    ck_assert(!telephone_sender_tick(&sender, now + 160, 8000, &packet, payload));
    ck_assert(telephone_sender_tick(&sender, now + 320, 8000, &packet, payload));
    ck_assert_uint_eq(packet.timestamp, now + 320);
    ck_assert_uint_eq(payload[0], 0);
}
END_TEST

START_TEST(a_long_tone_fits_its_duration_field)
{
    struct telephone_sender sender = { 0 };
    struct rtp_packet packet;
    uint8_t payload[4];
    unsigned last = 0;
    ck_assert(telephone_sender_add(&sender, '1', UINT32_MAX, UINT32_MAX));
    for (int i = 0; telephone_sender_tick(&sender, 0, 48000, &packet, payload); i++) {
        unsigned duration = (unsigned)payload[2] << 8 | payload[3];
        ck_assert_uint_ge(duration, last);
        last = duration;
        ck_assert_int_lt(i, 1000);
    }
    ck_assert_uint_gt(last, 60000);
}
END_TEST

START_TEST(no_digit_is_refused_and_so_is_one_too_many)
{
    struct telephone_sender sender = { 0 };
    ck_assert(!telephone_sender_add(&sender, 'x', 100, 100));
    ck_assert(!telephone_sender_add(&sender, '\0', 100, 100));
    for (int i = 0; i < LIMIT_DIGITS_QUEUED; i++)
        ck_assert(telephone_sender_add(&sender, '*', 100, 100));
    ck_assert(!telephone_sender_add(&sender, '*', 100, 100));
}
END_TEST

SUITE_MAIN("media/telephone_event", each_press_is_told_once, another_source_is_another_press,
           short_payloads_are_nothing, a_flood_drops_the_oldest_and_counts_them,
           odd_senders_press_once_each_time, a_digit_is_sent_with_growing_duration_and_three_ends,
           a_long_tone_fits_its_duration_field, no_digit_is_refused_and_so_is_one_too_many)
