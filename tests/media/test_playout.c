// SPDX-License-Identifier: ISC
// From packets to what is heard: any codec at any rate, one after the other, with losses, bursts
// and clocks that are not ours.
#include "media/playout.h"
#include "tests/media/far_end.h"

enum {
    TICKS_MAX = 1000
};

/* A far end that speaks a tone, and one who hears it. */
struct world {
    struct playout *playout;
    uint32_t rate;
    struct codec_encoder *encoder;
    enum codec codec;
    double phase;
    uint16_t sequence;
    uint32_t timestamp;
    size_t heard_count;
    int16_t heard[TICKS_MAX * 960];
};

static struct world *begin(uint32_t rate, enum codec codec)
{
    const struct codec_settings settings = { .has_fec = true };
    struct world *world = calloc(1, sizeof(*world));
    ck_assert_ptr_nonnull(world);
    world->rate = rate;
    world->playout = playout_new(rate);
    world->codec = codec;
    world->encoder = codec_encoder_new(codec, &settings);
    world->timestamp = 0xffff0000;
    return world;
}

static void change_codec(struct world *world, enum codec codec)
{
    const struct codec_settings settings = { .has_fec = true };
    codec_encoder_free(world->encoder);
    world->codec = codec;
    world->encoder = codec_encoder_new(codec, &settings);
}

static void finish(struct world *world)
{
    codec_encoder_free(world->encoder);
    playout_free(world->playout);
    free(world);
}

/* One packet of the tone; one that is lost has been said all the same. */
static void say(struct world *world, uint32_t ptime_ms, bool is_lost)
{
    int16_t samples[CODEC_SAMPLES_MAX];
    uint8_t payload[CODEC_PAYLOAD_MAX];
    size_t count = codec_rate(world->codec) / 1000 * ptime_ms;
    sine(&world->phase, codec_rate(world->codec), samples, count);
    size_t length = codec_encoder_run(world->encoder, samples, count, payload);
    if (!is_lost)
        playout_put(world->playout, world->sequence, world->timestamp, world->codec,
                    slice_make((const char *)payload, length));
    world->sequence++;
    world->timestamp += codec_clock_rate(world->codec) / 1000 * ptime_ms;
}

static void hear(struct world *world)
{
    size_t count = world->rate / 50;
    ck_assert_uint_le(world->heard_count + count, TICKS_MAX * 960);
    playout_get(world->playout, world->heard + world->heard_count, count);
    world->heard_count += count;
}

/* How like a tone of 440 Hz the last `ticks` are. */
static double likeness(const struct world *world, size_t ticks)
{
    static int16_t tone[TICKS_MAX * 960];
    double phase = 0;
    size_t period = world->rate / 440 + 1;
    size_t count = ticks * world->rate / 50 - period;
    sine(&phase, world->rate, tone, count);
    return best_correlation(tone, world->heard + world->heard_count - count - period, count,
                            period);
}

START_TEST(every_codec_is_heard_at_every_rate)
{
    static const uint32_t rates[] = { 8000, 16000, 48000 };
    for (size_t row = 0; row < 3; row++) {
        for (enum codec codec = CODEC_NONE + 1; codec < CODEC_COUNT; codec++) {
            if (!codec_is_available(codec))
                continue;
            for (uint32_t ptime = 10; ptime <= 120; ptime += 10) {
                uint32_t able = codec_ptime(codec, ptime);
                struct world *world = begin(rates[row], codec);
                for (uint32_t tick = 1, sent = 0; tick <= 50; tick++) {
                    for (; (sent + 1) * able <= tick * 20; sent++)
                        say(world, able, false);
                    hear(world);
                }
                ck_assert_msg(likeness(world, 30) > 0.97, "%s at %u, %u ms: %f", codec_name(codec),
                              rates[row], able, likeness(world, 30));
                finish(world);
            }
        }
    }
}
END_TEST

START_TEST(the_far_end_may_change_its_codec_with_any_packet)
{
    struct world *world = begin(16000, CODEC_PCMA);
    for (int tick = 0; tick < 300; tick++) {
        enum codec codec = (enum codec)(1 + tick / 25 % (CODEC_COUNT - 1));
        if (codec != world->codec && codec_is_available(codec))
            change_codec(world, codec);
        say(world, 20, false);
        hear(world);
        if (tick % 25 == 24)
            ck_assert_msg(likeness(world, 10) > 0.9, "%s: %f", codec_name(world->codec),
                          likeness(world, 10));
    }
    finish(world);
}
END_TEST

