// SPDX-License-Identifier: ISC
#include "daemon/hook_folder.h"

#include "hook/hook_names.h"
#include "io/file.h"
#include "io/program_file.h"
#include "util/limits.h"
#include "util/log.h"

#include <stdio.h>
#include <string.h>

enum {
    PATH_BYTES = 4096,
    LINES_BYTES = 4096,
    LINE_BYTES = 1024
};

/* What has no room is left out whole. */
static void add(struct buffer *lines, struct buffer *line)
{
    buffer_append_byte(line, '\n');
    if (buffer_status(line) == STATUS_OK && lines->length + line->length <= lines->maximum)
        buffer_append(lines, buffer_slice(line));
    buffer_clear(line);
}

static void explain_event(const char *folder, const char *event, struct buffer *lines,
                          struct buffer *line)
{
    char path[PATH_BYTES];
    bool is_cut;
    snprintf(path, sizeof(path), "%.3000s/%s", folder, event);
    char **names = file_entries_new(path, LIMIT_HOOK_FILES, &is_cut);
    for (char **name = names; *name; name++) {
        if (program_name_is_plain(*name))
            continue;
        buffer_append_format(line, "%s%s is not run: ", event, *name);
        buffer_append_text(line, strchr(*name, '/')
                                     ? "it is a folder"
                                     : "names there are of letters, digits, _ and - alone");
        add(lines, line);
    }
    file_names_free(names);
}

void hook_folder_explain(const char *folder, struct buffer *lines)
{
    struct buffer line;
    bool is_cut;
    char **names = file_entries_new(folder, LIMIT_HOOK_FILES, &is_cut);
    buffer_init(&line, LINE_BYTES);
    for (char **name = names; *name; name++) {
        if (hook_names_explain(*name, &line))
            add(lines, &line);
        else if (strchr(*name, '/'))
            explain_event(folder, *name, lines, &line);
    }
    buffer_free(&line);
    file_names_free(names);
}

void hook_folder_log(const char *folder)
{
    struct buffer lines;
    buffer_init(&lines, LINES_BYTES);
    hook_folder_explain(folder, &lines);
    struct slice rest = buffer_slice(&lines);
    while (rest.length)
        LOG(NOTICE, "in the folder of the hooks:", SLICE("what", slice_cut(rest, '\n', &rest)));
    buffer_free(&lines);
}
