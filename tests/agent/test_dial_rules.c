// SPDX-License-Identifier: ISC
// What may be dialled: targets, patterns, and the count of an hour, as rows (contract, `dial`).
#include "agent/dial_rules.h"
#include "suite.h"

static const struct {
    const char *aor;
    const char *wanted;
    const char *uri; // NULL: malformed
} targets[] = {
    { "sips:alice@example.com", "+4930123456", "sips:+4930123456@example.com;user=phone" },
    { "sip:alice@example.com", "+4930123456", "sip:+4930123456@example.com;user=phone" },
    { "sip:alice@example.com:5080", "0301", "sip:0301@example.com;user=phone" },
    { "sip:a@example.com", " +49 (30) 12-34.56 ", "sip:+4930123456@example.com;user=phone" },
    { "sip:a@example.com", "*21#", "sip:*21%23@example.com;user=phone" },
    { "sip:a@example.com", "#", "sip:%23@example.com;user=phone" },
    { "sip:a@example.com", "(+49)30", "sip:+4930@example.com;user=phone" },
    { "sip:a@example.com", "4+9", "sip:4+9@example.com" }, // a user, no number
    { "sip:a@example.com", "++49", "sip:++49@example.com" },
    { "sip:a@example.com", "tel:+49-30-1", "sip:+49301@example.com;user=phone" },
    { "sips:a@example.com", "tel:112;phone-context=+49", "sips:112@example.com;user=phone" },
    { "sip:a@example.com", "sip:bob@example.org", "sip:bob@example.org" },
    { "sips:a@example.com", "sip:bob@example.org;transport=tcp",
      "sip:bob@example.org;transport=tcp" },
    { "sip:a@example.com", "sips:bob@example.org", "sips:bob@example.org" },
    { "sip:a@example.com", "bob", "sip:bob@example.com" },
    { "sips:a@example.com", "bob", "sips:bob@example.com" },
    { "sips:a@example.com", "bob@example.org", "sips:bob@example.org" },
    { "sip:a@example.com", "1a", "sip:1a@example.com" },
    { "sip:a@example.com", "a1", "sip:a1@example.com" },
    { "sip:a@example.com", "", NULL },
    { "sip:a@example.com", "  ", NULL },
    { "sip:a@example.com", "-.()", "sip:-.()@example.com" },
    { "sip:a@example.com", "a b", NULL },
    { "sip:a@example.com", "mailto:bob@example.org", NULL },
    { "sip:a@example.com", "http://example.org/", NULL },
    { "sip:a@example.com", "bob@example.org:5060", NULL }, // a port wants its scheme
    { "sip:a@example.com", "sip:", NULL },
    { "sip:a@example.com", "tel:xyz", NULL },
    { "sip:a@example.com", "tel:abc", "sip:abc@example.com;user=phone" }, // phonedigit-hex
    { "sip:a@example.com", "sip:bob@example.org?Replaces=x", NULL },
    { "sip:a@example.com", "bob?X=y", "sip:bob?X=y@example.com" },
    { "sip:a@example.com", "bob\r\nX: y", NULL },
};

START_TEST(every_target_has_its_request_uri)
{
    for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
        struct agent_settings settings = { .aor = targets[i].aor };
        struct buffer uri;
        const char *why = "";
        buffer_init(&uri, 512);
        buffer_append_text(&uri, "of old");
        enum status status = dial_rules_target(&settings, slice_of(targets[i].wanted), &uri, &why);
        ck_assert_msg(status == (targets[i].uri ? STATUS_OK : STATUS_MALFORMED), "row %zu: %.*s", i,
                      SLICE_PRINT(buffer_slice(&uri)));
        if (targets[i].uri)
            ck_assert_msg(slice_equal(buffer_slice(&uri), slice_of(targets[i].uri)),
                          "row %zu: %.*s", i, SLICE_PRINT(buffer_slice(&uri)));
        else
            ck_assert_str_eq(why, "this is no number and no SIP or tel URI");
        buffer_free(&uri);
    }
}
END_TEST

