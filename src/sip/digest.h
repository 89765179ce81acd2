// SPDX-License-Identifier: ISC
// The answers to challenges (RFC 3261 22, RFC 7616, RFC 8760): which challenge is taken, where
// credentials may go, and the nonces in use. One object a line, with a record for each use:
// REGISTER, each call, each message (by its Call-ID). What challenged one is never an answer to
// another.
//
// The retry of a challenged request must have the same Call-ID and the next CSeq: that is how a
// second challenge to the same request is told from a first one to the next.
#pragma once

#include "sip/message.h"
#include "sip/request.h"
#include "sip/writer.h"
#include "util/random.h"

struct sip_digest;

struct sip_digest_settings {
    struct slice username;
    struct slice password;
    // The only ones answered; none: those of the first good registration.
    const char *const *realms;
    size_t realm_count;
    bool allow_md5;
};

// Copies the settings; the password is erased when the digest is freed.
struct sip_digest *sip_digest_new(const struct sip_digest_settings *settings,
                                  struct random *random);
// Other credentials, or other realms: what was learned from servers is forgotten.
void sip_digest_reconfigure(struct sip_digest *digest, const struct sip_digest_settings *settings);
// Reads a 401 or 407. OK: sip_digest_authorize will answer it, send the request again. REFUSED: no
// credentials must be sent; *why is a constant sentence that tells the operator what to do.
// Whether a challenge inside a dialog may be answered at all is the caller's question (decision
// 13). Challenges to other requests than REGISTER are answered only in a configured realm or one
// in which a REGISTER has succeeded, and without qop only where the registrar itself asked so (a
// configured realm in which it never asked is measured by those in which it did).
MUST_USE enum status sip_digest_challenged(struct sip_digest *digest,
                                           const struct sip_message *response, const char **why);
// Appends the Authorization and Proxy-Authorization lines for this request (its method, uri,
// call_id and body): an answer in each realm that has challenged this use, by the nonce in use with
// its count one up. Appends nothing when nothing has. Not for ACK and CANCEL (they repeat the
// INVITE's).
void sip_digest_authorize(struct sip_digest *digest, const struct sip_request *request,
                          struct sip_writer *lines);
// A 2xx came to a request with our credentials: the realms of a REGISTER are good ones,
// Authentication-Info is read. REFUSED when its rspauth is wrong: the server does not know the
// password, or the answer was tampered with.
enum status sip_digest_accepted(struct sip_digest *digest, const struct sip_message *response);
// New connection: nonces are dropped, good realms stay (threat A4).
void sip_digest_forget(struct sip_digest *digest);
// Whether anything would be appended for REGISTER, or for any request that is none.
bool sip_digest_has_credentials(const struct sip_digest *digest, enum sip_method method);
// Whether this is one of the configured realms or, where there are none, of the learned ones.
bool sip_digest_knows_realm(const struct sip_digest *digest, struct slice realm);
void sip_digest_free(struct sip_digest *digest);
