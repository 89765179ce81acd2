// SPDX-License-Identifier: ISC
#include "sip/corpus.h"
#include "sip/uri.h"
#include "suite.h"
#include "util/limits.h"

static const char *scheme_text(const struct sip_uri *uri)
{
    static const char *const names[] = { "other", "sip", "sips", "tel" };
    return names[uri->scheme];
}

static bool is_inside(struct slice part, struct slice whole)
{
    return part.length == 0 ||
           (part.data >= whole.data && part.data + part.length <= whole.data + whole.length);
}

static void assert_part(const char *uri, struct slice part, const char *expected)
{
    if (!*expected)
        return;
    if (strcmp(expected, "-") == 0)
        expected = "";
    ck_assert_msg(slice_equal(part, slice_of(expected)), "%s has \"%.*s\", not \"%s\"", uri,
                  SLICE_PRINT(part), expected);
}

START_TEST(each_row_of_the_table_is_understood_or_refused)
{
    struct buffer table = corpus_read("sip", "uris");
    struct slice rest = buffer_slice(&table);
    struct corpus_row row;
    size_t count = 0;
    while (corpus_next_row(&rest, &row)) {
        char text[2048];
        struct sip_uri uri;
        snprintf(text, sizeof(text), "%s", row.columns[1]);
        enum status status = sip_uri_parse(corpus_unescape(text), &uri);
        const char *outcome = status == STATUS_OK ? scheme_text(&uri) : "bad";
        ck_assert_msg(strcmp(outcome, row.columns[0]) == 0, "%s is %s, not %s", row.columns[1],
                      outcome, row.columns[0]);
        count++;
        if (status != STATUS_OK)
            continue;
        ck_assert(sip_uri_equal(&uri, &uri));
        assert_part(row.columns[1], uri.user, row.columns[2]);
        assert_part(row.columns[1], uri.password, row.columns[3]);
        assert_part(row.columns[1], uri.host, row.columns[4]);
        if (*row.columns[5])
            ck_assert_uint_eq(uri.port, strtoul(row.columns[5], NULL, 10));
        assert_part(row.columns[1], uri.parameters, row.columns[6]);
        assert_part(row.columns[1], uri.headers, row.columns[7]);
    }
    ck_assert_uint_gt(count, 250);
    buffer_free(&table);
}
END_TEST

// Every byte at every place of every good row: refused, or all parts are inside and equal to
// themselves.
START_TEST(any_byte_at_any_place_is_survived)
{
    struct buffer table = corpus_read("sip", "uris");
    struct slice rest = buffer_slice(&table);
    struct corpus_row row;
    while (corpus_next_row(&rest, &row)) {
        char text[2048];
        snprintf(text, sizeof(text), "%s", row.columns[1]);
        struct slice whole = corpus_unescape(text);
        for (size_t i = 0; i < whole.length; i++) {
            char kept = text[i];
            for (int byte = 0; byte < 256; byte++) {
                struct sip_uri uri;
                text[i] = (char)byte;
                if (sip_uri_parse(whole, &uri) != STATUS_OK)
                    continue;
                ck_assert(is_inside(uri.user, whole) && is_inside(uri.password, whole) &&
                          is_inside(uri.host, whole) && is_inside(uri.parameters, whole) &&
                          is_inside(uri.headers, whole) && uri.port <= 65535);
                ck_assert(sip_uri_equal(&uri, &uri));
            }
            text[i] = kept;
        }
    }
    buffer_free(&table);
}
END_TEST

START_TEST(a_refused_uri_leaves_the_result_as_it_was)
{
    struct sip_uri uri = { .port = 4711 };
    ck_assert_int_eq(sip_uri_parse(slice_of("sip:a:5060;"), &uri), STATUS_MALFORMED);
    ck_assert_uint_eq(uri.port, 4711);
    ck_assert_int_eq(sip_uri_parse(slice_empty(), &uri), STATUS_MALFORMED);
    ck_assert_int_eq(sip_uri_parse(slice_make(NULL, 0), &uri), STATUS_MALFORMED);
}
END_TEST

START_TEST(parameters_have_a_limit)
{
    char text[16 + 3 * (LIMIT_SIP_PARAMETERS + 1)] = "sip:h";
    struct sip_uri uri;
    for (size_t i = 0; i < LIMIT_SIP_PARAMETERS; i++)
        memcpy(text + strlen(text), ";p", 3);
    ck_assert_int_eq(sip_uri_parse(slice_of(text), &uri), STATUS_OK);
    memcpy(text + strlen(text), ";p", 3);
    ck_assert_int_eq(sip_uri_parse(slice_of(text), &uri), STATUS_MALFORMED);
}
END_TEST

