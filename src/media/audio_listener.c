// SPDX-License-Identifier: ISC
#include "media/audio_listener.h"

#include "media/audio_speaker.h"

#include <assert.h>

void audio_listener_begin(struct audio_listener *listener, uint32_t number, uint32_t call_rate)
{
    listener->number = number;
    listener->resampler = resampler_new(call_rate, listener->rate);
}

void audio_listener_set_call_rate(struct audio_listener *listener, uint32_t call_rate)
{
    resampler_free(listener->resampler);
    listener->resampler = resampler_new(call_rate, listener->rate);
}

static void mix(const int16_t *one, const int16_t *other, int16_t *sum, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int32_t both = one[i] + other[i];
        sum[i] = (int16_t)(both > INT16_MAX ? INT16_MAX : both < INT16_MIN ? INT16_MIN : both);
    }
}

void audio_listener_hear(struct audio_listener *listener, const int16_t *heard, const int16_t *said,
                         size_t count, int16_t *frame)
{
    int16_t both[AUDIO_FRAME_MAX];
    bool is_mixed = listener->hears_both && said;
    assert(count <= AUDIO_FRAME_MAX);
    if (is_mixed)
        mix(heard, said, both, count);
    resampler_run(listener->resampler, is_mixed ? both : heard, frame);
}

void audio_listener_end(struct audio_listener *listener)
{
    resampler_free(listener->resampler);
    *listener = (struct audio_listener){ .number = 0 };
}
