// SPDX-License-Identifier: ISC
// Which names in the folder of the hooks are run, and which event was meant by the others.
#include "hook/hook_names.h"
#include "tests/suite.h"

static const struct {
    const char *name;
    const char *why; // NULL: it is run
} rows[] = {
    { "incoming", NULL },
    { "any", NULL },
    { "ended.d/", NULL },
    { "any.d/", NULL },
    { ".git/", NULL },
    { ".incoming.swp", NULL },
    { "incomming", "incomming is no event and is not run: is incoming meant?" },
    { "Incoming", "Incoming is no event and is not run: is incoming meant?" },
    { "incoming.sh", "incoming.sh is no event and is not run: is incoming meant?" },
    { "ended~", "ended~ is no event and is not run: is ended meant?" },
    { "message.dpkg-old", "message.dpkg-old is no event and is not run: is message meant?" },
    { "mwl", "mwl is no event and is not run: is mwi meant?" },
    { "incoming.d", "incoming.d is no event and is not run: is incoming meant?" },
    { "README", "README is no event and is not run" },
    { "a", "a is no event and is not run" },
    { "anything", "anything is no event and is not run" },
    { "incoming/", "incoming is a folder of no event and is not run: is incoming.d meant?" },
    { "incomming.d/", "incomming.d is a folder of no event and is not run: is incoming.d meant?" },
    { "sounds/", "sounds is a folder of no event and is not run" },
};

START_TEST(a_name_is_run_or_told_with_what_was_meant)
{
    struct buffer why;
    buffer_init(&why, 1024);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        buffer_clear(&why);
        bool is_explained = hook_names_explain(rows[i].name, &why);
        ck_assert_msg(is_explained == (rows[i].why != NULL), "%s", rows[i].name);
        ck_assert_msg(slice_equal(buffer_slice(&why), slice_of(rows[i].why ? rows[i].why : "")),
                      "%s: %.*s", rows[i].name, (int)why.length, why.data);
    }
    buffer_free(&why);
}
END_TEST

SUITE_MAIN("hook/hook_names", a_name_is_run_or_told_with_what_was_meant)
