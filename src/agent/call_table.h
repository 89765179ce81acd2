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
// The call, and which of its dialogs (it may have several early ones), that a message belongs to.
struct call *call_table_find_dialog(const struct call_table *table,
                                    const struct sip_message *message, struct sip_dialog **dialog);
struct call *call_table_find_invite(const struct call_table *table, uint32_t transaction);
// The one whose own request that transaction is.
struct call *call_table_find_transaction(const struct call_table *table, uint32_t transaction);
// The `index`-th, in order of arrival; NULL beyond the last.
struct call *call_table_at(const struct call_table *table, size_t index);
size_t call_table_count(const struct call_table *table);
// Calls that users have: not those that only wait for the end of a BYE.
size_t call_table_count_live(const struct call_table *table);
// Frees what is finished.
void call_table_sweep(struct call_table *table);
void call_table_free(struct call_table *table);
