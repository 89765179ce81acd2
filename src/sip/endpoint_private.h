// SPDX-License-Identifier: ISC
// The inside of an endpoint, shared by the files endpoint*.c only.
#pragma once

#include "sip/endpoint.h"
#include "sip/transaction.h"

#define SIP_MAGIC_COOKIE "z9hG4bK" // 8.1.1.7

struct sip_endpoint {
    struct random *random;
    struct list transactions; // in the order they began
    struct index by_id;
    struct index by_branch; // of the topmost Via
    struct index by_call;   // servers only, by Call-ID
    struct deadlines deadlines;
    struct list refused;      // INVITEs that we refused and that have no ACK, the first one first
    struct list acknowledged; // INVITEs that wait for timer L only, the first one first
    struct list outputs;
    struct buffer current; // the bytes of the output given out last
    struct buffer sent_by; // "SIP/2.0/TLS 192.0.2.1:5061"
    struct net_address remote;
    struct sip_writer writer;
    char tag[17]; // To tag of the answers the endpoint gives by itself
    uint32_t last_id;
    size_t owed;  // transactions that nobody waits for
    size_t calls; // that there may be
    uint64_t dropped;
    bool has_told_drop;
    time_ms told_drop_at;
    bool is_linked;
};

// Matching, in endpoint_matching.c; NULL when there is none.
struct sip_transaction *sip_endpoint_find(const struct sip_endpoint *endpoint, uint32_t id);
struct sip_transaction *sip_endpoint_find_client(const struct sip_endpoint *endpoint,
                                                 const struct sip_message *response);
struct sip_transaction *sip_endpoint_find_server(const struct sip_endpoint *endpoint,
                                                 const struct sip_message *request);
struct sip_transaction *sip_endpoint_find_accepted(const struct sip_endpoint *endpoint,
                                                   const struct sip_message *ack);
// 8.2.2.2: the same request by another way. To be asked of what matches no transaction.
bool sip_endpoint_is_merged(const struct sip_endpoint *endpoint, const struct sip_message *request);

// A limit that grows with the calls there may be.
size_t sip_endpoint_limit(const struct sip_endpoint *endpoint, size_t least, size_t per_call);
uint32_t sip_endpoint_next_id(struct sip_endpoint *endpoint);
// A new transaction takes its place behind the others.
void sip_endpoint_begin(struct sip_endpoint *endpoint, time_ms now,
                        struct sip_transaction *transaction);
// Feeds an event to a transaction and does what its machine says; frees it when it has ended.
void sip_endpoint_step(struct sip_endpoint *endpoint, time_ms now,
                       struct sip_transaction *transaction, enum sip_transaction_event event,
                       const struct sip_message *message);
// To be called after each change of its state: its deadline, and where it waits.
void sip_endpoint_settle(struct sip_endpoint *endpoint, struct sip_transaction *transaction);
// Ends it without a word.
void sip_endpoint_remove(struct sip_endpoint *endpoint, struct sip_transaction *transaction);
void sip_endpoint_put(struct sip_endpoint *endpoint, enum sip_output_kind kind,
                      const struct sip_transaction *transaction, const struct sip_message *message);
void sip_endpoint_put_bytes(struct sip_endpoint *endpoint, struct slice bytes);
// Nothing for the endpoint's own CANCEL.
void sip_endpoint_put_failed(struct sip_endpoint *endpoint,
                             const struct sip_transaction *transaction, enum status why);
// A stateless answer (8.2.7); retry_after 0: none.
void sip_endpoint_answer(struct sip_endpoint *endpoint, const struct sip_message *request,
                         uint32_t status, uint32_t retry_after);
// 200, with the To tag of the cancelled request's answers (9.2).
void sip_endpoint_answer_cancel(struct sip_endpoint *endpoint, const struct sip_message *cancel,
                                struct sip_transaction *cancelled);
// What a defective request gets.
void sip_endpoint_refuse(struct sip_endpoint *endpoint, const struct sip_message *request);
// Writes into endpoint->writer; MALFORMED or TOO_LARGE when that cannot be sent.
MUST_USE enum status sip_endpoint_write(struct sip_endpoint *endpoint,
                                        const struct sip_request *request, struct slice via);
void sip_endpoint_send_cancel(struct sip_endpoint *endpoint, time_ms now,
                              const struct sip_transaction *invite);
void sip_endpoint_clear_outputs(struct sip_endpoint *endpoint);
