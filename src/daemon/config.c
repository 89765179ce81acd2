// SPDX-License-Identifier: ISC
// Reads by libconfig (seen only here) into the table's fields. What the values mean together is
// config_finish.c's matter.
#include "daemon/config.h"

#include "daemon/config_private.h"
#include "daemon/config_table.h"
#include "io/file.h"
#include "util/memory.h"
#include "util/slice.h"

#include <libconfig.h>

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    KEY_BYTES = 64,
    LIST_MAX = 64
};

enum status config_fail(struct config_error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof(error->text), format, arguments);
    va_end(arguments);
    return STATUS_REFUSED;
}

static void *field_of(struct config *config, const struct config_row *row)
{
    return (char *)config + row->offset;
}

static void set_text(struct config *config, const struct config_row *row, const char *value)
{
    char **field = field_of(config, row);
    if (*field)
        memory_erase(*field, strlen(*field));
    free(*field);
    *field = memory_copy_text(value);
}

static void list_clear(struct config_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct config_list){ .count = 0 };
}

char *config_copy(struct slice text)
{
    return memcpy(memory_new(text.length + 1), text.data, text.length);
}

static void list_add(struct config_list *list, struct slice item)
{
    list->items = memory_resize(list->items, (list->count + 1) * sizeof(*list->items));
    list->items[list->count++] = config_copy(item);
}

static bool is_choice(const char *choices, struct slice value)
{
    struct slice rest = slice_of(choices);
    while (rest.data && rest.length)
        if (slice_equal(slice_cut(rest, ' ', &rest), value))
            return true;
    return false;
}

struct place {
    const char *file; // "-o" for the command line
    int line;
};

static enum status refuse_value(const struct config_row *row, const struct place *place,
                                struct config_error *error, const char *what)
{
    return config_fail(error, "%s:%d: %s %s%s", place->file, place->line, row->name, what,
                       row->choices ? row->choices : "");
}

/* A text, or an entry of a list; `unknown` begins what is said of one that is no choice. */
static enum status check_text(const struct config_row *row, struct slice text, const char *unknown,
                              const struct place *place, struct config_error *error)
{
    if (row->choices && !is_choice(row->choices, text))
        return refuse_value(row, place, error, unknown);
    for (size_t i = 0; i < text.length; i++)
        if (ascii_is_control(text.data[i]))
            return config_fail(error, "%s:%d: %s must not hold control characters", place->file,
                               place->line, row->name);
    return STATUS_OK;
}

static enum status put_text(struct config *config, const struct config_row *row, const char *value,
                            const struct place *place, struct config_error *error)
{
    enum status status = check_text(row, slice_of(value), "is not one of: ", place, error);
    if (status != STATUS_OK)
        return status;
    set_text(config, row, value);
    config->has_password_key = config->has_password_key || strcmp(row->name, "password") == 0;
    return STATUS_OK;
}

static enum status put_number(struct config *config, const struct config_row *row, long value,
                              const struct place *place, struct config_error *error)
{
    char text[24];
    if (value < row->minimum || value > row->maximum)
        return config_fail(error, "%s:%d: %s must be %ld to %ld, not %ld", place->file, place->line,
                           row->name, row->minimum, row->maximum, value);
    snprintf(text, sizeof(text), "%ld", value);
    if (row->choices && !is_choice(row->choices, slice_of(text)))
        return refuse_value(row, place, error, "must be one of: ");
    *(uint32_t *)field_of(config, row) = (uint32_t)value;
    return STATUS_OK;
}

/* Every entry of every list comes this way, from a file or from -o. */
static enum status add_entry(struct config *config, const struct config_row *row, struct slice item,
                             const struct place *place, struct config_error *error)
{
    struct config_list *list = field_of(config, row);
    if (list->count == LIST_MAX)
        return config_fail(error, "%s:%d: %s has more than %d entries", place->file, place->line,
                           row->name, LIST_MAX);
    enum status status = check_text(row, item, "knows only: ", place, error);
    if (status == STATUS_OK)
        list_add(list, item);
    return status;
}

static enum status put_list(struct config *config, const struct config_row *row,
                            const config_setting_t *setting, const struct place *place,
                            struct config_error *error)
{
    enum status status = STATUS_OK;
    int count = config_setting_length(setting);
    list_clear(field_of(config, row));
    for (int i = 0; status == STATUS_OK && i < count; i++) {
        const char *item = config_setting_get_string_elem(setting, i);
        if (!item)
            return config_fail(error, "%s:%d: %s must be a list of texts: [ \"…\", \"…\" ]",
                               place->file, place->line, row->name);
        status = add_entry(config, row, slice_of(item), place, error);
    }
    return status;
}

/* A text where a list may stand is its only entry, whatever is in it; an empty one is none. */
static enum status put_single(struct config *config, const struct config_row *row, const char *text,
                              const struct place *place, struct config_error *error)
{
    list_clear(field_of(config, row));
    return *text ? add_entry(config, row, slice_of(text), place, error) : STATUS_OK;
}

