// SPDX-License-Identifier: ISC
// Who a certificate is for (RFC 5922 7, threats A5 and A6): a row is what it bears, what is wanted,
// and the verdict without and with tls.wildcard.
#include "tests/suite.h"
#include "util/certificate_names.h"
#include "util/limits.h"

#include <string.h>

enum {
    NAMES_MAX = 4
};

#define D(text)                                                                                    \
    {                                                                                              \
        CERTIFICATE_DNS, SLICE_LITERAL(text)                                                       \
    }
#define U(text)                                                                                    \
    {                                                                                              \
        CERTIFICATE_URI, SLICE_LITERAL(text)                                                       \
    }
#define A(text)                                                                                    \
    {                                                                                              \
        CERTIFICATE_ADDRESS, SLICE_LITERAL(text)                                                   \
    }
#define O(text)                                                                                    \
    {                                                                                              \
        CERTIFICATE_OTHER, SLICE_LITERAL(text)                                                     \
    }

static const struct {
    struct certificate_name names[NAMES_MAX];
    struct slice common_name;
    const char *wanted;
    const char *verdict;   // of tls.wildcard = false, then of true: y or n
    const char *complaint; // part of the reason without tls.wildcard
} rows[] = {
    { { D("example.com") }, SLICE_LITERAL(""), "example.com", "yy", "" },
    { { D("EXAMPLE.com") }, SLICE_LITERAL(""), "example.COM", "yy", "" },
    { { D("other.example"), D("example.com") }, SLICE_LITERAL(""), "example.com", "yy", "" },
    { { D("example.com") }, SLICE_LITERAL(""), "example.com.", "yy", "" },
    { { D("example.com.") }, SLICE_LITERAL(""), "example.com", "yy", "" },
    { { D("example.com..") }, SLICE_LITERAL(""), "example.com", "nn", "not for \"example.com\"" },
    { { D("example.co") }, SLICE_LITERAL(""), "example.com", "nn", "set tls.name" },
    { { D("example.com") }, SLICE_LITERAL(""), "example.co", "nn", "set tls.name" },
    { { D("sip.example.com") }, SLICE_LITERAL(""), "example.com", "nn", "set tls.name" },
    { { D(" example.com") }, SLICE_LITERAL(""), "example.com", "nn", "\"?example.com\"" },
    { { D("") }, SLICE_LITERAL("example.com"), "example.com", "nn", "bears no name" },
    { { D("example.com") }, SLICE_LITERAL(""), "", "nn", "not for \"\"" },
    { { D("") }, SLICE_LITERAL(""), "", "nn", "bears no name" },
    { { D(".") }, SLICE_LITERAL(""), ".", "yy", "" },

    /* sip: URIs; beside one of them DNS names do not count */
    { { U("sip:example.com") }, SLICE_LITERAL(""), "example.com", "yy", "" },
    { { U("SIP:Example.com") }, SLICE_LITERAL(""), "example.com", "yy", "" },
    { { U("sip:example.com:5061") }, SLICE_LITERAL(""), "example.com", "yy", "" },
    { { U("sip:example.com?subject=x") }, SLICE_LITERAL(""), "example.com", "yy", "" },
    { { U("sip:example.com;transport=tls") }, SLICE_LITERAL(""), "example.com", "yy", "" },
    { { U("sip:example.com.") }, SLICE_LITERAL(""), "example.com", "yy", "" },
    { { U("sips:example.com") }, SLICE_LITERAL(""), "example.com", "nn", "bears no name" },
    { { U("https://example.com") }, SLICE_LITERAL(""), "example.com", "nn", "bears no name" },
    { { U("sip:alice@example.com") }, SLICE_LITERAL(""), "example.com", "nn", "bears no name" },
    { { U("sip:*.example.com") }, SLICE_LITERAL(""), "a.example.com", "nn", "*.example.com" },
    { { U("sip:") }, SLICE_LITERAL("example.com"), "example.com", "nn", "bears no name" },
    { { U("sip:example.org"), D("example.com") },
      SLICE_LITERAL(""),
      "example.com",
      "nn",
      "SIP domain \"example.org\"" },
    { { U("sip:example.org"), D("example.com") }, SLICE_LITERAL(""), "example.org", "yy", "" },
    { { U("sip:alice@example.org"), D("example.com") },
      SLICE_LITERAL(""),
      "example.com",
      "yy",
      "" },
    { { U("https://example.org"), D("example.com") }, SLICE_LITERAL(""), "example.com", "yy", "" },
    { { U("sip:example.org"), D("*.example.com") },
      SLICE_LITERAL(""),
      "a.example.com",
      "nn",
      "tls.wildcard" },

    /* the common name: only where there is no alternative at all */
    { { { 0 } }, SLICE_LITERAL("example.com"), "example.com", "yy", "" },
    { { { 0 } }, SLICE_LITERAL("Example.Com"), "example.com", "yy", "" },
    { { { 0 } }, SLICE_LITERAL("other.example"), "example.com", "nn", "for \"other.example\"" },
    { { { 0 } }, SLICE_LITERAL("*.example.com"), "a.example.com", "ny", "tls.wildcard" },
    { { { 0 } }, SLICE_LITERAL("192.0.2.1"), "192.0.2.1", "nn", "as if it were a name" },
    { { { 0 } }, SLICE_LITERAL(""), "example.com", "nn", "bears no name" },
    { { D("other.example") }, SLICE_LITERAL("example.com"), "example.com", "nn", "set tls.name" },
    { { O("x") }, SLICE_LITERAL("example.com"), "example.com", "nn", "bears no name" },
    { { A("\xc0\x00\x02\x01") }, SLICE_LITERAL("example.com"), "example.com", "nn", "no name" },

    /* wildcards */
    { { D("*.example.com") }, SLICE_LITERAL(""), "a.example.com", "ny", "tls.wildcard = true" },
    { { D("*.EXAMPLE.com.") }, SLICE_LITERAL(""), "a.example.com.", "ny", "tls.wildcard = true" },
    { { D("*.example.com") }, SLICE_LITERAL(""), "b.a.example.com", "nn", "set tls.name" },
    { { D("*.*.example.com") }, SLICE_LITERAL(""), "b.a.example.com", "nn", "set tls.name" },
    { { D("*.example.com") }, SLICE_LITERAL(""), "example.com", "nn", "set tls.name" },
    { { D("*.example.com") }, SLICE_LITERAL(""), ".example.com", "nn", "set tls.name" },
    { { D("*.example.com") }, SLICE_LITERAL(""), "*.example.com", "ny", "tls.wildcard" },
    { { D("a*.example.com") }, SLICE_LITERAL(""), "ab.example.com", "nn", "set tls.name" },
    { { D("*a.example.com") }, SLICE_LITERAL(""), "ba.example.com", "nn", "set tls.name" },
    { { D("a.*.com") }, SLICE_LITERAL(""), "a.example.com", "nn", "set tls.name" },
    { { D("*") }, SLICE_LITERAL(""), "com", "nn", "set tls.name" },
    { { D("*.") }, SLICE_LITERAL(""), "com", "nn", "set tls.name" },
    { { D("*.") }, SLICE_LITERAL(""), "com.", "nn", "set tls.name" },
    { { D("*.2.1") }, SLICE_LITERAL(""), "192.2.1", "ny", "tls.wildcard" },
    { { D("*.0.2.1") }, SLICE_LITERAL(""), "192.0.2.1", "nn", "tls.wildcard" },

    /* addresses */
    { { A("\xc0\x00\x02\x01") }, SLICE_LITERAL(""), "192.0.2.1", "yy", "" },
    { { A("\xc0\x00\x02\x02") }, SLICE_LITERAL(""), "192.0.2.1", "nn", "not for \"192.0.2.1\"" },
    { { A("\xc0\x00\x02") }, SLICE_LITERAL(""), "192.0.2.1", "nn", "not for \"192.0.2.1\"" },
    { { A("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01") },
      SLICE_LITERAL(""),
      "2001:DB8::1",
      "yy",
      "" },
    { { A("\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\x00\x02\x01") },
      SLICE_LITERAL(""),
      "192.0.2.1",
      "nn",
      "bears no name" },
    { { D("192.0.2.1") }, SLICE_LITERAL(""), "192.0.2.1", "nn", "as if it were a name" },
    { { D("2001:db8::1") }, SLICE_LITERAL(""), "2001:db8::1", "nn", "as if it were a name" },
    { { U("sip:192.0.2.1") }, SLICE_LITERAL(""), "192.0.2.1", "nn", "for \"192.0.2.1\"" },
    { { D("example.com"), A("\xc0\x00\x02\x01") }, SLICE_LITERAL(""), "192.0.2.1", "yy", "" },

    /* what is not fit to be looked at */
    { { D("example.com\0.evil.example") },
      SLICE_LITERAL(""),
      "example.com",
      "nn",
      "\"example.com?.evil.example\"" },
    { { D("example.com"), D("a\0b") }, SLICE_LITERAL(""), "example.com", "nn", "NUL" },
    { { D("example.com\0") }, SLICE_LITERAL(""), "example.com", "nn", "NUL" },
    { { U("sip:example.com\0") }, SLICE_LITERAL(""), "example.com", "nn", "NUL" },
    { { { 0 } }, SLICE_LITERAL("example.com\0x"), "example.com", "nn", "NUL" },
    { { O("a\0b"), D("example.com") }, SLICE_LITERAL(""), "example.com", "yy", "" },
    { { D("\x1b[2J\"x\xff") }, SLICE_LITERAL(""), "example.com", "nn", "\"?[2J?x?\"" },
};

