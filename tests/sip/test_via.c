// SPDX-License-Identifier: ISC
#include "sip/corpus.h"
#include "sip/via.h"
#include "suite.h"

static void assert_part(const char *via, struct slice part, const char *expected)
{
    if (!*expected)
        return;
    ck_assert_msg(slice_equal(part, slice_of(strcmp(expected, "-") == 0 ? "" : expected)),
                  "%s has \"%.*s\", not \"%s\"", via, SLICE_PRINT(part), expected);
}

START_TEST(each_row_of_the_table_is_understood_or_refused)
{
    struct buffer table = corpus_read("sip", "vias");
    struct slice rest = buffer_slice(&table);
    struct corpus_row row;
    while (corpus_next_row(&rest, &row)) {
        char text[2048];
        struct sip_via via;
        snprintf(text, sizeof(text), "%s", row.columns[1]);
        bool is_good = sip_via_parse(corpus_unescape(text), &via) == STATUS_OK;
        ck_assert_msg(is_good == (strcmp(row.columns[0], "ok") == 0), "%s", row.columns[1]);
        if (!is_good)
            continue;
        assert_part(row.columns[1], via.transport, row.columns[2]);
        assert_part(row.columns[1], via.host, row.columns[3]);
        if (*row.columns[4])
            ck_assert_uint_eq(via.port, strtoul(row.columns[4], NULL, 10));
        assert_part(row.columns[1], via.branch, row.columns[5]);
        assert_part(row.columns[1], via.received, row.columns[6]);
        if (*row.columns[7])
            ck_assert_uint_eq(via.rport, strtoul(row.columns[7], NULL, 10));
    }
    buffer_free(&table);
}
END_TEST

START_TEST(a_refused_via_leaves_the_result_as_it_was)
{
    struct sip_via via = { .port = 4711 };
    ck_assert_int_eq(sip_via_parse(slice_of("SIP/2.0/TLS a:5061;"), &via), STATUS_MALFORMED);
    ck_assert_uint_eq(via.port, 4711);
    ck_assert_int_eq(sip_via_parse(slice_make(NULL, 0), &via), STATUS_MALFORMED);
}
END_TEST

SUITE_MAIN("sip/via", each_row_of_the_table_is_understood_or_refused,
           a_refused_via_leaves_the_result_as_it_was)