/* As in -o and in fallbacks: "A B" or "A,B"; only the latter where an entry may have spaces. */
static enum status put_words(struct config *config, const struct config_row *row, const char *words,
                             const struct place *place, struct config_error *error)
{
    enum status status = STATUS_OK;
    list_clear(field_of(config, row));
    while (status == STATUS_OK && *words) {
        size_t length = strcspn(words, row->takes_text ? "," : " ,");
        struct slice word = slice_trim(slice_make(words, length));
        if (!slice_is_empty(word))
            status = add_entry(config, row, word, place, error);
        words += length + (words[length] != '\0');
    }
    return status;
}

static enum status refuse_type(const struct config_row *row, const struct place *place,
                               struct config_error *error)
{
    static const char *const kinds[] = {
        [CONFIG_TEXT] = "a text in double quotes",
        [CONFIG_NUMBER] = "a whole number",
        [CONFIG_BOOL] = "true or false",
        [CONFIG_LIST] = "a list of texts: [ \"…\", \"…\" ]",
    };
    return config_fail(error, "%s:%d: %s must be %s", place->file, place->line, row->name,
                       kinds[row->type]);
}

static enum status put_setting(struct config *config, const struct config_row *row,
                               const config_setting_t *setting, const struct place *place,
                               struct config_error *error)
{
    int type = config_setting_type(setting);
    switch (row->type) {
    case CONFIG_TEXT:
        if (type == CONFIG_TYPE_STRING)
            return put_text(config, row, config_setting_get_string(setting), place, error);
        break;
    case CONFIG_NUMBER:
        if (type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64)
            return put_number(config, row, (long)config_setting_get_int64(setting), place, error);
        break;
    case CONFIG_BOOL:
        if (type == CONFIG_TYPE_BOOL) {
            *(bool *)field_of(config, row) = config_setting_get_bool(setting);
            return STATUS_OK;
        }
        break;
    case CONFIG_LIST:
        if (type == CONFIG_TYPE_ARRAY || type == CONFIG_TYPE_LIST)
            return put_list(config, row, setting, place, error);
        if (row->takes_text && type == CONFIG_TYPE_STRING)
            return put_single(config, row, config_setting_get_string(setting), place, error);
        break;
    }
    return refuse_type(row, place, error);
}

static enum status refuse_key(const char *key, const struct place *place,
                              struct config_error *error)
{
    return config_fail(error, "%s:%d: there is no key %s; did you mean %s?", place->file,
                       place->line, key, config_row_nearest(key));
}

/* Groups are one deep, so this goes no deeper either. */
static enum status read_group(struct config *config, const config_setting_t *group,
                              const char *prefix, const char *file, struct config_error *error)
{
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
        char key[KEY_BYTES];
        struct place place = { .file = file, .line = (int)config_setting_source_line(setting) };
        snprintf(key, sizeof(key), "%.30s%.30s", prefix, config_setting_name(setting));
        enum status status;
        const struct config_row *row = config_row_find(key);
        if (row) {
            status = put_setting(config, row, setting, &place, error);
        } else if (config_setting_is_group(setting) && !prefix[0]) {
            snprintf(key, sizeof(key), "%.30s.", config_setting_name(setting));
            status = read_group(config, setting, key, file, error);
        } else {
            status = refuse_key(key, &place, error);
        }
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

struct config *config_new(void)
{
    static const struct place built_in = { .file = "default", .line = 0 };
    struct config *config = memory_new(sizeof(*config));
    struct config_error none;
    const struct config_row *row;
    for (size_t i = 0; (row = config_row_at(i)); i++) {
        switch (row->type) {
        case CONFIG_TEXT:
            set_text(config, row, row->fallback);
            break;
        case CONFIG_NUMBER:
            *(uint32_t *)field_of(config, row) = (uint32_t)strtoul(row->fallback, NULL, 10);
            break;
        case CONFIG_BOOL:
            *(bool *)field_of(config, row) = strcmp(row->fallback, "true") == 0;
            break;
        case CONFIG_LIST:
            (void)!put_words(config, row, row->fallback, &built_in, &none);
            break;
        }
    }
    config->owner = geteuid();
    return config;
}

static FILE *open_file(struct config *config, const char *path, struct config_error *error)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        config_fail(error, "%s: cannot be read as a file: is it there, and may this user read it?",
                    path);
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    config->owner = info.st_uid;
    config->file_is_open = info.st_mode & 0007;
    config->file_is_groups = file_is_of_group(&info, CONFIG_GROUP);
    free(config->file);
    config->file = memory_copy_text(path);
    return fdopen(fd, "r");
}

enum status config_load(struct config *config, const char *path, struct config_error *error)
{
    config_t parsed;
    FILE *file = open_file(config, path, error);
    if (!file)
        return STATUS_REFUSED;
    config_init(&parsed);
    enum status status;
    if (config_read(&parsed, file))
        status = read_group(config, config_root_setting(&parsed), "", path, error);
    else
        status = config_fail(error, "%s:%d: %s", path, config_error_line(&parsed),
                             config_error_text(&parsed));
    config_destroy(&parsed);
    fclose(file);
    return status;
}

