// SPDX-License-Identifier: ISC
// The non-INVITE client transaction (RFC 3261 17.1.2).
#pragma once

#include "sip/transaction.h"

extern const struct sip_machine sip_non_invite_client_machine;
