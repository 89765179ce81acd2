// SPDX-License-Identifier: ISC
#include "ctl/recording.h"
#include "ctl/wav_header.h"
#include "tests/ctl/sound_folder.h"
#include "tests/suite.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <sndfile.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    SAMPLES = 16000,
    RATE = 16000
};

static int16_t samples[SAMPLES];

static unsigned count_files(void)
{
    unsigned count = 0;
    const struct dirent *entry;
    DIR *files = opendir(folder);
    while ((entry = readdir(files)))
        count += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
    closedir(files);
    return count;
}

static void make_samples(void)
{
    for (size_t i = 0; i < SAMPLES; i++)
        samples[i] = (int16_t)lrint(8000 * sin(2 * M_PI * 440 * (double)i / RATE));
}

/* Which nothing can compress. */
static void make_noise(void)
{
    uint32_t chance = 1;
    for (size_t i = 0; i < SAMPLES; i++) {
        chance = chance * 1664525u + 1013904223u;
        samples[i] = (int16_t)(chance >> 16);
    }
}

static bool write_all(struct recording *recording)
{
    bool is_fine = true;
    for (size_t i = 0; i < SAMPLES && is_fine; i += 500)
        is_fine = recording_write(recording, RATE, samples + i, 500);
    return is_fine;
}

static size_t read_back(const char *name, short *read, SF_INFO *info)
{
    memset(info, 0, sizeof(*info));
    SNDFILE *file = sf_open(name, SFM_READ, info);
    if (!file)
        return 0;
    sf_count_t count = sf_readf_short(file, read, SAMPLES);
    ck_assert_msg(sf_error(file) == SF_ERR_NO_ERROR, "%s: %s", name, sf_strerror(file));
    sf_close(file);
    return (size_t)count;
}

START_TEST(the_name_says_the_format)
{
    static const struct {
        const char *name;
        int format;
        int tolerance;
    } rows[] = {
        { "a.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 0 },
        { "A.WAV", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 0 },
        { "a.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 0 },
        { "a.ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS, 1000 },
        { "a.oga", SF_FORMAT_OGG | SF_FORMAT_VORBIS, 1000 },
        { "a.opus", SF_FORMAT_OGG | SF_FORMAT_OPUS, 9000 },
    };
    static short read[SAMPLES];
    SF_INFO info;
    make_samples();
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct recording *recording = recording_open(path_of(rows[i].name));
        ck_assert_ptr_nonnull(recording);
        ck_assert(write_all(recording));
        ck_assert_int_eq(access(path, F_OK), -1);
        ck_assert(recording_keep(recording));
        ck_assert_uint_eq(read_back(path, read, &info), SAMPLES);
        ck_assert_int_eq(info.format, rows[i].format);
        ck_assert_int_eq(info.channels, 1);
        for (size_t k = 2000; k < SAMPLES - 2000; k++)
            ck_assert_msg(abs(read[k] - samples[k]) <= rows[i].tolerance, "%s, %zu: %d, not %d",
                          rows[i].name, k, read[k], samples[k]);
    }
    ck_assert_uint_eq(count_files(), sizeof(rows) / sizeof(*rows));
}
END_TEST

START_TEST(what_is_dropped_leaves_the_old_file_and_nothing_else)
{
    FILE *old = fopen(path_of("a.wav"), "w");
    fputs("old", old);
    fclose(old);
    struct recording *recording = recording_open(path);
    ck_assert(write_all(recording));
    recording_drop(recording);
    recording_drop(recording_open(path));
    struct stat status;
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(status.st_size, 3);
    ck_assert_uint_eq(count_files(), 1);
}
END_TEST

START_TEST(what_cannot_be_written_is_refused_at_once)
{
    ck_assert_ptr_null(recording_open(path_of("a.mp3")));
    ck_assert_ptr_null(recording_open(path_of("a")));
    ck_assert_ptr_null(recording_open(".wav"));
    ck_assert_ptr_null(recording_open(path_of("missing/a.wav")));
    ck_assert_int_eq(mkfifo(path_of("pipe.wav"), 0600), 0);
    ck_assert_ptr_null(recording_open(path));
    ck_assert_uint_eq(count_files(), 1);
}
END_TEST

/* A file that may not grow is a disk that is full, but for the number of the error. */
START_TEST(a_full_disk_leaves_a_valid_file_of_what_found_room)
{
    static const char *const names[] = { "a.wav", "a.flac" };
    static short read[SAMPLES];
    SF_INFO info;
    make_noise();
    signal(SIGXFSZ, SIG_IGN);
    for (size_t i = 0; i < 2; i++) {
        struct rlimit limit = { 12000, RLIM_INFINITY };
        struct recording *recording = recording_open(path_of(names[i]));
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
        ck_assert(!write_all(recording));
        ck_assert(!recording_keep(recording));
        size_t count = read_back(path, read, &info);
        ck_assert_msg(count > 1000 && count < SAMPLES, "%s: %zu", names[i], count);
        ck_assert_msg(memcmp(read, samples, count * 2) == 0, "%s", names[i]);
        limit.rlim_cur = RLIM_INFINITY;
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    ck_assert_uint_eq(count_files(), 2);
}
END_TEST

static void open_standard_output(int fd)
{
    ck_assert_int_ge(fd, 0);
    dup2(fd, STDOUT_FILENO);
    close(fd);
}

START_TEST(standard_output_gets_a_header_and_a_length_where_it_can)
{
    unsigned char header[WAV_HEADER_BYTES];
    open_standard_output(open(path_of("out"), O_RDWR | O_CREAT, 0600));
    struct recording *recording = recording_open("-");
    make_samples();
    ck_assert(write_all(recording));
    ck_assert(recording_keep(recording));
    static short read[SAMPLES];
    SF_INFO info;
    ck_assert_uint_eq(read_back(path, read, &info), SAMPLES);
    ck_assert_mem_eq(read, samples, sizeof(samples));
    ck_assert_int_eq(pread(STDOUT_FILENO, header, sizeof(header), 0), sizeof(header));
    ck_assert_uint_eq((unsigned)header[40] | (unsigned)header[41] << 8, 2 * SAMPLES);
}
END_TEST

START_TEST(what_is_appended_to_a_file_stays_behind_what_was_there)
{
    open_standard_output(open(path_of("out"), O_RDWR | O_CREAT | O_APPEND, 0600));
    struct recording *recording = recording_open("-");
    make_samples();
    ck_assert(write_all(recording));
    ck_assert(recording_keep(recording));
    ck_assert_int_eq(lseek(STDOUT_FILENO, 0, SEEK_END), WAV_HEADER_BYTES + 2 * SAMPLES);
}
END_TEST

START_TEST(a_reader_that_has_gone_is_no_error)
{
    int fds[2];
    signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(pipe(fds), 0);
    open_standard_output(fds[1]);
    close(fds[0]);
    struct recording *recording = recording_open("-");
    make_samples();
    ck_assert(!write_all(recording));
    ck_assert(recording_keep(recording));
}
END_TEST

SUITE_MAIN("ctl/recording", the_name_says_the_format,
           what_is_dropped_leaves_the_old_file_and_nothing_else,
           what_cannot_be_written_is_refused_at_once,
           a_full_disk_leaves_a_valid_file_of_what_found_room,
           standard_output_gets_a_header_and_a_length_where_it_can,
           what_is_appended_to_a_file_stays_behind_what_was_there,
           a_reader_that_has_gone_is_no_error)
