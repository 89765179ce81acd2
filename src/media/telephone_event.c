// SPDX-License-Identifier: ISC
#include "media/telephone_event.h"

enum {
    TICK_MS = 20,
    TONE_MIN_MS = 40,
    GAP_MIN_MS = 60, // the second and third end packet, and a tick of rest
    GAP_MAX_MS = 10000,
    VOLUME = 10, // -10 dBm0
    END = 0x80,
    DURATION_MAX = 0xffff
};

static const char digits_by_event[] = "0123456789*#ABCD";

static bool is_known(const struct telephone_events *events, const struct rtp_packet *packet)
{
    for (size_t i = 0; i < TELEPHONE_EVENTS_KNOWN; i++) {
        const struct telephone_event_key *key = &events->known[i];
        if (key->is_used && key->ssrc == packet->ssrc && key->timestamp == packet->timestamp)
            return true;
    }
    return false;
}

/* 4733 2.5.1.3: a press too long for one duration field goes on with a new timestamp. */
static bool is_next_segment(const struct telephone_events *events, const struct rtp_packet *packet,
                            uint8_t event)
{
    const struct telephone_event_key *key = &events->known[events->newest];
    return key->is_used && !events->has_ended && events->event == event &&
           key->ssrc == packet->ssrc && packet->timestamp - key->timestamp == DURATION_MAX;
}

void telephone_events_add(struct telephone_events *events, char digit)
{
    if (events->count == LIMIT_DIGITS_QUEUED) {
        memmove(events->digits, events->digits + 1, --events->count);
        events->dropped++;
    }
    events->digits[events->count++] = digit;
}

void telephone_events_receive(struct telephone_events *events, const struct rtp_packet *packet)
{
    if (packet->payload.length < TELEPHONE_EVENT_BYTES)
        return;
    uint8_t event = (uint8_t)packet->payload.data[0];
    bool is_end = (uint8_t)packet->payload.data[1] & END;
    if (event >= sizeof(digits_by_event) - 1)
        return;
    if (is_known(events, packet)) {
        if (packet->timestamp == events->known[events->newest].timestamp)
            events->has_ended = events->has_ended || is_end;
        return;
    }
    if (!is_next_segment(events, packet, event))
        telephone_events_add(events, digits_by_event[event]);
    events->newest = (events->newest + 1) % TELEPHONE_EVENTS_KNOWN;
    events->known[events->newest] =
        (struct telephone_event_key){ true, packet->ssrc, packet->timestamp };
    events->event = event;
    events->has_ended = is_end;
}

bool telephone_events_next(struct telephone_events *events, char *digit)
{
    if (!events->count)
        return false;
    *digit = events->digits[0];
    memmove(events->digits, events->digits + 1, --events->count);
    return true;
}

static uint32_t between(uint32_t value, uint32_t minimum, uint32_t maximum)
{
    return value < minimum ? minimum : value > maximum ? maximum : value;
}

/* Whole ticks. */
static uint32_t round_up(uint32_t milliseconds)
{
    return (milliseconds + TICK_MS - 1) / TICK_MS * TICK_MS;
}

bool telephone_sender_add(struct telephone_sender *sender, char digit, uint32_t tone_ms,
                          uint32_t gap_ms)
{
    if (digit >= 'a' && digit <= 'd')
        digit = (char)(digit - 'a' + 'A');
    const char *found = digit ? strchr(digits_by_event, digit) : NULL;
    if (!found || sender->count == LIMIT_DIGITS_QUEUED)
        return false;
    sender->queue[sender->count++] = (struct telephone_tone){
        .event = (uint8_t)(found - digits_by_event),
        .tone_ms = round_up(between(tone_ms, TONE_MIN_MS, GAP_MAX_MS)),
        .gap_ms = round_up(between(gap_ms, GAP_MIN_MS, GAP_MAX_MS)),
    };
    return true;
}

static void take_first(struct telephone_sender *sender)
{
    memmove(sender->queue, sender->queue + 1, --sender->count * sizeof(*sender->queue));
    sender->elapsed_ms = 0;
}

void telephone_sender_clear(struct telephone_sender *sender)
{
    sender->count = 0;
    sender->elapsed_ms = 0;
}

void telephone_sender_pause(struct telephone_sender *sender)
{
    if (sender->elapsed_ms)
        take_first(sender);
}

bool telephone_sender_tick(struct telephone_sender *sender, uint32_t now, uint32_t rate,
                           struct rtp_packet *packet, uint8_t payload[TELEPHONE_EVENT_BYTES])
{
    if (!sender->count)
        return false;
    struct telephone_tone *tone = &sender->queue[0];
    bool is_first = sender->elapsed_ms == 0;
    if (is_first) {
        /* One duration field is enough for any digit that we send. */
        uint32_t longest = DURATION_MAX / (rate / 1000 * TICK_MS) * TICK_MS;
        tone->tone_ms = between(tone->tone_ms, 0, longest);
        sender->timestamp = now;
    }
    sender->elapsed_ms += TICK_MS;
    if (sender->elapsed_ms > tone->tone_ms + 2 * TICK_MS) {
        /* The gap: audio goes on. */
        if (sender->elapsed_ms >= tone->tone_ms + tone->gap_ms)
            take_first(sender);
        return false;
    }
    bool is_end = sender->elapsed_ms >= tone->tone_ms;
    uint32_t duration = between(sender->elapsed_ms, 0, tone->tone_ms) * (rate / 1000);
    payload[0] = tone->event;
    payload[1] = (uint8_t)((is_end ? END : 0) | VOLUME);
    payload[2] = (uint8_t)(duration >> 8);
    payload[3] = (uint8_t)duration;
    *packet = (struct rtp_packet){
        .has_marker = is_first,
        .timestamp = sender->timestamp,
        .payload = slice_make((const char *)payload, TELEPHONE_EVENT_BYTES),
    };
    return true;
}
