// SPDX-License-Identifier: ISC
// Text messages on disk until their hooks are done with them, and ends of calls that a hook is
// tried again for: a file each in the folder `messages` of the state directory, "NAME=value" lines,
// an empty one, the text. What a hook has failed with too often stays there; it is tried again at
// the next start.
#pragma once

#include "hook/hook_queue.h"

struct kept_messages;

struct kept_messages *kept_messages_new(const char *state_dir);
// A text under a number of hook_queue_next_kept. REFUSED: there are too many; SYSTEM: the disk does
// not take it. Either is said in the log.
MUST_USE enum status kept_messages_keep(struct kept_messages *kept, uint32_t number,
                                        char *const *environment, struct slice body);
// Why what came last could not be kept; NULL: it could.
const char *kept_messages_failure(const struct kept_messages *kept);
// HOOK_KEEP, HOOK_KEPT_DONE and HOOK_GIVEN_UP.
void kept_messages_carry_out(struct kept_messages *kept, const struct hook_output *output);
// Hands the queue what an earlier process has left; its hooks work in `directory`.
void kept_messages_take_up(struct kept_messages *kept, time_ms now, struct hook_queue *queue,
                           const char *directory);
// Those that have been given up and are still there: looks at the disk.
size_t kept_messages_given_up(struct kept_messages *kept);
// Does so every few seconds, while there are any; once a turn.
void kept_messages_watch(struct kept_messages *kept, time_ms now);
// As many as were seen last, without looking.
size_t kept_messages_undelivered(const struct kept_messages *kept);
// Where they are.
const char *kept_messages_folder(const struct kept_messages *kept);
void kept_messages_free(struct kept_messages *kept);
