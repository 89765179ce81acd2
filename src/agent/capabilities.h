// SPDX-License-Identifier: ISC
// What we say that we can do: Allow, Accept, Supported (RFC 3261 20). Nothing is advertised that is
// not implemented.
#pragma once

#include "sip/message.h"
#include "sip/writer.h"

#define CAPABILITIES_ALLOW  "INVITE, ACK, CANCEL, BYE, OPTIONS"
#define CAPABILITIES_ACCEPT "application/sdp"

bool capabilities_has_method(enum sip_method method);
// Whether we support an option tag of Require.
bool capabilities_has_option(struct slice option_tag);
// Allow, Accept and Supported lines.
void capabilities_write(struct sip_writer *lines);
