// SPDX-License-Identifier: ISC
// What a connection keeps of its settings is its own.
#include "io/tls_settings.h"
#include "tests/suite.h"

#include <string.h>

START_TEST(a_copy_has_every_text_and_borrows_none)
{
    char texts[7][16] = { "name", "pin one", "pin two", "ca", "crl", "cert", "key" };
    const char *pins[] = { texts[1], texts[2] };
    const struct tls_settings settings = {
        .name = texts[0],
        .allow_wildcard = true,
        .pins = pins,
        .pin_count = 2,
        .ca_file = texts[3],
        .crl_file = texts[4],
        .cert_file = texts[5],
        .key_file = texts[6],
    };
    struct arena *arena = arena_new();
    struct tls_settings copy = tls_settings_copy(arena, &settings);
    memset(texts, 'x', sizeof(texts));
    pins[0] = pins[1] = NULL;
    ck_assert(copy.allow_wildcard);
    ck_assert_str_eq(copy.name, "name");
    ck_assert_uint_eq(copy.pin_count, 2);
    ck_assert_str_eq(copy.pins[0], "pin one");
    ck_assert_str_eq(copy.pins[1], "pin two");
    ck_assert_str_eq(copy.ca_file, "ca");
    ck_assert_str_eq(copy.crl_file, "crl");
    ck_assert_str_eq(copy.cert_file, "cert");
    ck_assert_str_eq(copy.key_file, "key");
    arena_free(arena);
}
END_TEST

START_TEST(what_is_not_there_stays_so)
{
    const struct tls_settings none = { .name = "n" };
    struct arena *arena = arena_new();
    struct tls_settings copy = tls_settings_copy(arena, &none);
    ck_assert_ptr_null(copy.ca_file);
    ck_assert_ptr_null(copy.key_file);
    ck_assert_uint_eq(copy.pin_count, 0);
    arena_free(arena);
}
END_TEST

SUITE_MAIN("io/tls_settings", a_copy_has_every_text_and_borrows_none, what_is_not_there_stays_so)