/* What several keys are wrong about together has no line; the file it has. */
static void name_file(const char *file, struct config_error *error)
{
    struct config_error bare = *error;
    if (strncmp(bare.text, file, strlen(file)) != 0)
        config_fail(error, "%s: %.900s", file, bare.text);
}

struct config *config_obtain(const struct config_source *source, struct config_error *error)
{
    struct config *config = config_new();
    enum status status = config_load(config, source->file, error);
    config->is_password_elsewhere = source->credential != NULL;
    for (size_t i = 0; status == STATUS_OK && i < source->assignment_count; i++)
        status = config_set(config, source->assignments[i], error);
    if (status == STATUS_OK && config_finish(config, error) != STATUS_OK) {
        name_file(source->file, error);
        status = STATUS_REFUSED;
    }
    if (status == STATUS_OK)
        return config;
    config_free(config);
    return NULL;
}

static enum status set_number(struct config *config, const struct config_row *row,
                              const char *value, const struct place *place,
                              struct config_error *error)
{
    uint64_t number;
    if (slice_to_number(slice_of(value), 1000000000, &number) != STATUS_OK)
        return refuse_type(row, place, error);
    return put_number(config, row, (long)number, place, error);
}

enum status config_set(struct config *config, const char *assignment, struct config_error *error)
{
    static const struct place place = { .file = "-o", .line = 0 };
    char key[KEY_BYTES];
    const char *equals = strchr(assignment, '=');
    if (!equals || equals == assignment || equals - assignment >= KEY_BYTES)
        return config_fail(error, "-o wants KEY=VALUE, not \"%s\"", assignment);
    snprintf(key, sizeof(key), "%.*s", (int)(equals - assignment), assignment);
    const char *value = equals + 1;
    const struct config_row *row = config_row_find(key);
    if (!row)
        return refuse_key(key, &place, error);
    switch (row->type) {
    case CONFIG_TEXT:
        return put_text(config, row, value, &place, error);
    case CONFIG_NUMBER:
        return set_number(config, row, value, &place, error);
    case CONFIG_BOOL:
        if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
            return refuse_type(row, &place, error);
        *(bool *)field_of(config, row) = strcmp(value, "true") == 0;
        return STATUS_OK;
    case CONFIG_LIST:
        return put_words(config, row, value, &place, error);
    }
    return STATUS_OK;
}

static void write_value(FILE *file, const struct config_row *row)
{
    struct slice rest = slice_of(row->fallback);
    switch (row->type) {
    case CONFIG_TEXT:
        fprintf(file, "\"%s\"", row->fallback);
        break;
    case CONFIG_LIST:
        fputs("[", file);
        for (bool is_first = true; rest.data && rest.length; is_first = false) {
            struct slice item = slice_cut(rest, ' ', &rest);
            fprintf(file, "%s\"%.*s\"", is_first ? " " : ", ", SLICE_PRINT(item));
        }
        fputs(" ]", file);
        break;
    case CONFIG_NUMBER:
    case CONFIG_BOOL:
        fputs(row->fallback, file);
        break;
    }
}

static void write_help(FILE *file, const char *indent, const char *help)
{
    int column = 0;
    while (*help) {
        int length = (int)strcspn(help, " ");
        if (column == 0)
            column = fprintf(file, "%s#", indent);
        column += fprintf(file, " %.*s", length, help);
        help += length + (help[length] == ' ');
        if (column + (int)strcspn(help, " ") > 96 || !*help) {
            fputc('\n', file);
            column = 0;
        }
    }
}

void config_write_sample(FILE *file)
{
    const struct config_row *row;
    char group[KEY_BYTES] = "";
    fputs("# /etc/offhookd/offhookd.conf: one phone line. See offhookd.conf(5).\n"
          "# Every key with its default; take the # away from what you change.\n",
          file);
    for (size_t i = 0; (row = config_row_at(i)); i++) {
        const char *dot = strchr(row->name, '.');
        const char *name = dot ? dot + 1 : row->name;
        size_t length = dot ? (size_t)(dot - row->name) : 0;
        bool is_same = strlen(group) == length && strncmp(group, row->name, length) == 0;
        if (!is_same && group[0])
            fputs("};\n", file);
        if (!is_same && dot)
            fprintf(file, "\n%.*s = {\n", (int)length, row->name);
        if (!is_same)
            snprintf(group, sizeof(group), "%.*s", (int)length, row->name);
        if (!dot)
            fputc('\n', file);
        write_help(file, dot ? "    " : "", row->help);
        fprintf(file, "%s#%s = ", dot ? "    " : "", name);
        write_value(file, row);
        fputs(";\n", file);
    }
    if (group[0])
        fputs("};\n", file);
}

void config_free(struct config *config)
{
    const struct config_row *row;
    if (!config)
        return;
    for (size_t i = 0; (row = config_row_at(i)); i++) {
        if (row->type == CONFIG_TEXT) {
            char *text = *(char **)field_of(config, row);
            memory_erase(text, strlen(text));
            free(text);
        } else if (row->type == CONFIG_LIST) {
            list_clear(field_of(config, row));
        }
    }
    free(config->host);
    free(config->tls_identity);
    free(config->route);
    free(config->credential);
    free(config->file);
    free(config);
}
