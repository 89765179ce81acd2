// SPDX-License-Identifier: ISC
// Where the table of calls has a call; for call_table.c.
#pragma once

#include "util/deadlines.h"
#include "util/index.h"
#include "util/list.h"

struct call_place {
    struct list_link all;
    struct list_link touched; // while is_touched
    struct list_link unkept;
    struct list *unkept_in; // NULL: in none
    struct index_link by_number, by_id, by_dialog;
    struct deadline due;
    bool is_touched;
};