START_TEST(a_target_that_does_not_fit_is_malformed)
{
    struct agent_settings settings = { .aor = "sip:a@example.com" };
    struct buffer uri;
    const char *why;
    buffer_init(&uri, 20);
    ck_assert_int_eq(dial_rules_target(&settings, slice_of("sip:bob@example.org"), &uri, &why),
                     STATUS_OK);
    ck_assert_int_eq(dial_rules_target(&settings, slice_of("sip:robert@example.org"), &uri, &why),
                     STATUS_MALFORMED);
    buffer_free(&uri);
}
END_TEST

static const struct {
    const char *pattern;
    const char *uri;
    bool is_allowed;
} patterns[] = {
    { "+49*", "sip:+4930@example.com", true },
    { "+49*", "sip:+49@example.com", true },
    { "+49*", "sip:+4@example.com", false },
    { "+49*", "sip:+4330@example.com", false },
    { "+49*", "sip:0049@example.com", false },
    { "+49*", "sips:+4930@EXAMPLE.com;user=phone", true },
    { "+49*", "sip:+4930@example.org", false }, // another domain wants a pattern with "@"
    { "+49*", "sip:%2B4930@example.com", true },
    { "+49*", "sip:%2b4930@example.com", true },
    { "+49301", "sip:+49-30-1@example.com", true },
    { "+49900*", "sip:+49-900-1@example.com", true },
    { "bob", "sip:bob@example.com", true },
    { "bob", "sip:BOB@example.com", true },
    { "bob", "sip:bobo@example.com", false },
    { "bob", "sip:bo@example.com", false },
    { "bob", "sip:bob;x=y@example.com", false },
    { "*", "sip:bob@example.com", true },
    { "*", "sip:bob@example.org", false },
    { "*", "sip:example.com", true }, // no user
    { "b?b", "sip:bxb@example.com", true },
    { "b?b", "sip:bb@example.com", false },
    { "?", "sip:ab@example.com", false },
    { "*b", "sip:aab@example.com", true },
    { "*ab", "sip:aaab@example.com", true },
    { "*ab", "sip:aaba@example.com", false },
    { "a*b*c", "sip:axbybzc@example.com", true },
    { "a*b*c", "sip:axbybz@example.com", false },
    { "a**", "sip:a@example.com", true },
    { "a*b", "sip:a*b@example.com", true },
    { "", "sip:example.com", true },
    { "", "sip:bob@example.com", false },
    { "*@example.org", "sip:bob@example.org", true },
    { "*@example.org", "sip:bob@Example.Org:5080", true },
    { "*@example.org", "sip:bob@example.com", false },
    { "*@example.org", "sip:bob@an.example.org", false },
    { "*@*.example.org", "sip:bob@an.example.org", true },
    { "bob@example.com", "sip:bob@example.com", true },
    { "bob@example.com", "sip:rob@example.com", false },
    { "bob@*", "sip:bob@192.0.2.1", true },
    { "*", "tel:+4930", false },
    // One who may dial a country tries to get into another.
    { "+49*", "sip:+4930;rn=+1900123@example.com", false },
    { "+49*", "sip:+4930;phone-context=+1@example.com", false },
    { "+49*", "sip:+4930;rn=+1900@example.com;user=phone", false },
    { "+49*", "sip:+49%3Brn=+1900@example.com", false },
    { "+49*", "sip:+49,+1900@example.com", false },
    { "+49*", "sip:+49%2C+1900@example.com", false },
    { "+49*", "sip:+49%0d%0aX@example.com", false },
    { "+49*", "sip:+49%20+1900@example.com", false },
    { "+49*", "sip:+49%00@example.com", false },
    { "+49*", "sip:+49&+1900@example.com", false },
    { "+49*", "sip:+49=1@example.com", false },
    { "+49*", "sip:+49w1@example.com", false },
    { "+49*", "sip:+49p900@example.com", false },
    { "+49*", "sip:+49%d9%a3@example.com", false }, // digits of another script
    { "+49*", "sip:+4930:pw@example.com", false },
    { "+49*", "sip:+4930@example.com;maddr=192.0.2.66", false },
    { "+49*", "sip:+4930@example.com;MADDR=192.0.2.66;user=phone", false },
    { "+49*", "sip:+4930@example.com;method=REGISTER", false },
    { "+49*", "sip:+4930@example.com;transport=udp", false },
    { "+49*", "sip:+4930@example.com;lr", false },
    { "+49*", "sip:+4930@example.com;user=phone;x=y", false },
    { "+49*", "sip:+4930@example.com;user=ip", false },
    { "+49*", "sip:+4930@example.com;USER=Phone", true },
    { "+49*", "sip:+4930@example.com:5099", false },
    { "+49*", "sip:+4930@example.com.", false },
    { "+49*", "sip:+4930@example.com%2eevil.example", false },
    { "+49*", "sip:+4930@192.0.2.66", false },
    { "+49*", "sip:+4930@[2001:db8::66]", false },
    { "+49*", "sip:+4930@example.com?Route=%3csip:evil%3e", false },
    { "*", "sip:bob;x=y@example.com", false },
    { "*", "sip:bob@example.com;maddr=192.0.2.66", false },
    { "*@example.org", "sip:bob@example.org;maddr=192.0.2.66", false },
    { "*@example.org", "sip:bob@example.org;method=BYE", false },
    { "*@example.org", "sip:bob@example.org;transport=tcp", true },
    { "*21#", "sip:*21%23@example.com", true },
    { "*21#", "sip:*21%23;x=1@example.com", false },
    { "*", "what is this", false },
    { "*", "", false },
};

