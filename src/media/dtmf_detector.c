// SPDX-License-Identifier: ISC
// Blocks of 12.75 ms, one every 4.25 ms, and Goertzel's filter for each of the eight frequencies.
// At this length neighbouring frequencies fall near each other's zeros, and 1.5 % beside a
// frequency there is still three quarters of its power. What tells digits from voices is what
// remains when both tones are taken out: a voice has further overtones.
#include "media/dtmf_detector.h"

#include <math.h>

enum {
    BLOCK_AT_8000 = 102,
    STEPS = 3,   // in a block
    HITS = 5,    // 238 samples at 8 kHz; a tone of 40 ms holds six blocks wherever they fall
    MISSES = 10, // more than a lost packet makes, less than a pause of 40 ms
    ROUNDS = 3   // of taking both tones out: each is a little in the way of the other
};

static const double pi = 3.14159265358979323846;
static const double weakest = 150.0 * 150.0; // power of either tone: -40 dBm0
static const double rest_part = 0.07;        // of the block's power that may be something else
static const double apart = 6.3;             // times the power of the others in the group (8 dB)
static const double column_louder = 10.0;    // 8 dB by Q.24, and what blocks lose at the edge
static const double row_louder = 4.0;        // 4 dB likewise
static const double beside = 0.024;          // of its frequency that a tone may be
static const double detunings[DTMF_DETUNINGS] = { 1.0, 0.988, 0.994, 1.006, 1.012 };

static double frequency_of(size_t tone)
{
    return tone < DTMF_ROWS ? dtmf_row_frequencies[tone]
                            : dtmf_column_frequencies[tone - DTMF_ROWS];
}

/* The sine by the cosine: compilers make sincos() of both, which is no function of the standard. */
static struct dtmf_phasor turned_by(double angle)
{
    return (struct dtmf_phasor){ cos(angle), cos(angle - pi / 2) };
}

static void set_rate(struct dtmf_detector *detector, uint32_t rate)
{
    *detector = (struct dtmf_detector){ .rate = rate, .block = rate * BLOCK_AT_8000 / 8000 };
    for (size_t tone = 0; tone < DTMF_ROWS + DTMF_COLUMNS; tone++)
        for (size_t i = 0; i < DTMF_DETUNINGS; i++)
            detector->filters[tone][i] =
                turned_by(2 * pi * frequency_of(tone) * detunings[i] / rate);
}

/* What the block has of that frequency (Goertzel), as it stands at the block's last sample. */
static struct dtmf_phasor filter(const double *samples, size_t count,
                                 const struct dtmf_phasor *frequency)
{
    double newer = 0;
    double older = 0;
    double coefficient = 2 * frequency->real;
    for (size_t i = 0; i < count; i++) {
        double next = samples[i] + coefficient * newer - older;
        older = newer;
        newer = next;
    }
    return (struct dtmf_phasor){
        .real = newer - older * frequency->real,
        .imaginary = older * frequency->imaginary,
    };
}

/* The mean power of the sine that it stands for. */
static double power_of(const struct dtmf_detector *detector, struct dtmf_phasor phasor)
{
    double squared = phasor.real * phasor.real + phasor.imaginary * phasor.imaginary;
    return 2 * squared / ((double)detector->block * (double)detector->block);
}

/* One of a group of four. */
struct found {
    size_t tone;
    struct dtmf_phasor phasor;           // at its nominal frequency
    const struct dtmf_phasor *frequency; // that it may really have
    double power;                        // there
};

static struct found look_at(const struct dtmf_detector *detector, size_t tone, size_t detuning)
{
    const struct dtmf_phasor *frequency = &detector->filters[tone][detuning];
    struct dtmf_phasor phasor = filter(detector->samples, detector->block, frequency);
    return (struct found){ tone, phasor, frequency, power_of(detector, phasor) };
}

/* The loudest of a group. False when it does not stand out. */
static bool find_loudest(const struct dtmf_detector *detector, size_t first, struct found *found)
{
    struct found all[DTMF_ROWS];
    size_t loudest = 0;
    for (size_t i = 0; i < DTMF_ROWS; i++) {
        all[i] = look_at(detector, first + i, 0);
        if (all[i].power > all[loudest].power)
            loudest = i;
    }
    *found = all[loudest];
    for (size_t i = 0; i < DTMF_ROWS; i++)
        if (i != loudest && all[i].power * apart > found->power)
            return false;
    for (size_t i = 1; i < DTMF_DETUNINGS; i++) {
        struct found other = look_at(detector, first + loudest, i);
        if (other.power <= found->power)
            continue;
        found->power = other.power;
        found->frequency = other.frequency;
    }
    return found->power >= weakest;
}

