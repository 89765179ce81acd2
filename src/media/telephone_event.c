// SPDX-License-Identifier: ISC
#include "media/telephone_event.h"

static const char digits_by_event[] = "0123456789*#ABCD";

void telephone_events_receive(struct telephone_events *events, const struct rtp_packet *packet)
{
    if (packet->payload.length < 4)
        return;
    uint8_t event = (uint8_t)packet->payload.data[0];
    if (event >= sizeof(digits_by_event) - 1)
        return;
    /* All packets of one press bear the timestamp of its beginning (2.2.1). */
    if (events->has_last && events->last_ssrc == packet->ssrc &&
        (int32_t)(packet->timestamp - events->last_timestamp) <= 0)
        return;
    events->has_last = true;
    events->last_timestamp = packet->timestamp;
    events->last_ssrc = packet->ssrc;
    if (events->count == LIMIT_DIGITS_QUEUED) {
        memmove(events->digits, events->digits + 1, --events->count);
        events->dropped++;
    }
    events->digits[events->count++] = digits_by_event[event];
}

bool telephone_events_next(struct telephone_events *events, char *digit)
{
    if (!events->count)
        return false;
    *digit = events->digits[0];
    memmove(events->digits, events->digits + 1, --events->count);
    return true;
}
