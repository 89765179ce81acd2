// SPDX-License-Identifier: ISC
// The verbs that need the libraries of sound files. sound.c has them, in offhookctl-sound;
// sound_elsewhere.c, in offhookctl, becomes that program.
#pragma once

#include "ctl/verbs.h"

// False: their functions want no connection, and return only when the program cannot be run.
extern const bool sound_is_here;

int sound_play(struct connection *connection, const struct options *options);
int sound_record(struct connection *connection, const struct options *options);
int sound_ask(struct connection *connection, const struct options *options);
