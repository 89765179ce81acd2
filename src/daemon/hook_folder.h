// SPDX-License-Identifier: ISC
// What lies in the folder of the hooks and is never run, for those who wonder why.
#pragma once

#include "util/buffer.h"

// Appends a line for each such name, as many as have room; nothing when the folder is as it should
// be.
void hook_folder_explain(const char *folder, struct buffer *lines);
// The same into the log.
void hook_folder_log(const char *folder);
