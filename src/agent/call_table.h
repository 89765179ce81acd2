// SPDX-License-Identifier: ISC
// All calls of the agent: found by number, by the id users see, by dialog; and which of them are
// due, or have been touched since they were looked after last. Nothing here takes longer because
// there are many calls, but what is said to go over all of them.
//
// Whoever is given a call that he may change has touched it: it is looked after (its record, its
// transfer, its end, its next deadline) once the input has been carried out.
#pragma once

#include "agent/call.h"

struct call_table;

struct call_table *call_table_new(void);
// Takes the call over; it is touched.
void call_table_add(struct call_table *table, struct call *call);

// To change it, which touches it; NULL: there is none.
struct call *call_table_reach(struct call_table *table, uint32_t number);
// The call, and which of its dialogs (it may have several early ones), that a message belongs to.
struct call *call_table_reach_dialog(struct call_table *table, const struct sip_message *message,
                                     struct sip_dialog **dialog);
// The one whose INVITE, which `message` belongs to, has that transaction.
struct call *call_table_reach_invite(struct call_table *table, const struct sip_message *message,
                                     uint32_t transaction);
// All of them, in order of arrival.
void call_table_each(struct call_table *table, time_ms now,
                     void (*change)(struct call *call, time_ms now));

// To look at it.
const struct call *call_table_find(const struct call_table *table, uint32_t number);
const struct call *call_table_find_id(const struct call_table *table, struct slice id);
// In order of arrival, which takes one through all of them; the first after NULL.
const struct call *call_table_next(const struct call_table *table, const struct call *call);

size_t call_table_count(const struct call_table *table);
// Calls that users have: not those that only wait for the end of a BYE.
size_t call_table_count_live(const struct call_table *table);
// Those of them that are ours.
size_t call_table_count_outgoing(const struct call_table *table);

// One that has been touched since it was taken here last: its record may be due. Those that are
// over are taken apart from the others; NULL: there is none.
struct call *call_table_take_unkept(struct call_table *table, bool is_over);
// The touched ones, in the order in which they were; the first after NULL.
struct call *call_table_next_touched(struct call_table *table, struct call *call);
// They are looked after: frees what is finished; none is touched then.
void call_table_settle(struct call_table *table);

// Of the earliest call; settles none, frees none.
time_ms call_table_deadline(struct call_table *table);
// Those that are due; each touches its call.
void call_table_timeout(struct call_table *table, time_ms now);
void call_table_free(struct call_table *table);
