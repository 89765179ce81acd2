// SPDX-License-Identifier: ISC
// The one table of everything that can be configured: reading, checking, --check, -o, the sample
// file and the manual page come from it.
#pragma once

#include "daemon/config.h"

enum config_type {
    CONFIG_TEXT,
    CONFIG_NUMBER,
    CONFIG_BOOL,
    CONFIG_LIST
};

// What a reload does with a changed value.
enum config_reload {
    CONFIG_AT_ONCE,    // whatever happens from now on goes by it
    CONFIG_RECONNECTS, // likewise, over a new connection
    CONFIG_AT_RESTART  // it is left for the next start, and said so
};

struct config_row {
    const char *name; // "registration.expires"
    enum config_type type;
    size_t offset;         // of struct config
    const char *fallback;  // as it would stand in the file
    long minimum, maximum; // NUMBER
    const char *choices;   // TEXT, LIST: "off opportunistic required"; NULL: free
    enum config_reload reload;
    bool takes_text; // LIST: one text may stand for a list of it alone, and entries may have spaces
    bool is_file;    // TEXT: the path of a file, which must be there; its content counts as well
    const char *help;
};

// The `index`-th row; NULL beyond the last.
const struct config_row *config_row_at(size_t index);
const struct config_row *config_row_find(const char *name);
// The known name that looks most like `name`.
const char *config_row_nearest(const char *name);
