// SPDX-License-Identifier: ISC
#include "ctl/silence_detector.h"

#include <string.h>

enum {
    FRAME_MS = 20,
    FLOOR_FRAMES = 25, // of one of the floors
    LOUD_FRAMES = 3    // fewer are a click, not a sound
};

/* Powers are mean squares of samples. The line is never quieter than FLOOR_LEAST (idle noise of
 * G.711), and what is below SOUND_LEAST (rms 60) nobody would call a voice. */
static const double FLOOR_LEAST = 18.0 * 18.0;
static const double FLOOR_MOST = 560.0 * 560.0;
static const double SOUND_LEAST = 60.0 * 60.0;
static const double SOUND_ABOVE_FLOOR = 6.3; // 8 dB

void silence_detector_init(struct silence_detector *detector, uint32_t rate)
{
    memset(detector, 0, sizeof(*detector));
    detector->frame_size = rate * FRAME_MS / 1000;
}

/* The least of the last five seconds: pauses between words reach down to the noise, so a voice does
 * not lift it, and a lasting noise does within that time. */
static double floor_of(const struct silence_detector *detector)
{
    double least = FLOOR_MOST;
    for (unsigned i = 0; i < detector->floor_count; i++)
        if (detector->floors[i] < least)
            least = detector->floors[i];
    return least < FLOOR_LEAST ? FLOOR_LEAST : least;
}

static void lower_floor(struct silence_detector *detector, double power)
{
    if (!detector->floor_frames) {
        memmove(detector->floors + 1, detector->floors,
                (SILENCE_FLOORS - 1) * sizeof(*detector->floors));
        detector->floors[0] = power;
        if (detector->floor_count < SILENCE_FLOORS)
            detector->floor_count++;
    } else if (power < detector->floors[0]) {
        detector->floors[0] = power;
    }
    detector->floor_frames = (detector->floor_frames + 1) % FLOOR_FRAMES;
}

static void judge_frame(struct silence_detector *detector, double power)
{
    lower_floor(detector, power);
    bool is_loud = power >= SOUND_LEAST && power >= floor_of(detector) * SOUND_ABOVE_FLOOR;
    detector->loud_frames = is_loud ? detector->loud_frames + 1 : 0;
    detector->quiet_frames++;
    if (detector->loud_frames < LOUD_FRAMES)
        return;
    detector->quiet_frames = 0;
    detector->has_sound = true;
}

void silence_detector_hear(struct silence_detector *detector, const int16_t *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        detector->energy += (double)samples[i] * samples[i];
        if (++detector->taken < detector->frame_size)
            continue;
        judge_frame(detector, detector->energy / (double)detector->frame_size);
        detector->taken = 0;
        detector->energy = 0;
    }
}

uint64_t silence_detector_quiet_ms(const struct silence_detector *detector)
{
    return detector->quiet_frames * FRAME_MS;
}

bool silence_detector_has_sound(const struct silence_detector *detector)
{
    return detector->has_sound;
}
