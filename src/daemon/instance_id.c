// SPDX-License-Identifier: ISC
#include "daemon/instance_id.h"

#include "io/file.h"
#include "util/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
    FILE_BYTES_MAX = 256,
    PATH_BYTES = 4096
};

static const char name[] = "instance-id";
static const char prefix[] = "urn:uuid:";

/* RFC 4122 3: 8-4-4-4-12 hexadecimal digits. */
static bool is_uuid(struct slice text)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (text.length != sizeof(form) - 1)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        char lower = ascii_lower(text.data[i]);
        bool is_digit = ascii_is_digit(lower) || (lower >= 'a' && lower <= 'f');
        if (form[i] == 'x' ? !is_digit : lower != '-')
            return false;
    }
    return true;
}

static bool read_kept(const char *state_dir, char *id)
{
    char path[PATH_BYTES];
    struct buffer content;
    snprintf(path, sizeof(path), "%.3000s/%s", state_dir, name);
    if (file_read(path, FILE_BYTES_MAX, &content) != STATUS_OK)
        return false;
    struct slice text = slice_trim(buffer_slice(&content));
    bool is_fine =
        slice_starts_with(text, slice_of(prefix)) && is_uuid(slice_skip(text, sizeof(prefix) - 1));
    if (is_fine)
        snprintf(id, INSTANCE_ID_BYTES, "%.*s", SLICE_PRINT(text));
    else
        LOG(WARNING, "instance-id is no UUID: another one is made", TEXT("file", path));
    buffer_free(&content);
    return is_fine;
}

/* RFC 4122 4.4: version 4, by chance. */
static void make(struct random *random, char *id)
{
    unsigned char bytes[16];
    random_bytes(random, bytes, sizeof(bytes));
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
    size_t length = (size_t)snprintf(id, INSTANCE_ID_BYTES, "%s", prefix);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bool has_hyphen = i == 4 || i == 6 || i == 8 || i == 10;
        length += (size_t)snprintf(id + length, INSTANCE_ID_BYTES - length, "%s%02x",
                                   has_hyphen ? "-" : "", bytes[i]);
    }
}

void instance_id_obtain(const char *state_dir, struct random *random, char id[INSTANCE_ID_BYTES])
{
    char line[INSTANCE_ID_BYTES + 1];
    if (read_kept(state_dir, id))
        return;
    make(random, id);
    snprintf(line, sizeof(line), "%s\n", id);
    if (file_make_folder(state_dir) != STATUS_OK ||
        file_replace(state_dir, name, slice_of(line)) != STATUS_OK)
        LOG(WARNING, "instance-id cannot be kept: each start is another telephone to the registrar",
            TEXT("folder", state_dir), TEXT("why", strerror(errno)));
}
