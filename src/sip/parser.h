// SPDX-License-Identifier: ISC
// The start line and the header lines of a message, cut into slices (RFC 3261 7, 25).
#pragma once

#include "sip/message.h"

// Fills the start line, the headers and the body of a message whose arena and bytes are set. The
// first defect is noted and parsing goes on, so that a defective request can still be answered.
// MALFORMED without a start line, TOO_LARGE beyond a limit.
MUST_USE enum status sip_parser_run(struct sip_message *message);
// Notes a defect, unless there is one already.
void sip_parser_note(struct sip_message *message, uint32_t status, const char *text);
