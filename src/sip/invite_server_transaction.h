// SPDX-License-Identifier: ISC
// The INVITE server transaction (RFC 3261 17.2.1, RFC 6026 7.1), and a CANCEL for it (9.2).
#pragma once

#include "sip/transaction.h"

extern const struct sip_machine sip_invite_server_machine;
