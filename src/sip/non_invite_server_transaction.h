// SPDX-License-Identifier: ISC
// The non-INVITE server transaction (RFC 3261 17.2.2).
#pragma once

#include "sip/transaction.h"

extern const struct sip_machine sip_non_invite_server_machine;
