// SPDX-License-Identifier: ISC
#include "ctl/sound_source.h"
#include "ctl/sound_stream.h"
#include "ctl/wav_header.h"
#include "tests/ctl/sound_folder.h"
#include "tests/suite.h"

#include <dirent.h>
#include <fcntl.h>
#include <sndfile.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    SAMPLES = 4000,
    RATE = 16000
};

static int16_t sample_at(size_t index)
{
    return (int16_t)(index * 37 % 9001) - 4500;
}

/* Two channels: twice the sample, and nothing. */
static const char *write_file(const char *name, int format, int channels)
{
    static short samples[2 * SAMPLES];
    SF_INFO info = { .samplerate = RATE, .channels = channels, .format = format };
    for (size_t i = 0; i < SAMPLES; i++) {
        samples[i * (size_t)channels] = (short)(sample_at(i) * channels);
        if (channels == 2)
            samples[i * 2 + 1] = 0;
    }
    SNDFILE *file = sf_open(path_of(name), SFM_WRITE, &info);
    ck_assert_ptr_nonnull(file);
    sf_command(file, SFC_SET_SCALE_INT_FLOAT_WRITE, NULL, SF_TRUE);
    ck_assert_int_eq(sf_writef_short(file, samples, SAMPLES), SAMPLES);
    sf_close(file);
    return path;
}

static size_t read_all(struct sound_source *source, int16_t *samples, size_t size)
{
    size_t total = 0;
    size_t count;
    while (
        sound_source_read(source, samples + total, size - total < 700 ? size - total : 700, &count))
        total += count;
    return total;
}

static void check_samples(struct sound_source *source)
{
    static int16_t samples[2 * SAMPLES];
    ck_assert_ptr_nonnull(source);
    ck_assert_uint_eq(read_all(source, samples, 2 * SAMPLES), SAMPLES);
    for (size_t i = 0; i < SAMPLES; i++)
        ck_assert_msg(samples[i] == sample_at(i), "sample %zu", i);
    sound_source_close(source);
}

/* Standard input is a pipe with the bytes of the file; a child writes them in small pieces. */
static void pipe_file(const char *name, size_t skip)
{
    int fds[2];
    ck_assert_int_eq(pipe(fds), 0);
    if (fork() == 0) {
        char bytes[777];
        size_t count = 1;
        FILE *file = fopen(name, "rb");
        fseek(file, (long)skip, SEEK_SET);
        close(fds[0]);
        while ((count = fread(bytes, 1, count % sizeof(bytes) + 6, file)) > 0)
            if (write(fds[1], bytes, count) < 0 || usleep(500) < 0)
                break; /* slowly, so that they are read in such pieces, too */
        _exit(0);
    }
    close(fds[1]);
    dup2(fds[0], STDIN_FILENO);
    close(fds[0]);
}