START_TEST(loss_is_concealed_with_a_fade_to_silence)
{
    struct playout *playout = playout_new(8000);
    char loud[320];
    int16_t heard[160];
    for (size_t i = 0; i < sizeof(loud); i++)
        loud[i] = (char)(i % 2 ? 0x10 : 0x27); /* 10000 */
    struct playout_statistics statistics;
    for (uint16_t i = 0; i < 10; i++) {
        playout_put(playout, i, i * 160u, CODEC_PCMA, slice_make(loud, 160));
        playout_get(playout, heard, 160);
    }
    playout_get(playout, heard, 160);
    playout_get(playout, heard, 160);
    double before = loudness(heard, 160);
    for (int frame = 0; frame < 3; frame++) {
        playout_get(playout, heard, 160);
        ck_assert(loudness(heard, 160) > 0 && loudness(heard, 160) < before);
        before = loudness(heard, 160);
    }
    playout_get(playout, heard, 160);
    ck_assert(loudness(heard, 160) == 0);
    playout_statistics(playout, &statistics);
    ck_assert_uint_eq(statistics.concealed_ms, 60);
    playout_free(playout);
}
END_TEST

/* How long after its packet a sound is heard: a click in silence. */
static int delay_of(struct playout *playout, uint16_t *sequence)
{
    char quiet[160];
    char click[160];
    int16_t heard[160];
    memset(quiet, (char)0xd5, sizeof(quiet));
    memset(click, 0x2a, sizeof(click));
    for (int tick = 0; tick < 50; tick++) {
        playout_put(playout, *sequence, *sequence * 160u, CODEC_PCMA,
                    slice_make(tick == 0 ? click : quiet, 160));
        ++*sequence;
        playout_get(playout, heard, 160);
        if (loudness(heard, 160) > 3000)
            return tick * 20;
    }
    return 1000;
}

/* The network has held everything back for so long, then gives it at once. */
START_TEST(after_a_burst_the_delay_is_back_at_its_floor_within_three_seconds)
{
    static const int stalls[] = { 3, 5, 8, 10, 15, 25, 50 }; /* ticks */
    for (size_t row = 0; row < sizeof(stalls) / sizeof(*stalls); row++) {
        struct playout *playout = playout_new(8000);
        char quiet[160];
        int16_t heard[160];
        uint16_t sequence = 0;
        memset(quiet, (char)0xd5, sizeof(quiet));
        for (int tick = 0; tick < 300; tick++) {
            bool is_stalled = tick >= 100 && tick < 100 + stalls[row];
            for (; !is_stalled && sequence <= tick; sequence++)
                playout_put(playout, sequence, sequence * 160u, CODEC_PCMA, slice_make(quiet, 160));
            playout_get(playout, heard, 160);
            if (tick >= 100 + stalls[row] + 150)
                break;
        }
        int delay = delay_of(playout, &sequence);
        ck_assert_msg(delay <= 60, "%d ms held back: %d ms late", stalls[row] * 20, delay);
        playout_free(playout);
    }
}
END_TEST

START_TEST(shortening_has_no_clicks)
{
    struct world *world = begin(8000, CODEC_L16);
    int tick = 0;
    for (; tick < 100; tick++)
        hear(world);
    for (int i = 0; i < 12; i++) /* 240 ms at once */
        say(world, 20, false);
    size_t from = world->heard_count + 20 * 160;
    for (; tick < 300; tick++) {
        say(world, 20, false);
        hear(world);
    }
    /* A tone of 440 Hz and half scale never rises by more than 5600 in a sample of 8 kHz. */
    for (size_t i = from; i < world->heard_count; i++)
        ck_assert_int_le(abs(world->heard[i] - world->heard[i - 1]), 6500);
    ck_assert(likeness(world, 20) > 0.97);
    finish(world);
}
END_TEST

START_TEST(another_rate_in_mid_stream_goes_on)
{
    struct world *world = begin(48000, CODEC_PCMA);
    for (int tick = 0; tick < 100; tick++) {
        if (tick == 50) {
            playout_set_rate(world->playout, 8000);
            world->rate = 8000;
            world->heard_count = 0;
        }
        say(world, 20, false);
        hear(world);
    }
    ck_assert(likeness(world, 20) > 0.97);
    finish(world);
}
END_TEST

SUITE_MAIN("media/playout", every_codec_is_heard_at_every_rate,
           the_far_end_may_change_its_codec_with_any_packet,
           loss_is_concealed_with_a_fade_to_silence,
           after_a_burst_the_delay_is_back_at_its_floor_within_three_seconds,
           shortening_has_no_clicks, another_rate_in_mid_stream_goes_on)
