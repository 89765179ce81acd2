// SPDX-License-Identifier: ISC
// The Reason header (RFC 3326): why a request was sent, as a SIP status or a Q.850 cause.
#pragma once

#include "sip/message.h"
#include "sip/writer.h"

struct reason {
    uint32_t sip_code;   // 0: none was given
    uint32_t q850_cause; // 0: none was given
    struct slice text;   // of the sender, else the name of the cause; may be empty
};

// False when there is no Reason that says anything. The text borrows from the message.
bool reason_read(const struct sip_message *message, struct reason *reason);
// The Reason line of a BYE or CANCEL: our failure's status, else Q.850 normal clearing.
void reason_write(struct sip_writer *lines, uint32_t code, struct slice text);
// "user busy"; "" for a cause without a name (Q.850 table 1).
const char *reason_cause_text(uint32_t cause);
