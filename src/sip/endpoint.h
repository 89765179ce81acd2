// SPDX-License-Identifier: ISC
// Matches messages to transactions and opens new ones, over one reliable connection (RFC 3261 17,
// RFC 6026). It answers by itself: 100 Trying to an INVITE at once, 200 or 481 to CANCEL, 482 to
// merged requests, repeats of a final response, 400/416/505 … to a defective request, 503 with
// Retry-After beyond LIMIT_SIP_TRANSACTIONS. Everything else is the user's.
#pragma once

#include "sip/message.h"
#include "sip/request.h"
#include "sip/response.h"
#include "util/net_address.h"
#include "util/random.h"
#include "util/time_ms.h"

struct sip_endpoint;

enum sip_output_kind {
    SIP_OUTPUT_BYTES,     // to be sent on the connection
    SIP_OUTPUT_REQUEST,   // a new request; answer it with sip_endpoint_respond
    SIP_OUTPUT_ACK,       // an ACK for a 2xx: belongs to no transaction
    SIP_OUTPUT_CANCELLED, // the INVITE `transaction` was cancelled; the user answers it with 487.
                          // `message` is the CANCEL (its Reason may tell more)
    SIP_OUTPUT_RESPONSE,  // to a request of ours
    SIP_OUTPUT_FAILED,    // no response will come: TIMED_OUT (timer B or F), CLOSED (link lost), or
                          // it was not sent: MALFORMED or TOO_LARGE (the same again is no use)
    SIP_OUTPUT_REFUSED,   // an INVITE outside any dialog that was answered with `status` at once:
                          // it cannot be read, has come already or finds no room
    SIP_OUTPUT_UNACKED,   // no ACK came for our non-2xx final answer (timer H)
};

struct sip_output {
    enum sip_output_kind kind;
    uint32_t transaction;              // never 0, except for ACK and BYTES
    uint32_t user;                     // FAILED, RESPONSE: of the request
    enum sip_method method;            // FAILED, RESPONSE: of the request
    const struct sip_message *message; // the one handed to receive
    struct slice bytes;                // BYTES only; borrowed until the next call
    enum status why;                   // FAILED only
    uint32_t status;                   // REFUSED only
};

struct sip_endpoint *sip_endpoint_new(struct random *random);
// How many calls there may be at once: the limits of transactions follow from it (util/limits.h).
void sip_endpoint_set_calls(struct sip_endpoint *endpoint, size_t calls);
// What our Via says: transport is "TLS" or "TCP", host an address without brackets or a name.
void sip_endpoint_set_local(struct sip_endpoint *endpoint, const char *transport, struct slice host,
                            uint16_t port);
// Where messages come from, for the Via of answers (18.2.1, RFC 3581); NET_NONE: not known. Answers
// themselves go out on the one connection there is (18.2.2).
void sip_endpoint_set_remote(struct sip_endpoint *endpoint, const struct net_address *remote);
// A whole message came. It must live until the outputs have been drained.
void sip_endpoint_receive(struct sip_endpoint *endpoint, time_ms now,
                          const struct sip_message *message);
// Sends a request (not ACK, not CANCEL) and returns its transaction, never 0. When it cannot be
// sent a FAILED output follows.
uint32_t sip_endpoint_request(struct sip_endpoint *endpoint, time_ms now,
                              const struct sip_request *request);
// The ACK for a 2xx: a new branch, no transaction (13.2.2.4). *bytes receives a copy for repeated
// 2xx when not NULL. ACK, BYE and CANCEL go without their lines when these cannot be written.
void sip_endpoint_ack(struct sip_endpoint *endpoint, const struct sip_request *ack,
                      struct buffer *bytes);
// The same of a request whose answer nobody waits for. Of these only LIMIT_SIP_OWED may be without
// an answer: false, and nothing is sent, when there are so many.
bool sip_endpoint_request_owed(struct sip_endpoint *endpoint, time_ms now,
                               const struct sip_request *request);
// Whoever waited for the answer to a request of ours has gone: its transaction ends without a word,
// that of an INVITE within 64*T1, as a late 2xx wants its ACK. 0 and ended ones are ignored.
void sip_endpoint_abandon(struct sip_endpoint *endpoint, time_ms now, uint32_t transaction);
// Sends bytes as they are (a repeated ACK).
void sip_endpoint_send(struct sip_endpoint *endpoint, struct slice bytes);
// CANCEL for an INVITE of ours; waits for the first 1xx where none has come (9.1). `lines` may hold
// a Reason. No effect after a final response.
void sip_endpoint_cancel(struct sip_endpoint *endpoint, time_ms now, uint32_t transaction,
                         struct slice lines);
// Answers a request. A 2xx to INVITE may be given again: it is repeated (13.3.1.4, RFC 6026).
// Unknown or ended transactions are ignored: the late answer has no one to go to. A 1xx that cannot
// be written is dropped, a final response then becomes a 500. Without a To tag it gets one, and
// 300 to 699 have that of the answers before (8.2.6.2).
void sip_endpoint_respond(struct sip_endpoint *endpoint, time_ms now, uint32_t transaction,
                          const struct sip_response *response);
// An answer of nothing but a status and header lines, with the endpoint's tag where the request's
// To has none.
void sip_endpoint_reply(struct sip_endpoint *endpoint, time_ms now, uint32_t transaction,
                        uint32_t status, struct slice lines);
// What went out for a client transaction, without lines and body, and its Via value; borrowed while
// the transaction lives. False when it does not.
bool sip_endpoint_sent(const struct sip_endpoint *endpoint, uint32_t transaction,
                       struct sip_request *request, struct slice *via);
// Takes up an INVITE that left by an earlier connection or process: nothing is sent, but it can be
// cancelled, and its answers are matched (9.1: the same branch). Returns its transaction.
uint32_t sip_endpoint_resume_client(struct sip_endpoint *endpoint, time_ms now,
                                    const struct sip_request *invite, struct slice via);
// Takes up an INVITE that had come to an earlier process, so that it can be answered.
uint32_t sip_endpoint_resume_server(struct sip_endpoint *endpoint, time_ms now,
                                    const struct sip_message *invite);
// The request of a server transaction, while it lives; NULL otherwise.
const struct sip_message *sip_endpoint_request_of(const struct sip_endpoint *endpoint,
                                                  uint32_t transaction);
// The connection is gone: client transactions fail with CLOSED, server transactions of non-INVITE
// end, those of INVITE live on so that a call in progress may be answered on the new connection.
void sip_endpoint_link_lost(struct sip_endpoint *endpoint, time_ms now);
void sip_endpoint_timeout(struct sip_endpoint *endpoint, time_ms now);
time_ms sip_endpoint_deadline(const struct sip_endpoint *endpoint);
bool sip_endpoint_has_output(const struct sip_endpoint *endpoint);
bool sip_endpoint_next_output(struct sip_endpoint *endpoint, struct sip_output *output);
// Transactions alive, for status and tests.
size_t sip_endpoint_transaction_count(const struct sip_endpoint *endpoint);
// What came cannot be read, or nothing can be done with it: counted, and told in the log, at most
// once a second.
void sip_endpoint_drop(struct sip_endpoint *endpoint, time_ms now, const char *why);
// Messages dropped because nothing could be done with them.
uint64_t sip_endpoint_dropped_count(const struct sip_endpoint *endpoint);
void sip_endpoint_free(struct sip_endpoint *endpoint);
