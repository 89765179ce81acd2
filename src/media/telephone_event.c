// SPDX-License-Identifier: ISC
#include "media/telephone_event.h"

enum {
    TICK_MS = 20,
    TONE_MIN_MS = 40,
    GAP_MIN_MS = 60, // the second and third end packet, and a tick of rest
    GAP_MAX_MS = 10000,
    VOLUME = 10, // -10 dBm0
    END = 0x80,
    DURATION_MAX = 0xffff,
    STRAY_MS = 100 // behind its press
};

static const char digits_by_event[] = "0123456789*#ABCD";

static struct telephone_press *find_press(struct telephone_events *events,
                                          const struct telephone_press *seen)
{
    for (size_t i = 0; i < TELEPHONE_EVENTS_KNOWN; i++) {
        struct telephone_press *press = &events->known[i];
        if (press->is_used && press->ssrc == seen->ssrc && press->timestamp == seen->timestamp &&
            press->event == seen->event)
            return press;
    }
    return NULL;
}

/* 4733 2.5.1.3: a press too long for one duration field goes on with a new timestamp. */
static bool is_next_segment(const struct telephone_press *press, const struct telephone_press *seen)
{
    return press->is_used && !press->has_ended && press->event == seen->event &&
           press->ssrc == seen->ssrc && seen->timestamp - press->timestamp == DURATION_MAX;
}

/* Some send the last packets of a press with a timestamp of their own. */
static bool is_stray_end(const struct telephone_press *press, const struct telephone_press *seen)
{
    return press->is_used && press->event == seen->event && press->ssrc == seen->ssrc &&
           seen->has_ended && seen->last < press->last + STRAY_MS;
}

/* Some send all presses of a call with one timestamp. What is older than the newest packet is a
 * late one of the same press. */
static bool is_pressed_again(const struct telephone_press *press,
                             const struct telephone_press *seen, bool has_marker)
{
    if (sequence_distance(press->sequence, seen->sequence) <= 0)
        return false;
    bool has_begun = has_marker && press->has_ended && !seen->has_ended;
    return has_begun || seen->duration < press->duration;
}

void telephone_events_add(struct telephone_events *events, char digit)
{
    if (events->count == LIMIT_DIGITS_QUEUED) {
        memmove(events->digits, events->digits + 1, --events->count);
        events->dropped++;
    }
    events->digits[events->count++] = digit;
}

static void keep_press(struct telephone_press *press, const struct telephone_press *seen)
{
    bool has_ended = press->has_ended;
    if (sequence_distance(press->sequence, seen->sequence) < 0)
        return;
    *press = *seen;
    press->has_ended = has_ended || seen->has_ended;
}

static void add_press(struct telephone_events *events, const struct telephone_press *seen)
{
    events->newest = (events->newest + 1) % TELEPHONE_EVENTS_KNOWN;
    events->known[events->newest] = *seen;
}

void telephone_events_receive(struct telephone_events *events, time_ms now,
                              const struct rtp_packet *packet)
{
    if (packet->payload.length < TELEPHONE_EVENT_BYTES)
        return;
    const uint8_t *payload = (const uint8_t *)packet->payload.data;
    struct telephone_press seen = {
        .is_used = true,
        .ssrc = packet->ssrc,
        .timestamp = packet->timestamp,
        .event = payload[0],
        .sequence = packet->sequence,
        .duration = (uint16_t)(payload[2] << 8 | payload[3]),
        .has_ended = payload[1] & END,
        .last = now,
    };
    if (seen.event >= sizeof(digits_by_event) - 1)
        return;
    struct telephone_press *press = find_press(events, &seen);
    if (press && is_pressed_again(press, &seen, packet->has_marker)) {
        telephone_events_add(events, digits_by_event[seen.event]);
        *press = seen;
    } else if (press) {
        keep_press(press, &seen);
    } else if (is_stray_end(&events->known[events->newest], &seen)) {
        events->known[events->newest].has_ended = true;
    } else {
        if (!is_next_segment(&events->known[events->newest], &seen))
            telephone_events_add(events, digits_by_event[seen.event]);
        add_press(events, &seen);
    }
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
