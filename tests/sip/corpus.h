// SPDX-License-Identifier: ISC
// Reads the message files under tests/data and their tables of what is expected.
#pragma once

#include "util/buffer.h"

#include <check.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The whole file tests/data/NAME; free with buffer_free.
static inline struct buffer corpus_read(const char *folder, const char *name)
{
    struct buffer bytes;
    char path[4096];
    const char *root = getenv("srcdir");
    snprintf(path, sizeof(path), "%s/tests/data/%s/%s", root ? root : ".", folder, name);
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "cannot open %s", path);
    buffer_init(&bytes, 1024 * 1024);
    for (;;) {
        char *room = buffer_reserve(&bytes, 4096);
        ck_assert_msg(room != NULL, "%s is too large", path);
        size_t count = fread(room, 1, 4096, file);
        buffer_commit(&bytes, count);
        if (count < 4096)
            break;
    }
    fclose(file);
    return bytes;
}

enum {
    CORPUS_COLUMNS = 8
};

struct corpus_row {
    char text[2048];
    const char *columns[CORPUS_COLUMNS]; // "" where a row has fewer
};

// Takes the next row of a table whose lines are words; "#" begins a comment. False at the end.
static inline bool corpus_next_row(struct slice *table, struct corpus_row *row)
{
    while (table->length) {
        struct slice line = slice_trim(slice_cut(*table, '\n', table));
        if (!line.length || line.data[0] == '#')
            continue;
        ck_assert_msg(line.length < sizeof(row->text), "a line is too long");
        memcpy(row->text, line.data, line.length);
        row->text[line.length] = '\0';
        char *place = row->text;
        for (size_t i = 0; i < CORPUS_COLUMNS; i++) {
            place += strspn(place, " \t");
            row->columns[i] = place;
            place += strcspn(place, " \t");
            if (*place)
                *place++ = '\0';
        }
        return true;
    }
    return false;
}

// Resolves the escapes of tables: \r \n \t \\ \xHH and \s for a blank. `text` is overwritten.
static inline struct slice corpus_unescape(char *text)
{
    size_t length = 0;
    for (const char *place = text; *place; place++) {
        char byte = *place;
        if (byte == '\\' && place[1]) {
            static const char letters[] = "rnst\\";
            static const char meanings[] = "\r\n \t\\";
            place++;
            const char *letter = strchr(letters, *place);
            unsigned int value = 0;
            if (letter) {
                byte = meanings[letter - letters];
            } else if (*place == 'x' && sscanf(place + 1, "%2x", &value) == 1) {
                byte = (char)value;
                place += 2;
            }
        }
        text[length++] = byte;
    }
    return slice_make(text, length);
}
