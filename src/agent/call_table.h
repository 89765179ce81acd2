// SPDX-License-Identifier: ISC
// All calls of the agent, found by number, by the id users see, or by dialog.
#pragma once

#include "agent/call.h"

struct call_table;

struct call_table *call_table_new(void);
// Takes the call over.
void call_table_add(struct call_table *table, struct call *call);
struct call *call_table_find(const struct call_table *table, uint32_t number);
struct call *call_table_find_id(const struct call_table *table, struct slice id);
// The call whose dialog an in-dialog message belongs to.
struct call *call_table_find_dialog(const struct call_table *table,
                                    const struct sip_message *message);
struct call *call_table_find_invite(const struct call_table *table, uint32_t transaction);
struct call *call_table_find_bye(const struct call_table *table, uint32_t transaction);
// The `index`-th, in order of arrival; NULL beyond the last.
struct call *call_table_at(const struct call_table *table, size_t index);
size_t call_table_count(const struct call_table *table);
// Calls that users have: not those that only wait for the end of a BYE.
size_t call_table_count_live(const struct call_table *table);
// Frees what is finished.
void call_table_sweep(struct call_table *table);
void call_table_free(struct call_table *table);
