// SPDX-License-Identifier: ISC
// What a reload comes to: every key that has another value is named, once, on the right list.
#include "daemon/config_changes.h"
#include "tests/suite.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AOR "aor=sip:alice@example.com"

/* A finished configuration of these assignments, up to NULL. */
static struct config *make(const char *const *assignments)
{
    struct config *config = config_new();
    struct config_error error;
    config->is_password_elsewhere = true;
    for (size_t i = 0; assignments[i]; i++)
        ck_assert_msg(config_set(config, assignments[i], &error) == STATUS_OK, "%s", error.text);
    ck_assert_msg(config_finish(config, &error) == STATUS_OK, "%s", error.text);
    return config;
}

static struct config *plain(void)
{
    static const char *const assignments[] = { AOR, "state_dir=/a", "control.socket=/a/control",
                                               NULL };
    return make(assignments);
}

/* Another value than that of plain(), whether it makes sense or not. */
static void change(struct config *config, const struct config_row *row)
{
    void *field = (char *)config + row->offset;
    struct config_list *list = field;
    switch (row->type) {
    case CONFIG_TEXT:
        free(*(char **)field);
        *(char **)field = memory_copy_text("other");
        break;
    case CONFIG_NUMBER:
        ++*(uint32_t *)field;
        break;
    case CONFIG_BOOL:
        *(bool *)field = !*(bool *)field;
        break;
    case CONFIG_LIST:
        list->items = memory_resize(list->items, (list->count + 1) * sizeof(*list->items));
        list->items[list->count++] = memory_copy_text("other");
        break;
    }
}

START_TEST(the_same_configuration_again_changes_nothing)
{
    struct config *old = plain();
    struct config *next = plain();
    struct config_changes changes;
    config_changes_find(old, next, &changes);
    ck_assert_uint_eq(changes.applied_count, 0);
    ck_assert_uint_eq(changes.waiting_count, 0);
    ck_assert(!changes.needs_connection);
    config_free(old);
    config_free(next);
}
END_TEST

START_TEST(every_key_that_has_changed_is_named_once_on_its_list)
{
    const struct config_row *row;
    for (size_t i = 0; (row = config_row_at(i)); i++) {
        struct config *old = plain();
        struct config *next = plain();
        struct config_changes changes;
        change(next, row);
        config_changes_find(old, next, &changes);
        bool waits = row->reload == CONFIG_AT_RESTART;
        ck_assert_uint_eq(changes.applied_count, !waits);
        ck_assert_uint_eq(changes.waiting_count, waits);
        ck_assert_str_eq(waits ? changes.waiting[0] : changes.applied[0], row->name);
        ck_assert_msg(changes.needs_connection == (row->reload == CONFIG_RECONNECTS), "%s",
                      row->name);
        config_free(old);
        config_free(next);
    }
}
END_TEST

START_TEST(keys_of_tls_take_effect_by_a_new_connection)
{
    const struct config_row *row;
    for (size_t i = 0; (row = config_row_at(i)); i++)
        ck_assert_msg((strncmp(row->name, "tls.", 4) == 0) == (row->reload == CONFIG_RECONNECTS),
                      "%s", row->name);
}
END_TEST

START_TEST(what_waits_for_a_restart_keeps_its_old_value)
{
    static const char *const assignments[] = { AOR, "state_dir=/b", "control.socket=/b/control",
                                               NULL };
    struct config *old = plain();
    struct config *next = make(assignments);
    struct config_changes changes;
    config_changes_find(old, next, &changes);
    ck_assert_uint_eq(changes.applied_count, 0);
    ck_assert_uint_eq(changes.waiting_count, 2);
    ck_assert_str_eq(next->state_dir, "/a");
    ck_assert_str_eq(next->control_socket, "/a/control");
    config_free(old);
    config_free(next);
}
END_TEST

static const struct {
    const char *assignments[3];
    bool needs_connection;
} servers[] = {
    { { AOR }, false },
    { { "aor=sip:bob@example.com" }, false },
    { { "aor=sips:alice@example.com" }, false },
    { { "aor=sip:alice@example.net" }, true },
    { { "aor=sip:alice@example.com:5070" }, true },
    { { AOR, "outbound_proxy=example.com" }, false },
    { { AOR, "outbound_proxy=example.net" }, true },
    { { AOR, "outbound_proxy=example.com:5062" }, true },
    { { AOR, "outbound_proxy=sip:example.com:5061;transport=tcp" }, true },
    { { AOR, "tls.name=other.example" }, true },
    { { AOR, "username=bob" }, false },
    { { AOR, "registration.expires=60" }, false },
};

