// SPDX-License-Identifier: ISC
// The INVITE client transaction (RFC 3261 17.1.1, RFC 6026 7.2), and its CANCEL (9.1).
#pragma once

#include "sip/transaction.h"

extern const struct sip_machine sip_invite_client_machine;
