// SPDX-License-Identifier: ISC
// What a reload comes to: which keys have other values, and which of them must wait for a restart.
#pragma once

#include "daemon/config_table.h"

struct config_changes {
    const char *applied[CONFIG_ROWS_MAX]; // names of keys
    size_t applied_count;
    const char *waiting[CONFIG_ROWS_MAX]; // for a restart
    size_t waiting_count;
    bool needs_connection; // another server, or another way to it
    bool has_other_owner;  // the file: whose hooks are run
};

// Compares two finished configurations. What must wait for a restart has its old value in `next`,
// too, afterwards.
void config_changes_find(const struct config *old, struct config *next,
                         struct config_changes *changes);
