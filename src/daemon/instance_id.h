// SPDX-License-Identifier: ISC
// Who we are to the registrar, whatever our address (RFC 5626 4.1): a UUID that is made once and
// kept in state_dir/instance-id.
#pragma once

#include "util/random.h"

enum {
    INSTANCE_ID_BYTES = 46 // "urn:uuid:", 36 characters and the NUL
};

// Where it can neither be read nor kept, it is one for this life of the daemon, said in the log.
void instance_id_obtain(const char *state_dir, struct random *random, char id[INSTANCE_ID_BYTES]);
