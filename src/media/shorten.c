// SPDX-License-Identifier: ISC
// Overlap and add with a search for the best lag (WSOLA).
#include "media/shorten.h"

enum {
    FADE_US = 2500,
    LAG_MIN_US = 2500 // the shortest that is left out: a pitch of 400 Hz
};

static size_t samples_of(uint32_t rate, uint32_t microseconds)
{
    return (size_t)rate * microseconds / 1000000;
}

/* How like the samples are to those `lag` later: their product over the latter's energy, of which
 * the sign is kept. */
static double likeness(const int16_t *samples, size_t lag, size_t count)
{
    double both = 0;
    double energy = 1;
    for (size_t i = 0; i < count; i++) {
        both += (double)samples[i] * samples[lag + i];
        energy += (double)samples[lag + i] * samples[lag + i];
    }
    return both < 0 ? -both * both / energy : both * both / energy;
}

static size_t best_lag(const int16_t *samples, size_t least, size_t most, size_t fade)
{
    size_t step = fade / 20 ? fade / 20 : 1; /* the same work at any rate */
    size_t best = most;
    double highest = likeness(samples, most, fade);
    for (size_t lag = least; lag < most; lag += step) {
        double value = likeness(samples, lag, fade);
        if (value <= highest)
            continue;
        highest = value;
        best = lag;
    }
    return best;
}

size_t shorten(int16_t *samples, size_t count, size_t most, uint32_t rate)
{
    size_t fade = samples_of(rate, FADE_US);
    size_t least = samples_of(rate, LAG_MIN_US);
    if (most < least || fade + most > count)
        return 0;
    size_t lag = best_lag(samples, least, most, fade);
    for (size_t i = 0; i < count - lag; i++) {
        int32_t weight = (int32_t)(i < fade ? i : fade);
        int32_t rest = (int32_t)fade - weight;
        samples[i] = (int16_t)((samples[i] * rest + samples[lag + i] * weight) / (int32_t)fade);
    }
    return lag;
}