START_TEST(formats_are_read_sample_by_sample)
{
    static const struct {
        const char *name;
        int format;
    } rows[] = {
        { "a.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16 },
        { "a.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16 },
        { "b.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT },
        { "c.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_24 },
        { "a.aiff", SF_FORMAT_AIFF | SF_FORMAT_PCM_16 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct sound_source *source =
            sound_source_open(write_file(rows[i].name, rows[i].format, 1), 0, false);
        ck_assert_uint_eq(sound_source_rate(source), RATE);
        check_samples(source);
    }
}
END_TEST

START_TEST(channels_are_mixed)
{
    check_samples(
        sound_source_open(write_file("two.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 2), 0, false));
}
END_TEST

START_TEST(what_comes_through_a_pipe_is_told_by_its_first_bytes)
{
    pipe_file(write_file("a.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 1), 0);
    struct sound_source *source = sound_source_open("-", 8000, false);
    ck_assert_uint_eq(sound_source_rate(source), RATE);
    check_samples(source);
    pipe_file(write_file("two.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 2), 0);
    check_samples(sound_source_open("-", 8000, false));
    pipe_file(write_file("b.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 1), 0);
    check_samples(sound_source_open("-", 8000, false));
    pipe_file(write_file("a.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 1), 0);
    source = sound_source_open("-", 8000, false);
    ck_assert_uint_eq(sound_source_rate(source), RATE);
    check_samples(source);
}
END_TEST

START_TEST(samples_without_a_header_are_played_as_they_come)
{
    pipe_file(write_file("a.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 1), WAV_HEADER_BYTES);
    struct sound_source *source = sound_source_open("-", 22050, false);
    ck_assert_uint_eq(sound_source_rate(source), 22050);
    check_samples(source);
}
END_TEST

/* Their first sample is 0xff 0xf3 with a bit rate behind it. */
START_TEST(samples_that_look_like_mp3_are_played_nonetheless)
{
    static const unsigned char start[] = { 0xff, 0xf3, 0x40, 0x00 };
    int16_t samples[64];
    FILE *file = fopen(path_of("raw"), "wb");
    fwrite(start, 1, sizeof(start), file);
    for (int i = 0; i < 60; i++)
        fputs("\1", file);
    fclose(file);
    pipe_file(path, 0);
    struct sound_source *source = sound_source_open("-", 8000, false);
    ck_assert_uint_eq(read_all(source, samples, 64), 32);
    ck_assert_int_eq(samples[0], (int16_t)0xf3ff);
    ck_assert_int_eq(samples[31], 0x0101);
    sound_source_close(source);
}
END_TEST

START_TEST(standard_input_may_be_a_file)
{
    int fd = open(write_file("a.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 1), O_RDONLY);
    dup2(fd, STDIN_FILENO);
    check_samples(sound_source_open("-", 8000, false));
    close(fd);
    fd = open(write_file("a.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 1), O_RDONLY);
    lseek(fd, WAV_HEADER_BYTES, SEEK_SET);
    dup2(fd, STDIN_FILENO);
    struct sound_source *source = sound_source_open("-", 8000, false);
    ck_assert_uint_eq(sound_source_rate(source), 8000);
    check_samples(source);
    close(fd);
}
END_TEST

START_TEST(what_is_no_sound_is_refused)
{
    FILE *file = fopen(path_of("text.wav"), "w");
    fputs("this is no sound file, whatever its name says\n", file);
    fclose(file);
    ck_assert_ptr_null(sound_source_open(path, 8000, false));
    ck_assert_ptr_null(sound_source_open(path_of("missing.wav"), 8000, false));
    ck_assert_ptr_null(sound_source_open("/tmp", 8000, false));
    pipe_file(write_file("cut.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 1), 2 * SAMPLES + 40);
    struct sound_source *source = sound_source_open("-", 8000, false);
    int16_t samples[8];
    ck_assert_uint_eq(read_all(source, samples, 8), 2);
    sound_source_close(source);
}
END_TEST

START_TEST(first_bytes_tell_the_kind)
{
    static const struct {
        const char *bytes;
        enum sound_stream_kind kind;
    } rows[] = {
        { "RIFF....WAVE", SOUND_STREAM_WAV },
        { "RIFF....AVI ", SOUND_STREAM_OTHER },
        { "fLaC........", SOUND_STREAM_FILE },
        { "OggS........", SOUND_STREAM_FILE },
        { "ID3.........", SOUND_STREAM_FILE },
        { "\xff\xfb\x90.........", SOUND_STREAM_PERHAPS },
        { "\xff\xf3\x40.........", SOUND_STREAM_PERHAPS },
        { "\xff\xfb\xf0.........", SOUND_STREAM_SAMPLES }, // no such bit rate
        { "\xff\xff\xff.........", SOUND_STREAM_SAMPLES },
        { "\1...........", SOUND_STREAM_SAMPLES },
        { "{\"error\": 4}", SOUND_STREAM_OTHER },
        { "<!DOCTYPE ht", SOUND_STREAM_OTHER },
        { "Nicht m\xc3\xb6gl.", SOUND_STREAM_OTHER },
        { "Nicht m\xf6gl.", SOUND_STREAM_SAMPLES },
        { "\0\0\0 ftypM4A ", SOUND_STREAM_OTHER },
        { "\x1a\x45\xdf\xa3........", SOUND_STREAM_OTHER },
        { "\x89PNG\r\n\x1a\n....", SOUND_STREAM_OTHER },
        { "\xff\xd8\xff\xe0..JFIF..", SOUND_STREAM_OTHER },
        { "%PDF-1.7\n%\xe2\xe3", SOUND_STREAM_OTHER },
        { "\x1f\x8b\x08\0\0\0\0\0\0\3..", SOUND_STREAM_OTHER },
        { "\xff\xf1\x50\x80\x01\x1f\xfc.....", SOUND_STREAM_SAMPLES }, // perhaps
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        ck_assert_msg(sound_stream_sniff((const unsigned char *)rows[i].bytes, 12) == rows[i].kind,
                      "row %zu", i);
    ck_assert_int_eq(sound_stream_sniff((const unsigned char *)"RIFF", 4), SOUND_STREAM_SAMPLES);
}
END_TEST

/* A frame of AAC begins like a loud sample: only with a second one behind it is it told. */
START_TEST(aac_is_told_by_its_second_frame)
{
    static const unsigned char frame[] = { 0xff, 0xf1, 0x50, 0x80, 0x04, 0x1f, 0xfc };
    unsigned char bytes[80] = { 0 };
    memcpy(bytes, frame, sizeof(frame));
    ck_assert_int_eq(sound_stream_sniff(bytes, sizeof(bytes)), SOUND_STREAM_SAMPLES);
    memcpy(bytes + 32, frame, sizeof(frame));
    ck_assert_int_eq(sound_stream_sniff(bytes, sizeof(bytes)), SOUND_STREAM_OTHER);
    ck_assert_int_eq(sound_stream_sniff(bytes, 37), SOUND_STREAM_SAMPLES);
    FILE *file = fopen(path_of("a.aac"), "wb");
    fwrite(bytes, 1, sizeof(bytes), file);
    fclose(file);
    pipe_file(path, 0);
    ck_assert_ptr_null(sound_source_open("-", 8000, false));
}
END_TEST

/* The same from a pipe, a file on standard input and a name. */
START_TEST(what_is_surely_no_samples_is_played_only_when_the_user_says_so)
{
    static const char text[] = "{\"error\": \"quota exceeded\"}\n";
    int16_t samples[64];
    FILE *file = fopen(path_of("error"), "w");
    fputs(text, file);
    fclose(file);
    pipe_file(path, 0);
    ck_assert_ptr_null(sound_source_open("-", 8000, false));
    pipe_file(path, 0);
    struct sound_source *source = sound_source_open("-", 8000, true);
    ck_assert_uint_eq(read_all(source, samples, 64), (sizeof(text) - 1) / 2);
    sound_source_close(source);
    ck_assert_ptr_null(sound_source_open(path, 8000, true));
    int fd = open(path, O_RDONLY);
    dup2(fd, STDIN_FILENO);
    ck_assert_ptr_null(sound_source_open("-", 8000, false));
    (void)lseek(fd, 0, SEEK_SET);
    source = sound_source_open("-", 8000, true);
    ck_assert_uint_eq(read_all(source, samples, 64), (sizeof(text) - 1) / 2);
    sound_source_close(source);
    close(fd);
}
END_TEST

static const char *write_wav(const char *name, uint32_t said_bytes, const char *behind)
{
    unsigned char header[WAV_HEADER_BYTES];
    wav_header_write(header, RATE, said_bytes);
    FILE *file = fopen(path_of(name), "wb");
    fwrite(header, 1, sizeof(header), file);
    for (size_t i = 0; i < SAMPLES; i++) {
        int16_t sample = sample_at(i);
        fwrite(&sample, 2, 1, file);
    }
    fputs(behind, file);
    fclose(file);
    return path;
}

START_TEST(samples_end_where_the_header_says_or_with_the_file)
{
    static const struct {
        uint32_t said_bytes;
        const char *behind;
    } rows[] = {
        { 2 * SAMPLES, "" },
        { 2 * SAMPLES, "LIST\x1a\1\1\1INFOISFT\x0e\1\1\1Lavf59.27.100" },
        { 0, "" },
        { UINT32_MAX, "" },
        { UINT32_MAX - 36, "" },
        { 4 * SAMPLES, "" }, // cut
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const char *name = write_wav("said.wav", rows[i].said_bytes, rows[i].behind);
        check_samples(sound_source_open(name, 8000, false));
        pipe_file(name, 0);
        struct sound_source *source = sound_source_open("-", 8000, false);
        ck_assert_uint_eq(sound_source_rate(source), RATE);
        check_samples(source);
    }
}
END_TEST

START_TEST(the_beep_is_short_and_soft_at_its_ends)
{
    static int16_t samples[RATE];
    struct sound_source *source = sound_source_beep();
    size_t count = read_all(source, samples, RATE);
    ck_assert_uint_eq(count, sound_source_rate(source) / 5);
    int peak = 0;
    for (size_t i = 0; i < count; i++)
        peak = abs(samples[i]) > peak ? abs(samples[i]) : peak;
    ck_assert_int_gt(peak, 7000);
    ck_assert_int_lt(abs(samples[3]), 1000);
    ck_assert_int_lt(abs(samples[count - 3]), 1000);
    sound_source_close(source);
}
END_TEST

SUITE_MAIN("ctl/sound_source", formats_are_read_sample_by_sample, channels_are_mixed,
           what_comes_through_a_pipe_is_told_by_its_first_bytes,
           samples_without_a_header_are_played_as_they_come,
           samples_that_look_like_mp3_are_played_nonetheless, standard_input_may_be_a_file,
           what_is_no_sound_is_refused, first_bytes_tell_the_kind, aac_is_told_by_its_second_frame,
           what_is_surely_no_samples_is_played_only_when_the_user_says_so,
           samples_end_where_the_header_says_or_with_the_file,
           the_beep_is_short_and_soft_at_its_ends)
