// SPDX-License-Identifier: ISC
// Reliable provisional responses (RFC 3262): numbering, repetition and PRACK matching as the one
// who answers an INVITE, and the sequence of an early dialog as the one who sent it. That the PRACK
// belongs to the dialog, and what bodies mean (5), is the caller's.
#pragma once

#include "sip/message.h"
#include "sip/writer.h"
#include "util/random.h"
#include "util/time_ms.h"

// As UAS, one for each INVITE: at most one response is open, that is without its PRACK. A value.
struct sip_reliable_provisional {
    uint32_t rseq;       // of the last response sent, or before the first
    bool is_open;        // and has no PRACK yet
    time_ms interval_ms; // between the last and the next repetition
    time_ms repeat_at;   // TIME_NEVER when nothing is to be repeated
    time_ms give_up_at;
};

enum sip_reliable_provisional_verdict {
    RELIABLE_PROVISIONAL_WAIT,
    RELIABLE_PROVISIONAL_REPEAT,  // send the same response again
    RELIABLE_PROVISIONAL_GIVE_UP, // nothing came for 64*T1: reject the INVITE with a 5xx
};

// Draws the first RSeq, from 1 to 2^31 - 1.
void sip_reliable_provisional_init(struct sip_reliable_provisional *provisional,
                                   struct random *random);
// A new response goes out: the RSeq for it. None may be open (3).
uint32_t sip_reliable_provisional_send(struct sip_reliable_provisional *provisional, time_ms now);
// A PRACK came in this dialog. OK: answer 2xx, the response is no longer open. REFUSED: answer 481,
// its RAck is not that of the open response to the INVITE with that CSeq.
MUST_USE enum status sip_reliable_provisional_prack(struct sip_reliable_provisional *provisional,
                                                    const struct sip_message *prack,
                                                    uint32_t invite_cseq);
// A final response was sent: nothing is repeated, but a PRACK on its way still matches (3).
void sip_reliable_provisional_stop(struct sip_reliable_provisional *provisional);
// TIME_NEVER when nothing is to be repeated.
time_ms sip_reliable_provisional_deadline(const struct sip_reliable_provisional *provisional);
// REPEAT after T1, 2*T1, 4*T1 … without the cap of T2, on every transport (3).
enum sip_reliable_provisional_verdict
sip_reliable_provisional_timeout(struct sip_reliable_provisional *provisional, time_ms now);
// Whether a PRACK is missing. While it is, no other reliable response may go out, and no 2xx when
// the open one had a session description (3, 5).
bool sip_reliable_provisional_is_open(const struct sip_reliable_provisional *provisional);
// Writes "Require: 100rel" and the RSeq of the response last sent.
void sip_reliable_provisional_write(const struct sip_reliable_provisional *provisional,
                                    struct sip_writer *lines);

// As UAC, one for each early dialog. A value; all zeros is a new one.
struct sip_provisional_sequence {
    uint32_t cseq; // of the INVITE
    uint32_t first;
    uint32_t last; // RSeq of the last response in order; 0: none came yet
};

enum sip_provisional_verdict {
    PROVISIONAL_UNRELIABLE,   // process it, no PRACK
    PROVISIONAL_NEW,          // process it and send a PRACK
    PROVISIONAL_REPEAT,       // discard it
    PROVISIONAL_OUT_OF_ORDER, // discard it, no PRACK: one before it is missing
};

// A 1xx to our INVITE came in this dialog. Reliable is a 101 to 199 with "Require: 100rel" and an
// RSeq. The responses to another INVITE (CSeq) begin a new sequence.
enum sip_provisional_verdict
sip_provisional_sequence_receive(struct sip_provisional_sequence *sequence,
                                 const struct sip_message *response);
// The RAck line of the PRACK, for the last response in order.
void sip_provisional_sequence_write_rack(const struct sip_provisional_sequence *sequence,
                                         struct sip_writer *lines);
