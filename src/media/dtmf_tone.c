// SPDX-License-Identifier: ISC
#include "media/dtmf_tone.h"

#include <math.h>

enum {
    TONE_MIN_MS = 40,
    GAP_MIN_MS = 40,
    LONGEST_MS = 10000,
    EDGE_MS = 5,        // in which a tone comes and goes, and the program goes and comes
    ROW_PEAK = 8100,    // -9 dBm0
    COLUMN_PEAK = 10200 // -7 dBm0: lines lose more of the higher tone
};

static const double pi = 3.14159265358979323846;

const double dtmf_row_frequencies[DTMF_ROWS] = { 697, 770, 852, 941 };
const double dtmf_column_frequencies[DTMF_COLUMNS] = { 1209, 1336, 1477, 1633 };
const char dtmf_keys[DTMF_ROWS * DTMF_COLUMNS + 1] = "123A456B789C*0#D";

static uint32_t between(uint32_t value, uint32_t minimum, uint32_t maximum)
{
    return value < minimum ? minimum : value > maximum ? maximum : value;
}

bool dtmf_tones_add(struct dtmf_tones *tones, char digit, uint32_t tone_ms, uint32_t gap_ms)
{
    if (digit >= 'a' && digit <= 'd')
        digit = (char)(digit - 'a' + 'A');
    const char *found = digit ? strchr(dtmf_keys, digit) : NULL;
    if (!found || tones->count == LIMIT_DIGITS_QUEUED)
        return false;
    tones->queue[tones->count++] = (struct dtmf_tone){
        .key = (uint8_t)(found - dtmf_keys),
        .tone_ms = between(tone_ms, TONE_MIN_MS, LONGEST_MS),
        .gap_ms = between(gap_ms, GAP_MIN_MS, LONGEST_MS),
    };
    return true;
}

static void take_first(struct dtmf_tones *tones)
{
    memmove(tones->queue, tones->queue + 1, --tones->count * sizeof(*tones->queue));
    tones->elapsed = 0;
}

void dtmf_tones_pause(struct dtmf_tones *tones)
{
    if (tones->elapsed)
        take_first(tones);
}

/* Half a period of a cosine: no click. */
static double envelope(uint32_t elapsed, uint32_t length, uint32_t edge)
{
    uint32_t from_end = length - elapsed;
    uint32_t distance = elapsed < from_end ? elapsed : from_end;
    return distance < edge ? 0.5 - 0.5 * cos(pi * distance / edge) : 1;
}

static double next_sample(struct dtmf_tones *tones, uint32_t rate)
{
    if (!tones->count)
        return 0;
    const struct dtmf_tone *tone = &tones->queue[0];
    uint32_t length = tone->tone_ms * (rate / 1000);
    uint32_t elapsed = tones->elapsed++;
    if (elapsed < length) {
        double angle = 2 * pi * elapsed / rate;
        return envelope(elapsed, length, EDGE_MS * (rate / 1000)) *
               (ROW_PEAK * sin(angle * dtmf_row_frequencies[tone->key / DTMF_COLUMNS]) +
                COLUMN_PEAK * sin(angle * dtmf_column_frequencies[tone->key % DTMF_COLUMNS]));
    }
    if (tones->elapsed >= length + tone->gap_ms * (rate / 1000))
        take_first(tones);
    return 0;
}

static double program_gain(struct dtmf_tones *tones, uint32_t edge)
{
    if (tones->count && tones->faded < edge)
        tones->faded++;
    else if (!tones->count && tones->faded)
        tones->faded--;
    return tones->faded < edge ? 1 - (double)tones->faded / edge : 0;
}

void dtmf_tones_insert(struct dtmf_tones *tones, uint32_t rate, int16_t *samples, size_t count)
{
    uint32_t edge = EDGE_MS * (rate / 1000);
    for (size_t i = 0; i < count && (tones->count || tones->faded); i++) {
        double mixed = samples[i] * program_gain(tones, edge) + next_sample(tones, rate);
        samples[i] = (int16_t)(mixed > 32767 ? 32767 : mixed < -32768 ? -32768 : mixed);
    }
}