static const struct {
    bool is_equal;
    const char *left;
    const char *right;
} pairs[] = {
    // RFC 3261 19.1.4
    { true, "sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp" },
    { true, "sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5" },
    { true, "sip:carol@chicago.com", "sip:carol@chicago.com;security=on" },
    { true, "sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on" },
    { true, "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
      "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com" },
    { true, "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
      "sip:alice@atlanta.com?priority=urgent&subject=project%20x" },
    { false, "SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP" },
    { false, "sip:bob@biloxi.com", "sip:bob@biloxi.com:5060" },
    { false, "sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp" },
    { false, "sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp" },
    { false, "sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting" },
    { false, "sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4" },
    { false, "sip:carol@chicago.com;security=off", "sip:carol@chicago.com;security=on" },
    // further rules of the same section
    { false, "sip:a@b", "sips:a@b" },
    { false, "sip:a@b", "sip:A@b" },
    { false, "sip:a@b", "sip:b" },
    { false, "sip:a:x@b", "sip:a@b" },
    { false, "sip:a:x@b", "sip:a:X@b" },
    { true, "sip:a:x@b", "sip:a:%78@b" },
    { false, "sip:a%3Bb@c", "sip:a;b@c" }, // a reserved character is not its escape
    { true, "sip:a%3Bb@c", "sip:a%3bb@c" },
    { false, "sip:a%40b@c", "sip:a@c" },
    { true, "sip:%2A@c", "sip:*@c" },
    { false, "sip:a%00b@c", "sip:a@c" },
    { false, "sip:a@b;user=phone", "sip:a@b" },
    { false, "sip:a@b;ttl=1", "sip:a@b" },
    { false, "sip:a@b;method=INVITE", "sip:a@b" },
    { false, "sip:a@b;maddr=192.0.2.1", "sip:a@b" },
    { true, "sip:a@b;lr", "sip:a@b" },
    { false, "sip:a@b;lr=x", "sip:a@b;lr" },
    { true, "sip:a@b;%6cr", "sip:a@b;lr" },
    { true, "sip:a@b:5061", "sip:a@b:05061" },
    { false, "sip:a@b?x=1", "sip:a@b?x=2" },
    { false, "sip:a@b?x=1", "sip:a@b?x=1&y=2" },
    { true, "sip:a@b?X=1", "sip:a@b?x=1" },
    { true, "sip:a@[2001:db8::1]", "sip:a@[2001:DB8:0:0:0:0:0:1]" },
    { false, "sip:a@[2001:db8::1]", "sip:a@[2001:db8::2]" },
    { false, "sip:a@[::ffff:192.0.2.1]", "sip:a@192.0.2.1" },
    // RFC 3966 4
    { true, "tel:+1-201-555-0123", "tel:+12015550123" },
    { true, "tel:+1(201)555.0123", "tel:+12015550123" },
    { true, "tel:abc;phone-context=X.example", "tel:ABC;phone-context=x.example" },
    { true, "tel:7042;phone-context=x;ext=1", "tel:7042;ext=1;phone-context=x" },
    { false, "tel:+12015550123", "tel:12015550123" },
    { false, "tel:7042;phone-context=a", "tel:7042;phone-context=b" },
    { false, "tel:+1;ext=2", "tel:+1" },
    { false, "tel:+1", "tel:+1;ext=2" },
    { false, "tel:+1", "sip:+1@b;user=phone" },
    { false, "tel:+1", "tel:+11" },
    // other schemes: as they are written
    { true, "mailto:a@b", "mailto:a@b" },
    { false, "mailto:a@b", "mailto:A@b" },
};

START_TEST(uris_are_equal_as_rfc_3261_says)
{
    for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
        struct sip_uri left;
        struct sip_uri right;
        ck_assert_msg(sip_uri_parse(slice_of(pairs[i].left), &left) == STATUS_OK, "%s",
                      pairs[i].left);
        ck_assert_msg(sip_uri_parse(slice_of(pairs[i].right), &right) == STATUS_OK, "%s",
                      pairs[i].right);
        ck_assert_msg(sip_uri_equal(&left, &right) == pairs[i].is_equal, "%s and %s", pairs[i].left,
                      pairs[i].right);
        ck_assert_msg(sip_uri_equal(&right, &left) == pairs[i].is_equal, "%s and %s",
                      pairs[i].right, pairs[i].left);
    }
}
END_TEST

START_TEST(escapes_are_resolved_but_for_nul)
{
    static const char *const rows[][2] = {
        { "", "" },
        { "a", "a" },
        { "%41", "A" },
        { "a%20b%2fc", "a b/c" },
        { "%25%34%31", "%41" },
        { "%00", "%00" },
        { "a%00b%41", "a%00bA" },
        { "%", "%" },
        { "%4", "%4" },
        { "%4g", "%4g" },
        { "%%41", "%A" },
        { "%c3%A4", "\xc3\xa4" },
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        ck_assert_msg(
            slice_equal(sip_uri_unescape(arena, slice_of(rows[i][0])), slice_of(rows[i][1])), "%s",
            rows[i][0]);
    arena_free(arena);
}
END_TEST

SUITE_MAIN("sip/uri", each_row_of_the_table_is_understood_or_refused,
           any_byte_at_any_place_is_survived, a_refused_uri_leaves_the_result_as_it_was,
           parameters_have_a_limit, uris_are_equal_as_rfc_3261_says,
           escapes_are_resolved_but_for_nul)
