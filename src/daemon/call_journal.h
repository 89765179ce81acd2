// SPDX-License-Identifier: ISC
// Calls on disk, so that a next process can end them (decision 15): a file a call in the folder
// `dialogs` of the state directory, of what agent_write_record says. Mode 0600; no audio, no
// secrets.
#pragma once

#include "agent/agent.h"

struct call_journal;

// Takes the folder for this process. On failure *why, of `size` bytes, says what is wrong.
MUST_USE enum status call_journal_new(const char *state_dir, struct agent *agent,
                                      struct call_journal **journal, char *why, size_t size);
// Hands what an earlier process has left to the agent; what is no record is set aside.
void call_journal_take_up(struct call_journal *journal, time_ms now);
// OUTBOX_RECORD and OUTBOX_RECORD_OVER: writes the file of the call, or removes it. Where that
// fails the call goes on.
void call_journal_keep(struct call_journal *journal, time_ms now, uint32_t call);
// The hook `ended` of the call is about to be started: its process is to rename *from to *to, so
// that it runs once even if this process is killed meanwhile. False when there is nothing to mark.
bool call_journal_mark(struct call_journal *journal, time_ms now, uint32_t call, const char **from,
                       const char **to);
// The hook `ended` of the call has been started, or there is none.
void call_journal_told(struct call_journal *journal, time_ms now, uint32_t call);
// Why calls are not kept at present; NULL when they are.
const char *call_journal_failure(const struct call_journal *journal);
void call_journal_free(struct call_journal *journal);