static size_t count_of(const struct certificate_name *names)
{
    size_t count = 0;
    while (count < NAMES_MAX && names[count].value.data)
        count++;
    return count;
}

START_TEST(every_row_has_its_verdict)
{
    char reason[CERTIFICATE_REASON_BYTES];
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const struct certificate_names names = { rows[i].names, count_of(rows[i].names),
                                                 rows[i].common_name };
        for (int wildcard = 1; wildcard >= 0; wildcard--) {
            bool is_proven =
                certificate_names_prove(&names, slice_of(rows[i].wanted), wildcard, reason);
            ck_assert_msg(is_proven == (rows[i].verdict[wildcard] == 'y'),
                          "row %zu, \"%s\", tls.wildcard %d: %s", i, rows[i].wanted, wildcard,
                          is_proven ? "proven" : reason);
            ck_assert_int_eq(is_proven, reason[0] == '\0');
        }
        ck_assert_msg(strstr(reason, rows[i].complaint), "row %zu: %s", i, reason);
    }
}
END_TEST

START_TEST(a_name_may_have_as_many_bytes_as_the_limit_says)
{
    static char name[LIMIT_CERTIFICATE_NAME + 1];
    char reason[CERTIFICATE_REASON_BYTES];
    memset(name, 'a', sizeof(name));
    struct certificate_name long_name = { CERTIFICATE_DNS,
                                          slice_make(name, LIMIT_CERTIFICATE_NAME) };
    struct certificate_names names = { &long_name, 1, slice_empty() };
    ck_assert(certificate_names_prove(&names, long_name.value, false, reason));
    long_name.value.length++;
    ck_assert(!certificate_names_prove(&names, long_name.value, false, reason));
    ck_assert_ptr_nonnull(strstr(reason, "1025 bytes"));
    names = (struct certificate_names){ NULL, 0, long_name.value };
    ck_assert(!certificate_names_prove(&names, long_name.value, false, reason));
    ck_assert_ptr_nonnull(strstr(reason, "1025 bytes"));
}
END_TEST

