// SPDX-License-Identifier: ISC
// Certificates that are about to expire, the server's and our own: said in the log once a day, in
// status, and in the status line. Times of certificates are in ms since 1970; `now` is the clock
// that goes forward only, `wall` the other one.
#pragma once

#include "util/buffer.h"
#include "util/time_ms.h"

#include <stdbool.h>

enum expiry_owner {
    EXPIRY_SERVER,
    EXPIRY_OWN,
    EXPIRY_OWNER_COUNT
};

enum expiry_stage {
    EXPIRY_FAR,
    EXPIRY_NEAR,
    EXPIRY_OVER
};

struct expiry_watch {
    time_ms expires[EXPIRY_OWNER_COUNT]; // TIME_NEVER: none
    time_ms look_at[EXPIRY_OWNER_COUNT];
};

void expiry_watch_init(struct expiry_watch *watch);
// The certificate is this one from now on; TIME_NEVER: there is none. Another one than before is
// looked at in the next expiry_watch_timeout.
void expiry_watch_set(struct expiry_watch *watch, enum expiry_owner owner, time_ms expires);
// Logs what is due.
void expiry_watch_timeout(struct expiry_watch *watch, time_ms now, time_ms wall);
time_ms expiry_watch_deadline(const struct expiry_watch *watch);
enum expiry_stage expiry_watch_stage(const struct expiry_watch *watch, enum expiry_owner owner,
                                     time_ms wall);
// Appends one clause for people; false, and nothing, when there is nothing to warn of.
bool expiry_watch_text(const struct expiry_watch *watch, enum expiry_owner owner, time_ms wall,
                       struct buffer *text);
