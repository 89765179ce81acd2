// SPDX-License-Identifier: ISC
// Why nobody was reached, before a byte was exchanged, and what to do about it.
#pragma once

#include "util/net_address.h"

// Of connect(2): `error` is its errno.
void connect_failure_explain(int error, const struct net_address *to, char *text, size_t size);
// Nothing came in time. `has_connected`: TCP did, TLS did not.
void connect_failure_explain_silence(bool has_connected, const struct net_address *to, char *text,
                                     size_t size);
