// SPDX-License-Identifier: ISC
// What we say that we can do: Allow, Accept, Supported (RFC 3261 20). Nothing is advertised that is
// not implemented.
#pragma once

#include "sip/message.h"
#include "sip/writer.h"

#define CAPABILITIES_ALLOW                                                                         \
    "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO, MESSAGE, REFER, NOTIFY"
#define CAPABILITIES_SDP "application/sdp"
// Every type of body that some method of ours understands.
#define CAPABILITIES_ACCEPT                                                                        \
    "application/sdp, text/plain, application/dtmf-relay, application/dtmf, message/sipfrag, "     \
    "application/simple-message-summary"
// What we tell others about when they ask: only those are named (RFC 6665 8.2.2).
#define CAPABILITIES_EVENTS "refer"

bool capabilities_has_method(enum sip_method method);
// Whether we support an option tag of Require.
bool capabilities_has_option(struct slice option_tag);
// Allow, Accept and Supported lines of an INVITE or a response to one.
void capabilities_write(struct sip_writer *lines);
// Why a session description is not acceptable: a Warning line (20.43).
void capabilities_write_warning(struct sip_writer *lines, const char *why);
// The same for OPTIONS, with everything that any method understands.
void capabilities_write_all(struct sip_writer *lines);
