// SPDX-License-Identifier: ISC
// The inside of an endpoint, shared by endpoint.c and endpoint_actions.c only.
#pragma once

#include "sip/endpoint.h"
#include "sip/transaction.h"

struct sip_endpoint {
    struct random *random;
    struct list transactions;
    struct list outputs;
    struct buffer current; // the bytes of the output given out last
    struct buffer sent_by; // "SIP/2.0/TLS 192.0.2.1:5061"
    struct sip_writer writer;
    char tag[17]; // To tag of the answers the endpoint gives by itself
    uint32_t last_id;
    uint64_t dropped;
    bool is_linked;
};

// Feeds an event to a transaction and does what its machine says; frees it when it has ended.
void sip_endpoint_step(struct sip_endpoint *endpoint, time_ms now,
                       struct sip_transaction *transaction, enum sip_transaction_event event,
                       const struct sip_message *message);
void sip_endpoint_put(struct sip_endpoint *endpoint, enum sip_output_kind kind,
                      const struct sip_transaction *transaction, const struct sip_message *message);
void sip_endpoint_put_bytes(struct sip_endpoint *endpoint, struct slice bytes);
// A stateless answer (8.2.7); retry_after 0: none.
void sip_endpoint_answer(struct sip_endpoint *endpoint, const struct sip_message *request,
                         uint32_t status, uint32_t retry_after);
// What a defective request gets.
void sip_endpoint_refuse(struct sip_endpoint *endpoint, const struct sip_message *request);
void sip_endpoint_send_cancel(struct sip_endpoint *endpoint, time_ms now,
                              const struct sip_transaction *invite);
void sip_endpoint_clear_outputs(struct sip_endpoint *endpoint);
