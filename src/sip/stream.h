// SPDX-License-Identifier: ISC
// Cuts the byte stream of a TLS or TCP connection into messages by Content-Length, and sees the
// keep-alive CRLFs between them (RFC 3261 18.3, RFC 5626 3.5.1). Strict: when the framing is lost
// the connection must be closed, nothing behind that point can be trusted.
#pragma once

#include "util/slice.h"
#include "util/time_ms.h"

struct sip_stream;

enum sip_stream_item {
    SIP_STREAM_NOTHING, // more bytes are needed
    SIP_STREAM_MESSAGE, // *bytes is one whole message
    SIP_STREAM_PING,    // double CRLF: answer with one CRLF
    SIP_STREAM_PONG,    // single CRLF
    SIP_STREAM_BROKEN, // framing lost; *bytes is the header block as far as it came (to be answered
                       // if it can be read, and not to be carried out), sip_stream_fault and
                       // sip_stream_fault_status say why. The same answer ever after.
};

struct sip_stream *sip_stream_new(void);
void sip_stream_append(struct sip_stream *stream, time_ms now, struct slice bytes);
// Call until NOTHING or BROKEN. *bytes is borrowed until the next call of append or next.
enum sip_stream_item sip_stream_next(struct sip_stream *stream, struct slice *bytes);
// When an incomplete message has taken too long (LIMIT_SIP_MESSAGE_MS); TIME_NEVER when none has
// begun.
time_ms sip_stream_deadline(const struct sip_stream *stream);
void sip_stream_timeout(struct sip_stream *stream, time_ms now);
// For the log and a reason phrase; "" when not broken.
const char *sip_stream_fault(const struct sip_stream *stream);
// What to answer with: 513 when it was too large, else 400.
uint32_t sip_stream_fault_status(const struct sip_stream *stream);
// A new connection: everything is forgotten.
void sip_stream_reset(struct sip_stream *stream);
void sip_stream_free(struct sip_stream *stream);
