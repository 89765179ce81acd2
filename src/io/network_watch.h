// SPDX-License-Identifier: ISC
// Tells when addresses, links or routes of this machine have changed (rtnetlink), and when it has
// been asleep.
#pragma once

#include "io/loop.h"

struct network_watch;

// `changed` comes once a third of a second after the last of a burst of changes. Where the kernel
// does not tell, that is said in the log once, and `changed` never comes.
struct network_watch *network_watch_new(struct loop *loop, loop_callback *changed, void *user);
void network_watch_free(struct network_watch *watch);
