// SPDX-License-Identifier: ISC
// What strangers wrote, for screens: whoever prints it must not be told to move its cursor, to turn
// the direction of its letters, or to show nothing where something is.
#pragma once

#include "util/buffer.h"

// Whether the character may be printed as it is: no control (C0, DEL, C1), no line or paragraph
// separator, no mark of direction, none that is invisible.
bool plain_text_may_be_printed(uint32_t code);
// In place: a "?" for each other character, and for each byte that is no UTF-8.
void plain_text_tame(char *text);
// The inside of a string of JSON: those others as \u..., a byte that is no UTF-8 as U+FFFD.
void plain_text_append_string(struct buffer *json, struct slice text);
// JSON that is finished: the same, but what stands for itself in it stays.
void plain_text_append_json(struct buffer *json, struct slice whole);
