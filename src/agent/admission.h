// SPDX-License-Identifier: ISC
// What a request must fulfil before a call or dialog sees it (RFC 3261 8.2): method, Require, the
// kind of its body, what it accepts.
#pragma once

#include "sip/message.h"
#include "sip/writer.h"

// 0 when the request may pass; otherwise the status to refuse it with, the header lines that belong
// to it written to `lines`.
uint32_t admission_check(const struct sip_message *request, struct sip_writer *lines);
// Whether an answer to the request may hold a session description: its Accept says so, or nothing
// (11.2, 20.1).
bool admission_takes_description(const struct sip_message *request);
