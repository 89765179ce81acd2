// SPDX-License-Identifier: ISC
// What later requests of a dialog will carry, checked when it is taken: the target and the route
// set (RFC 3261 12.1). What cannot be written could never be hung up.
#pragma once

#include "sip/message.h"

// A Record-Route as a Route: an address of a SIP or SIPS URI. One without brackets is read as an
// address all the same: its parameters are the URI's. False when it is none.
bool sip_route_read(struct arena *arena, struct slice value, struct slice *route);
// Exactly one Contact, a SIP or SIPS URI.
bool sip_target_read(const struct sip_message *message, struct sip_address *contact);
// Why the dialog that a request would make could not be carried on; NULL when it could (12.1.1).
const char *sip_route_set_fault(const struct sip_message *request);
