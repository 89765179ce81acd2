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

struct config_row {
    const char *name; // "registration.expires"
    enum config_type type;
    size_t offset;         // of struct config
    const char *fallback;  // as it would stand in the file
    long minimum, maximum; // NUMBER
    const char *choices;   // TEXT, LIST: "off opportunistic required"; NULL: free
    bool is_reloaded;      // takes effect at a reload
    const char *help;
};

// The `index`-th row; NULL beyond the last.
const struct config_row *config_row_at(size_t index);
const struct config_row *config_row_find(const char *name);
// The known name that looks most like `name`.
const char *config_row_nearest(const char *name);
