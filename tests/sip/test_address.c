// SPDX-License-Identifier: ISC
#include "sip/address.h"
#include "sip/corpus.h"
#include "suite.h"

static void assert_part(const char *address, struct slice part, const char *expected)
{
    char text[2048];
    if (!*expected)
        return;
    snprintf(text, sizeof(text), "%s", strcmp(expected, "-") == 0 ? "" : expected);
    ck_assert_msg(slice_equal(part, corpus_unescape(text)), "%s has \"%.*s\", not \"%s\"", address,
                  SLICE_PRINT(part), expected);
}

START_TEST(each_row_of_the_table_is_understood_or_refused)
{
    struct buffer table = corpus_read("sip", "addresses");
    struct slice rest = buffer_slice(&table);
    struct corpus_row row;
    while (corpus_next_row(&rest, &row)) {
        char text[2048];
        struct sip_address address;
        snprintf(text, sizeof(text), "%s", row.columns[1]);
        bool is_good = sip_address_parse(corpus_unescape(text), &address) == STATUS_OK;
        ck_assert_msg(is_good == (strcmp(row.columns[0], "ok") == 0), "%s", row.columns[1]);
        if (!is_good)
            continue;
        assert_part(row.columns[1], address.display_name, row.columns[2]);
        assert_part(row.columns[1], address.uri.text, row.columns[3]);
        assert_part(row.columns[1], address.parameters, row.columns[4]);
        ck_assert(address.is_wildcard == (strcmp(row.columns[1], "*") == 0));
    }
    buffer_free(&table);
}
END_TEST

START_TEST(any_byte_at_any_place_is_survived)
{
    struct buffer table = corpus_read("sip", "addresses");
    struct slice rest = buffer_slice(&table);
    struct corpus_row row;
    size_t good = 0;
    while (corpus_next_row(&rest, &row)) {
        char text[2048];
        snprintf(text, sizeof(text), "%s", row.columns[1]);
        struct slice whole = corpus_unescape(text);
        for (size_t i = 0; i < whole.length; i++) {
            char kept = text[i];
            for (int byte = 0; byte < 256; byte++) {
                struct sip_address address;
                text[i] = (char)byte;
                good += sip_address_parse(whole, &address) == STATUS_OK;
            }
            text[i] = kept;
        }
    }
    ck_assert_uint_gt(good, 1000);
    buffer_free(&table);
}
END_TEST

START_TEST(a_display_name_loses_its_backslashes_and_nul)
{
    static const struct {
        struct slice raw;
        struct slice plain;
    } rows[] = {
        { SLICE_LITERAL(""), SLICE_LITERAL("") },
        { SLICE_LITERAL("Alice"), SLICE_LITERAL("Alice") },
        { SLICE_LITERAL("a \\\"b\\\" \\\\"), SLICE_LITERAL("a \"b\" \\") },
        { SLICE_LITERAL("a\\"), SLICE_LITERAL("a\\") },
        { SLICE_LITERAL("a\\\0b"), SLICE_LITERAL("ab") },
        { SLICE_LITERAL("BEL:\\\a"), SLICE_LITERAL("BEL:\a") },
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct sip_address address = { .display_name = rows[i].raw };
        ck_assert_msg(slice_equal(sip_address_display_name(arena, &address), rows[i].plain),
                      "row %zu", i);
    }
    arena_free(arena);
}
END_TEST

SUITE_MAIN("sip/address", each_row_of_the_table_is_understood_or_refused,
           any_byte_at_any_place_is_survived, a_display_name_loses_its_backslashes_and_nul)
