// SPDX-License-Identifier: ISC
// The vectors of RFC 4648 section 10, there and back.
#include "tests/suite.h"
#include "util/encoding.h"

static const struct row {
    const char *bytes;
    const char *base64;
    const char *hex;
} rows[] = {
    { "", "", "" },
    { "f", "Zg==", "66" },
    { "fo", "Zm8=", "666f" },
    { "foo", "Zm9v", "666f6f" },
    { "foob", "Zm9vYg==", "666f6f62" },
    { "fooba", "Zm9vYmE=", "666f6f6261" },
    { "foobar", "Zm9vYmFy", "666f6f626172" },
    { "\xfb\xff\xfe", "+//+", "fbfffe" },
};

START_TEST(the_vectors_hold_both_ways)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct buffer base64, hex, back;
        struct slice bytes = slice_of(rows[i].bytes);
        buffer_init(&base64, 64);
        buffer_init(&hex, 64);
        buffer_init(&back, 64);
        encoding_append_base64(&base64, bytes.data, bytes.length);
        encoding_append_hex(&hex, bytes.data, bytes.length);
        ck_assert(slice_equal(buffer_slice(&base64), slice_of(rows[i].base64)));
        ck_assert(slice_equal(buffer_slice(&hex), slice_of(rows[i].hex)));
        ck_assert(encoding_decode_base64(buffer_slice(&base64), &back) == STATUS_OK);
        ck_assert(slice_equal(buffer_slice(&back), bytes));
        buffer_free(&base64);
        buffer_free(&hex);
        buffer_free(&back);
    }
}
END_TEST

START_TEST(padding_may_be_missing)
{
    struct buffer back;
    buffer_init(&back, 64);
    ck_assert(encoding_decode_base64(slice_of("Zm9vYg"), &back) == STATUS_OK);
    ck_assert(slice_equal(buffer_slice(&back), slice_of("foob")));
    buffer_free(&back);
}
END_TEST

START_TEST(what_is_no_base64_leaves_the_buffer_as_it_was)
{
    static const char *const bad[] = { "Z", "Zm9vY", "Zm 9", "Zm9v\n", "Z=g=", "Zm9-", "Zm9_" };
    struct buffer back;
    buffer_init(&back, 64);
    buffer_append_text(&back, "kept");
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        ck_assert_msg(encoding_decode_base64(slice_of(bad[i]), &back) == STATUS_MALFORMED, "%s",
                      bad[i]);
        ck_assert(slice_equal(buffer_slice(&back), slice_of("kept")));
    }
    ck_assert(encoding_decode_base64(slice_make("Zg\0=", 4), &back) == STATUS_MALFORMED);
    buffer_free(&back);
}
END_TEST

START_TEST(more_than_the_buffer_holds_is_too_large)
{
    struct buffer back;
    buffer_init(&back, 2);
    ck_assert(encoding_decode_base64(slice_of("Zm9v"), &back) == STATUS_TOO_LARGE);
    buffer_free(&back);
}
END_TEST

SUITE_MAIN("util/encoding", the_vectors_hold_both_ways, padding_may_be_missing,
           what_is_no_base64_leaves_the_buffer_as_it_was, more_than_the_buffer_holds_is_too_large)