START_TEST(a_pattern_holds_for_what_it_says)
{
    for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
        const char *const allow[] = { "no such", patterns[i].pattern, "neither@this" };
        struct agent_settings settings = {
            .aor = "sip:alice@example.com",
            .dial_allow = allow,
            .dial_allow_count = 3,
        };
        ck_assert_msg(dial_rules_allow(&settings, slice_of(patterns[i].uri)) ==
                          patterns[i].is_allowed,
                      "row %zu", i);
        settings.dial_allow_count = 1;
        ck_assert_msg(!dial_rules_allow(&settings, slice_of(patterns[i].uri)), "row %zu", i);
    }
}
END_TEST

START_TEST(without_patterns_nothing_is_allowed)
{
    struct agent_settings settings = { .aor = "sip:alice@example.com" };
    ck_assert(!dial_rules_allow(&settings, slice_of("sip:bob@example.com")));
}
END_TEST

START_TEST(an_hour_has_its_dials)
{
    enum {
        HOUR = 3600000,
        START = 10000000
    };
    struct dial_rules rules = { .count = 0 };
    ck_assert_int_eq(dial_rules_count(&rules, START, 0), STATUS_REFUSED);
    ck_assert_int_eq(dial_rules_count(&rules, START, 2), STATUS_OK);
    ck_assert_int_eq(dial_rules_count(&rules, START + 1000, 2), STATUS_OK);
    ck_assert_int_eq(dial_rules_count(&rules, START + 2000, 2), STATUS_REFUSED);
    ck_assert_int_eq(dial_rules_count(&rules, START + HOUR - 1, 2), STATUS_REFUSED);
    ck_assert_int_eq(dial_rules_count(&rules, START + HOUR, 2), STATUS_OK);
    ck_assert_int_eq(dial_rules_count(&rules, START + HOUR + 999, 2), STATUS_REFUSED);
    ck_assert_int_eq(dial_rules_count(&rules, START + HOUR + 1000, 2), STATUS_OK);
    ck_assert_int_eq(dial_rules_count(&rules, START + HOUR + 1001, 3), STATUS_OK);
    ck_assert_int_eq(dial_rules_count(&rules, START + 3 * HOUR, 1), STATUS_OK);
    ck_assert_uint_eq(rules.count, 1);
}
END_TEST

START_TEST(the_memory_of_dials_is_bounded)
{
    struct dial_rules rules = { .count = 0 };
    for (size_t i = 0; i < LIMIT_DIALS; i++)
        ck_assert_int_eq(dial_rules_count(&rules, (time_ms)i, UINT32_MAX), STATUS_OK);
    ck_assert_int_eq(dial_rules_count(&rules, LIMIT_DIALS, UINT32_MAX), STATUS_REFUSED);
    ck_assert_uint_eq(rules.count, LIMIT_DIALS);
}
END_TEST

SUITE_MAIN("agent/dial_rules", every_target_has_its_request_uri,
           a_target_that_does_not_fit_is_malformed, a_pattern_holds_for_what_it_says,
           without_patterns_nothing_is_allowed, an_hour_has_its_dials,
           the_memory_of_dials_is_bounded)
