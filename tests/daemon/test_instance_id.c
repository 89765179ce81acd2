// SPDX-License-Identifier: ISC
// Who we are to the registrar: made once, kept, and never anything but a UUID (RFC 4122).
#include "daemon/instance_id.h"
#include "tests/folder.h"
#include "tests/suite.h"
#include "util/slice.h"

static void obtain(const struct folder *folder, uint32_t seed, char *id)
{
    struct random random;
    random_init_number(&random, seed);
    instance_id_obtain(folder->path, &random, id);
}

static void assert_is_uuid(const char *id)
{
    static const char form[] = "urn:uuid:xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";
    ck_assert_uint_eq(strlen(id), sizeof(form) - 1);
    for (size_t i = 0; form[i]; i++) {
        if (form[i] == 'x' && i >= 9)
            ck_assert(strchr("0123456789abcdef", id[i]) != NULL);
        else if (form[i] == 'y')
            ck_assert(strchr("89ab", id[i]) != NULL);
        else
            ck_assert_int_eq(id[i], form[i]);
    }
}

START_TEST(it_is_made_once_and_kept)
{
    struct folder folder;
    struct stat info;
    char first[INSTANCE_ID_BYTES];
    char second[INSTANCE_ID_BYTES];
    folder_make(&folder);
    obtain(&folder, 1, first);
    assert_is_uuid(first);
    obtain(&folder, 2, second);
    ck_assert_str_eq(second, first);
    ck_assert_int_eq(stat(folder_path(&folder, "instance-id"), &info), 0);
    ck_assert_uint_eq(info.st_mode & 0777, 0600);
    folder_remove(&folder);
}
END_TEST

/* A FIFO would keep whoever opens it waiting for ever, a link would lead elsewhere. */
START_TEST(what_lies_where_the_next_file_is_written_gives_way)
{
    struct folder folder;
    char first[INSTANCE_ID_BYTES];
    char second[INSTANCE_ID_BYTES];
    for (int i = 0; i < 2; i++) {
        folder_make(&folder);
        folder_write(&folder, "other", "untouched", 0600);
        if (i == 0)
            ck_assert_int_eq(mkfifo(folder_path(&folder, ".next"), 0600), 0);
        else
            ck_assert_int_eq(symlink("other", folder_path(&folder, ".next")), 0);
        obtain(&folder, 1, first);
        obtain(&folder, 2, second);
        ck_assert_str_eq(second, first);
        struct stat info;
        ck_assert_int_eq(stat(folder_path(&folder, "other"), &info), 0);
        ck_assert_int_eq(info.st_size, 9);
        folder_remove(&folder);
    }
}
END_TEST

START_TEST(two_telephones_have_two)
{
    struct folder folders[2];
    char ids[2][INSTANCE_ID_BYTES];
    for (uint32_t i = 0; i < 2; i++) {
        folder_make(&folders[i]);
        obtain(&folders[i], i, ids[i]);
        folder_remove(&folders[i]);
    }
    ck_assert_str_ne(ids[0], ids[1]);
}
END_TEST

START_TEST(what_an_operator_has_written_is_taken)
{
    static const char wanted[] = "urn:uuid:F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6";
    struct folder folder;
    char id[INSTANCE_ID_BYTES];
    folder_make(&folder);
    folder_write(&folder, "instance-id", "  urn:uuid:F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6\r\n\n",
                 0600);
    obtain(&folder, 1, id);
    ck_assert_str_eq(id, wanted);
    folder_remove(&folder);
}
END_TEST

START_TEST(what_is_no_uuid_is_replaced)
{
    static const char *const texts[] = {
        "",
        "\n",
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf",
        "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf66",
        "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bg6",
        "urn:uuid:f81d4fae07dec-11d0-a765-00a0c91e6bf6",
        "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e\r\nX-Evil: 1",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct folder folder;
        char id[INSTANCE_ID_BYTES];
        char kept[INSTANCE_ID_BYTES];
        folder_make(&folder);
        folder_write(&folder, "instance-id", texts[i], 0600);
        obtain(&folder, 1, id);
        assert_is_uuid(id);
        obtain(&folder, 2, kept);
        ck_assert_str_eq(kept, id);
        folder_remove(&folder);
    }
}
END_TEST

START_TEST(a_file_that_is_too_large_or_a_folder_is_replaced_or_done_without)
{
    static char text[100000];
    struct folder folder;
    char id[INSTANCE_ID_BYTES];
    memset(text, 'a', sizeof(text) - 1);
    folder_make(&folder);
    folder_write(&folder, "instance-id", text, 0600);
    obtain(&folder, 1, id);
    assert_is_uuid(id);
    ck_assert_int_eq(unlink(folder_path(&folder, "instance-id")), 0);
    ck_assert_int_eq(mkdir(folder_path(&folder, "instance-id"), 0700), 0);
    obtain(&folder, 1, id);
    assert_is_uuid(id);
    folder_remove(&folder);
}
END_TEST

START_TEST(a_folder_that_does_not_exist_is_made_or_done_without)
{
    struct folder folder;
    struct random random;
    char id[INSTANCE_ID_BYTES];
    char again[INSTANCE_ID_BYTES];
    folder_make(&folder);
    random_init_number(&random, 1);
    instance_id_obtain(folder_path(&folder, "state"), &random, id);
    instance_id_obtain(folder_path(&folder, "state"), &random, again);
    ck_assert_str_eq(again, id);
    instance_id_obtain("/proc/no/such/place", &random, id);
    assert_is_uuid(id);
    folder_remove(&folder);
}
END_TEST

SUITE_MAIN("daemon/instance_id", it_is_made_once_and_kept,
           what_lies_where_the_next_file_is_written_gives_way, two_telephones_have_two,
           what_an_operator_has_written_is_taken, what_is_no_uuid_is_replaced,
           a_file_that_is_too_large_or_a_folder_is_replaced_or_done_without,
           a_folder_that_does_not_exist_is_made_or_done_without)
