// SPDX-License-Identifier: ISC
// The world beyond the connection: a registrar, and people who call and are called, each message of
// theirs chosen by chance. Bytes go both ways.
#pragma once

#include "util/random.h"
#include "util/slice.h"
#include "util/time_ms.h"

#include <stdbool.h>

struct far_end;

struct far_end *far_end_new(struct random *random);
// Bytes that the line has sent; one whole message.
void far_end_hear(struct far_end *far, time_ms now, struct slice bytes);
// Somebody does something: calls, or says something inside a call.
void far_end_act(struct far_end *far, time_ms now);
// From now on everybody behaves, answers, and begins nothing.
void far_end_behave(struct far_end *far);
// Nothing that is on its way arrives.
void far_end_link_lost(struct far_end *far);
time_ms far_end_deadline(const struct far_end *far);
// The next message whose time has come; the caller frees it. NULL: there is none.
char *far_end_next(struct far_end *far, time_ms now);
// Somebody still believes to be in a call with us: who, or NULL.
const char *far_end_left(struct far_end *far, time_ms now);
void far_end_free(struct far_end *far);
