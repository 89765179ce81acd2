// SPDX-License-Identifier: ISC
// A capture file as Wireshark and sngrep read it. The messages of a TLS connection are written as
// UDP datagrams between the documentation addresses 192.0.2.1 (the server) and 192.0.2.2 (us).
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

// False when the file could not be written.
bool pcap_begin(FILE *file);
bool pcap_message(FILE *file, int64_t wall_ms, bool is_sent, const char *bytes, size_t length);