static struct dtmf_phasor multiply(struct dtmf_phasor left, struct dtmf_phasor right)
{
    return (struct dtmf_phasor){
        .real = left.real * right.real - left.imaginary * right.imaginary,
        .imaginary = left.real * right.imaginary + left.imaginary * right.real,
    };
}

static double mean_power(const double *samples, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += samples[i] * samples[i];
    return sum / (double)count;
}

/* Takes the sine of that frequency out of the samples. */
static void take_out(double *samples, size_t count, const struct dtmf_phasor *frequency)
{
    struct dtmf_phasor back = { frequency->real, -frequency->imaginary };
    struct dtmf_phasor phasor = filter(samples, count, frequency);
    for (size_t i = count; i-- > 0; phasor = multiply(phasor, back))
        samples[i] -= 2 * phasor.real / (double)count;
}

/* What is left of the block's power without the two tones. */
static double rest_without(const struct dtmf_detector *detector, const struct found *row,
                           const struct found *column)
{
    double rest[DTMF_BLOCK_MAX];
    memcpy(rest, detector->samples, detector->block * sizeof(*rest));
    for (int i = 0; i < ROUNDS; i++) {
        take_out(rest, detector->block, column->frequency);
        take_out(rest, detector->block, row->frequency);
    }
    return mean_power(rest, detector->block);
}

static char digit_in_block(const struct dtmf_detector *detector, struct found *row,
                           struct found *column)
{
    double whole = mean_power(detector->samples, detector->block);
    if (whole < 2 * weakest || !find_loudest(detector, 0, row) ||
        !find_loudest(detector, DTMF_ROWS, column))
        return '\0';
    if (column->power > row->power * column_louder || row->power > column->power * row_louder ||
        rest_without(detector, row, column) > rest_part * whole)
        return '\0';
    return dtmf_keys[row->tone * DTMF_COLUMNS + column->tone - DTMF_ROWS];
}

static struct dtmf_phasor conjugate(struct dtmf_phasor phasor)
{
    return (struct dtmf_phasor){ phasor.real, -phasor.imaginary };
}

/* The angle by which the tone turns from one block to the next. */
static double turn_of(const struct dtmf_detector *detector, size_t tone)
{
    return 2 * pi * frequency_of(tone) * (double)(detector->block / STEPS) / detector->rate;
}

static void follow(const struct dtmf_detector *detector, struct dtmf_track *track,
                   const struct found *found)
{
    struct dtmf_phasor expected = multiply(track->last, turned_by(turn_of(detector, found->tone)));
    struct dtmf_phasor turn = multiply(found->phasor, conjugate(expected));
    track->turn.real += turn.real;
    track->turn.imaginary += turn.imaginary;
    track->last = found->phasor;
}

/* A block is too short to tell a frequency exactly; how the tone turns from block to block does. */
static bool is_in_tune(const struct dtmf_detector *detector, const struct dtmf_track *track,
                       size_t tone)
{
    const struct dtmf_phasor *turn = &track->turn;
    double length = sqrt(turn->real * turn->real + turn->imaginary * turn->imaginary);
    return turn->real >= length * cos(turn_of(detector, tone) * beside);
}

/* The digit that a block makes certain. */
static char judge(struct dtmf_detector *detector)
{
    struct found row = { 0 };
    struct found column = { 0 };
    char heard = digit_in_block(detector, &row, &column);
    detector->misses = heard == detector->digit ? 0 : detector->misses + 1;
    if (detector->misses >= MISSES)
        detector->digit = '\0';
    if (!heard || heard != detector->candidate) {
        detector->candidate = heard;
        detector->hits = heard != '\0';
        detector->row = (struct dtmf_track){ .last = row.phasor };
        detector->column = (struct dtmf_track){ .last = column.phasor };
        return '\0';
    }
    detector->hits++;
    follow(detector, &detector->row, &row);
    follow(detector, &detector->column, &column);
    if (detector->hits < HITS || heard == detector->digit ||
        !is_in_tune(detector, &detector->row, row.tone) ||
        !is_in_tune(detector, &detector->column, column.tone))
        return '\0';
    detector->digit = heard;
    detector->misses = 0;
    return heard;
}

char dtmf_detector_run(struct dtmf_detector *detector, uint32_t rate, const int16_t *samples,
                       size_t count)
{
    char found = '\0';
    if (rate != detector->rate)
        set_rate(detector, rate);
    for (size_t i = 0; i < count; i++) {
        detector->samples[detector->count++] = samples[i];
        if (detector->count < detector->block)
            continue;
        char digit = judge(detector);
        found = digit ? digit : found;
        detector->count -= detector->block / STEPS;
        memmove(detector->samples, detector->samples + detector->block / STEPS,
                detector->count * sizeof(*detector->samples));
    }
    return found;
}