START_TEST(there_may_be_as_many_names_as_the_limit_says)
{
    static struct certificate_name many[LIMIT_CERTIFICATE_NAMES + 1];
    char reason[CERTIFICATE_REASON_BYTES];
    for (size_t i = 0; i <= LIMIT_CERTIFICATE_NAMES; i++)
        many[i] = (struct certificate_name){ CERTIFICATE_DNS, slice_of("other.example") };
    many[LIMIT_CERTIFICATE_NAMES - 1].value = slice_of("example.com");
    struct certificate_names names = { many, LIMIT_CERTIFICATE_NAMES, slice_empty() };
    ck_assert(certificate_names_prove(&names, slice_of("example.com"), false, reason));
    names.count++;
    ck_assert(!certificate_names_prove(&names, slice_of("example.com"), false, reason));
    ck_assert_ptr_nonnull(strstr(reason, "more than the 256 names"));
}
END_TEST

START_TEST(a_reason_fits_whatever_the_names_are)
{
    static char name[LIMIT_CERTIFICATE_NAME];
    char reason[CERTIFICATE_REASON_BYTES];
    memset(name, 'x', sizeof(name));
    memcpy(name, "sip:", 4);
    struct slice all = slice_make(name, sizeof(name));
    struct certificate_name both[] = { { CERTIFICATE_URI, all }, { CERTIFICATE_DNS, all } };
    struct certificate_names names = { both, 2, slice_empty() };
    ck_assert(!certificate_names_prove(&names, all, false, reason));
    ck_assert_ptr_nonnull(strstr(reason, "if that is your provider"));
    ck_assert_ptr_nonnull(strstr(reason, "xxx..."));
}
END_TEST

SUITE_MAIN("util/certificate_names", every_row_has_its_verdict,
           a_name_may_have_as_many_bytes_as_the_limit_says,
           there_may_be_as_many_names_as_the_limit_says, a_reason_fits_whatever_the_names_are)
