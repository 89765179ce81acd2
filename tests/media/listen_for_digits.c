// SPDX-License-Identifier: ISC
// Prints every digit that the detector hears in a WAV file of 16 bits and one channel on standard
// input, and then how many seconds it was: what test_talk_off.sh runs on speech.
#include "media/codec_operations.h"
#include "media/dtmf_detector.h"
#include "media/resampler.h"

#include <stdio.h>
#include <string.h>

enum {
    HEADER = 44,
    RATE_AT = 24,
    RATE = 8000,
    FRAME = 160
};

/* As it would come from the network. */
static char hear(struct dtmf_detector *detector, int16_t *frame)
{
    uint8_t payload[FRAME];
    size_t length = codec_pcma_operations.encode(NULL, frame, FRAME, payload);
    codec_pcma_operations.decode(NULL, slice_make((const char *)payload, length), frame, FRAME);
    return dtmf_detector_run(detector, RATE, frame, FRAME);
}

int main(void)
{
    uint8_t header[HEADER];
    uint32_t rate;
    int16_t samples[960];
    int16_t frame[FRAME];
    struct dtmf_detector detector = { 0 };
    size_t frames = 0;
    if (fread(header, 1, HEADER, stdin) != HEADER || memcmp(header, "RIFF", 4) != 0)
        return 2;
    memcpy(&rate, header + RATE_AT, sizeof(rate));
    if (rate < RATE || rate > 48000)
        return 2;
    struct resampler *resampler = resampler_new(rate, RATE);
    for (; fread(samples, sizeof(*samples), rate / 50, stdin) == rate / 50; frames++) {
        resampler_run(resampler, samples, frame);
        char digit = hear(&detector, frame);
        if (digit)
            printf("%c at %zu ms\n", digit, frames * 20);
    }
    resampler_free(resampler);
    printf("%zu seconds\n", frames / 50);
    return 0;
}
