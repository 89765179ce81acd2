// SPDX-License-Identifier: ISC
#include "ctl/wav_header.h"
#include "tests/suite.h"

#include <string.h>

START_TEST(reads_back_what_it_writes_cut_at_every_byte)
{
    unsigned char header[WAV_HEADER_BYTES];
    struct wav_format format = { 0 };
    wav_header_write(header, 24000, 48000);
    for (size_t length = 0; length < sizeof(header); length++)
        ck_assert_int_eq(wav_header_read(header, length, &format), WAV_NEEDS_MORE);
    ck_assert_int_eq(wav_header_read(header, sizeof(header), &format), WAV_FOUND);
    ck_assert_uint_eq(format.rate, 24000);
    ck_assert_uint_eq(format.channels, 1);
    ck_assert_uint_eq(format.header_bytes, WAV_HEADER_BYTES);
    ck_assert_uint_eq((unsigned)header[40] | (unsigned)header[41] << 8, 48000);
    ck_assert_uint_eq((unsigned)header[4] | (unsigned)header[5] << 8, 48036);
}
END_TEST

START_TEST(an_unknown_length_is_the_longest)
{
    unsigned char header[WAV_HEADER_BYTES];
    wav_header_write(header, 8000, UINT32_MAX);
    ck_assert_mem_eq(header + 4, "\xff\xff\xff\xff", 4);
    ck_assert_mem_eq(header + 40, "\xff\xff\xff\xff", 4);
}
END_TEST

/* The header with a chunk in front of the format, whose length is odd. */
START_TEST(other_chunks_are_passed_over)
{
    unsigned char header[WAV_HEADER_BYTES];
    unsigned char file[WAV_HEADER_BYTES + 12];
    struct wav_format format = { 0 };
    wav_header_write(header, 44100, 100);
    memcpy(file, header, 12);
    memcpy(file + 12, "LIST\3\0\0\0abc\0", 12);
    memcpy(file + 24, header + 12, 32);
    ck_assert_int_eq(wav_header_read(file, sizeof(file), &format), WAV_FOUND);
    ck_assert_uint_eq(format.rate, 44100);
    ck_assert_uint_eq(format.header_bytes, sizeof(file));
}
END_TEST

START_TEST(other_files_and_other_samples_are_not_taken)
{
    static const struct {
        size_t at;
        unsigned char value;
    } rows[] = {
        { 0, 'X' },     { 8, 'X' }, { 20, 3 },  // floating point
        { 22, 0 },      { 22, 17 }, { 34, 24 }, // channels, bits
        { 32, 4 },      { 16, 14 },             // bytes of a sample, length of the format
        { 24 + 20, 0 },                         // nothing: the control
    };
    struct wav_format format;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        unsigned char header[WAV_HEADER_BYTES + 1] = { 0 };
        wav_header_write(header, 8000, 100);
        header[rows[i].at] = rows[i].value;
        enum wav_result wanted = rows[i].at == 44 ? WAV_FOUND : WAV_OTHER;
        ck_assert_msg(wav_header_read(header, sizeof(header), &format) == wanted, "row %zu", i);
    }
}
END_TEST

START_TEST(a_chunk_of_four_gigabytes_needs_more_and_does_not_wrap)
{
    unsigned char file[64] = "RIFF\xff\xff\xff\xffWAVELIST\xff\xff\xff\xff";
    struct wav_format format;
    ck_assert_int_eq(wav_header_read(file, sizeof(file), &format), WAV_NEEDS_MORE);
}
END_TEST

START_TEST(samples_before_their_format_are_not_taken)
{
    unsigned char header[WAV_HEADER_BYTES];
    struct wav_format format;
    wav_header_write(header, 8000, 100);
    memcpy(header + 12, "data", 4);
    ck_assert_int_eq(wav_header_read(header, sizeof(header), &format), WAV_OTHER);
}
END_TEST

SUITE_MAIN("ctl/wav_header", reads_back_what_it_writes_cut_at_every_byte,
           an_unknown_length_is_the_longest, other_chunks_are_passed_over,
           other_files_and_other_samples_are_not_taken,
           a_chunk_of_four_gigabytes_needs_more_and_does_not_wrap,
           samples_before_their_format_are_not_taken)