START_TEST(another_server_needs_a_new_connection)
{
    for (size_t i = 0; i < sizeof(servers) / sizeof(*servers); i++) {
        static const char *const before[] = { AOR, NULL };
        struct config *old = make(before);
        struct config *next = make(servers[i].assignments);
        struct config_changes changes;
        config_changes_find(old, next, &changes);
        ck_assert_msg(changes.needs_connection == servers[i].needs_connection, "row %zu", i);
        config_free(old);
        config_free(next);
    }
}
END_TEST

/* Of a throw-away CA, good for a hundred years. */
static const char certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBTTCB86ADAgECAgEBMAoGCCqGSM49BAMCMA0xCzAJBgNVBAMTAmNhMCAXDTI2\n"
    "MTEyNDA1MDAyMFoYDzIxMjYxMDMxMDUwMDIwWjANMQswCQYDVQQDEwJjYTBZMBMG\n"
    "ByqGSM49AgEGCCqGSM49AwEHA0IABOTtxBuHOSaUUHLYRKhKJGyXmKD4IViP9sHX\n"
    "GW5k6ySU+j1h3d5d5wMEWbv1oiRKkXiVpunlR+kzfjHivaf/j0ejQjBAMA8GA1Ud\n"
    "EwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgIEMB0GA1UdDgQWBBTsqyoNb8kuderz\n"
    "g7m8cclsKPK1WzAKBggqhkjOPQQDAgNJADBGAiEAhU6pwqYuV5av0r+MEiSPqH/U\n"
    "ral9q2D5H+i6YPr0HeICIQDC0lrq/j72H4mNBRjVf0poODc4bpqhIwxy0K1KFf44\n"
    "Ww==\n"
    "-----END CERTIFICATE-----\n";

static char path[] = "/tmp/offhook-ca-XXXXXX";

static void write_file(const char *first, const char *second)
{
    if (strstr(path, "XXXXXX"))
        close(mkstemp(path));
    FILE *file = fopen(path, "w");
    ck_assert(file != NULL);
    fputs(first, file);
    fputs(second, file);
    fclose(file);
}

START_TEST(other_content_of_the_same_file_is_a_change)
{
    char assignment[64];
    const char *const assignments[] = { AOR, assignment, NULL };
    struct config_changes changes;
    write_file("", certificate);
    snprintf(assignment, sizeof(assignment), "tls.ca_file=%s", path);
    struct config *old = make(assignments);
    write_file("", certificate); /* only touched */
    struct config *touched = make(assignments);
    config_changes_find(old, touched, &changes);
    ck_assert_uint_eq(changes.applied_count, 0);
    write_file("# the new one\n", certificate);
    struct config *next = make(assignments);
    config_changes_find(old, next, &changes);
    ck_assert_uint_eq(changes.applied_count, 1);
    ck_assert_str_eq(changes.applied[0], "tls.ca_file");
    ck_assert(changes.needs_connection);
    config_free(old);
    config_free(touched);
    config_free(next);
    unlink(path);
}
END_TEST

START_TEST(a_file_that_is_no_certificate_is_refused)
{
    static const char *const contents[] = { "", "garbage\n", "-----BEGIN CERTIFICATE-----\n" };
    for (size_t i = 0; i < sizeof(contents) / sizeof(*contents); i++) {
        char assignment[64];
        struct config_error error;
        struct config *config = config_new();
        write_file("", contents[i]);
        snprintf(assignment, sizeof(assignment), "tls.ca_file=%s", path);
        ck_assert_int_eq(config_set(config, AOR, &error), STATUS_OK);
        ck_assert_int_eq(config_set(config, assignment, &error), STATUS_OK);
        ck_assert_int_eq(config_finish(config, &error), STATUS_REFUSED);
        ck_assert_msg(strstr(error.text, "tls.ca_file") == error.text, "%s", error.text);
        config_free(config);
    }
    unlink(path);
}
END_TEST

SUITE_MAIN("daemon/config_changes", the_same_configuration_again_changes_nothing,
           every_key_that_has_changed_is_named_once_on_its_list,
           keys_of_tls_take_effect_by_a_new_connection,
           what_waits_for_a_restart_keeps_its_old_value, another_server_needs_a_new_connection,
           other_content_of_the_same_file_is_a_change, a_file_that_is_no_certificate_is_refused)
