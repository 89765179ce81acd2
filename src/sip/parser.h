// SPDX-License-Identifier: ISC
// The start line and the header lines of a message, cut into slices (RFC 3261 7, 25).
#pragma once

#include "sip/message.h"

// Fills the start line, the headers and the body of a message whose arena and bytes are set, and
// goes on behind what is wrong, so that a defective request can still be answered. MALFORMED
// without a start line.
MUST_USE enum status sip_parser_run(struct sip_message *message);

// What is wrong is noted in two grades. A defect is what nobody could act on: start line, topmost
// Via, CSeq, Call-ID, and in requests From and To. All else is a flaw, and a defect only of a
// request whose method needs that header (8.2.2); what ends something (ACK, BYE, CANCEL) and every
// response does without it, the first value wins.
void sip_parser_note_defect(struct sip_message *message, uint32_t status, const char *text);
void sip_parser_note_flaw(struct sip_message *message, enum sip_header_id id, uint32_t status,
                          const char *text);
// A flaw of the message as a whole: a defect of every request that does not end something.
void sip_parser_note_general_flaw(struct sip_message *message, uint32_t status, const char *text);
