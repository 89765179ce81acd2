// SPDX-License-Identifier: ISC
#include "daemon/call_journal.h"

#include "io/clock.h"
#include "io/file.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PATH_BYTES = 4096,
    NAME_BYTES = 64
};

/* A call that has a file. */
struct entry {
    struct list_link link;
    uint32_t call;
    char name[NAME_BYTES];
};

struct call_journal {
    struct agent *agent;
    char folder[PATH_BYTES];
    int lock;
    struct list entries;
    struct buffer text;
    char mark_from[PATH_BYTES];
    char mark_to[PATH_BYTES];
    char failure[256]; // "" when all is well
};

enum status call_journal_new(const char *state_dir, struct agent *agent,
                             struct call_journal **journal, char *why, size_t size)
{
    char folder[PATH_BYTES];
    int lock;
    snprintf(folder, sizeof(folder), "%.3000s/dialogs", state_dir);
    if (file_make_folder(folder) != STATUS_OK) {
        snprintf(why, size, "state_dir: %.500s cannot be made: %s", folder, strerror(errno));
        return STATUS_SYSTEM;
    }
    enum status status = file_lock_folder(folder, &lock);
    if (status != STATUS_OK) {
        snprintf(why, size, "state_dir: %.500s: %s", folder,
                 status == STATUS_REFUSED ? "another offhookd uses it" : strerror(errno));
        return status;
    }
    struct call_journal *made = memory_new(sizeof(*made));
    made->agent = agent;
    made->lock = lock;
    memcpy(made->folder, folder, sizeof(folder));
    list_init(&made->entries);
    buffer_init(&made->text, LIMIT_CALL_RECORD);
    *journal = made;
    return STATUS_OK;
}

static struct entry *find(const struct call_journal *journal, uint32_t call)
{
    list_for_each(link, &journal->entries) {
        struct entry *entry = list_entry(link, struct entry, link);
        if (entry->call == call)
            return entry;
    }
    return NULL;
}

static bool is_taken(const struct call_journal *journal, const char *name)
{
    list_for_each(link, &journal->entries)
        if (strcmp(list_entry(link, struct entry, link)->name, name) == 0)
            return true;
    return false;
}

static struct entry *add(struct call_journal *journal, uint32_t call, const char *name)
{
    struct entry *entry = memory_new(sizeof(*entry));
    entry->call = call;
    snprintf(entry->name, sizeof(entry->name), "%s", name);
    list_append(&journal->entries, &entry->link);
    return entry;
}

/* Named by what users see; chance may have given the same to two. */
static struct entry *add_call(struct call_journal *journal, uint32_t number)
{
    char name[NAME_BYTES];
    const char *id = call_id(agent_call(journal->agent, number));
    snprintf(name, sizeof(name), "%.32s", id);
    for (unsigned i = 2; is_taken(journal, name); i++)
        snprintf(name, sizeof(name), "%.32s-%u", id, i);
    return add(journal, number, name);
}

static void path_of(const struct call_journal *journal, const char *name, char *path)
{
    snprintf(path, PATH_BYTES, "%.3000s/%.255s", journal->folder, name);
}

static void remove_entry(struct call_journal *journal, struct entry *entry)
{
    char path[PATH_BYTES];
    path_of(journal, entry->name, path);
    if (unlink(path) != 0 && errno != ENOENT)
        LOG(ERROR, "the record of a call cannot be removed", TEXT("file", path),
            TEXT("why", strerror(errno)));
    list_remove(&journal->entries, &entry->link);
    free(entry);
}

/* Said when it begins and when it ends. */
static void note_result(struct call_journal *journal, enum status status)
{
    if (status == STATUS_OK) {
        if (journal->failure[0])
            LOG(NOTICE, "calls are kept on disk again");
        journal->failure[0] = '\0';
        return;
    }
    const char *why = status == STATUS_SYSTEM ? strerror(errno) : status_text(status);
    if (!journal->failure[0])
        LOG(ERROR, "calls cannot be kept on disk: killed now, the daemon would leave them up",
            TEXT("folder", journal->folder), TEXT("why", why));
    snprintf(journal->failure, sizeof(journal->failure), "%.200s", why);
}

void call_journal_keep(struct call_journal *journal, time_ms now, uint32_t call)
{
    struct entry *entry = find(journal, call);
    enum status status =
        agent_write_record(journal->agent, now, clock_wall(), call, &journal->text);
    if (status == STATUS_OK && !journal->text.length) {
        if (entry)
            remove_entry(journal, entry);
        return;
    }
    if (!entry)
        entry = add_call(journal, call);
    if (status == STATUS_OK)
        status = file_replace(journal->folder, entry->name, buffer_slice(&journal->text));
    note_result(journal, status);
}

/* What is to be kept afterwards lies ready as a hidden file, which no start takes up. */
bool call_journal_mark(struct call_journal *journal, time_ms now, uint32_t call, const char **from,
                       const char **to)
{
    const struct entry *entry = find(journal, call);
    if (!entry)
        return false;
    bool is_kept =
        agent_set_told(journal->agent, call) &&
        agent_write_record(journal->agent, now, clock_wall(), call, &journal->text) == STATUS_OK &&
        journal->text.length;
    if (is_kept &&
        file_replace(journal->folder, ".told", buffer_slice(&journal->text)) != STATUS_OK)
        return false;
    path_of(journal, is_kept ? ".told" : entry->name, journal->mark_from);
    path_of(journal, is_kept ? entry->name : ".over", journal->mark_to);
    *from = journal->mark_from;
    *to = journal->mark_to;
    return true;
}

void call_journal_told(struct call_journal *journal, time_ms now, uint32_t call)
{
    struct entry *entry = find(journal, call);
    if (!entry)
        return;
    if (agent_set_told(journal->agent, call))
        call_journal_keep(journal, now, call);
    else
        remove_entry(journal, entry);
}

static void take_up(struct call_journal *journal, time_ms now, const char *name)
{
    char path[PATH_BYTES];
    const char *why = "it cannot be read, or is too large";
    struct buffer text = { .data = NULL };
    uint32_t call;
    path_of(journal, name, path);
    if (strlen(name) >= NAME_BYTES || file_read(path, LIMIT_CALL_RECORD, &text) != STATUS_OK ||
        agent_restore(journal->agent, now, clock_wall(), buffer_slice(&text), &call, &why) !=
            STATUS_OK)
        file_set_aside(path, "no record of a call: set aside", why);
    else
        (void)add(journal, call, name);
    buffer_free(&text);
}

void call_journal_take_up(struct call_journal *journal, time_ms now)
{
    bool is_cut;
    char **names = file_names_new(journal->folder, LIMIT_CALL_RECORDS, &is_cut);
    for (char **name = names; *name; name++)
        take_up(journal, now, *name);
    if (is_cut)
        LOG(ERROR, "more records of calls than a daemon can have left",
            TEXT("folder", journal->folder));
    file_names_free(names);
}

const char *call_journal_failure(const struct call_journal *journal)
{
    return journal->failure[0] ? journal->failure : NULL;
}

void call_journal_free(struct call_journal *journal)
{
    struct list_link *link;
    if (!journal)
        return;
    while ((link = list_take_first(&journal->entries)))
        free(list_entry(link, struct entry, link));
    buffer_free(&journal->text);
    close(journal->lock);
    free(journal);
}
