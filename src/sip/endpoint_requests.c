// SPDX-License-Identifier: ISC
// Requests of ours: each with a branch of its own, in a transaction whose answer somebody waits
// for, or nobody.
#include "sip/endpoint_private.h"
#include "util/limits.h"

/* A new branch at every call. */
static void write_via(struct sip_endpoint *endpoint, struct buffer *via)
{
    char token[24];
    buffer_init(via, 1024);
    buffer_append(via, buffer_slice(&endpoint->sent_by));
    buffer_append_text(via, ";branch=" SIP_MAGIC_COOKIE);
    random_token(endpoint->random, token, sizeof(token) - 1);
    buffer_append_text(via, token);
    buffer_append_text(via, ";rport");
}

static struct sip_transaction *new_client(struct sip_endpoint *endpoint,
                                          const struct sip_request *request, struct slice via)
{
    struct sip_transaction *transaction = sip_transaction_new_client(request, via);
    transaction->id = sip_endpoint_next_id(endpoint);
    return transaction;
}

static uint32_t send_request(struct sip_endpoint *endpoint, time_ms now,
                             const struct sip_request *request, struct slice via)
{
    struct sip_transaction *transaction = new_client(endpoint, request, via);
    uint32_t id = transaction->id;
    transaction->is_cancel = request->method == SIP_METHOD_CANCEL;
    enum status status = sip_endpoint_write(endpoint, request, via);
    if (status == STATUS_OK && !endpoint->is_linked)
        status = STATUS_CLOSED;
    if (status == STATUS_OK) {
        sip_endpoint_begin(endpoint, now, transaction);
        sip_endpoint_put_bytes(endpoint, sip_writer_slice(&endpoint->writer));
    } else {
        sip_endpoint_put_failed(endpoint, transaction, status);
        sip_transaction_free(transaction);
    }
    return id;
}

uint32_t sip_endpoint_request(struct sip_endpoint *endpoint, time_ms now,
                              const struct sip_request *request)
{
    struct buffer via;
    write_via(endpoint, &via);
    uint32_t id = send_request(endpoint, now, request, buffer_slice(&via));
    buffer_free(&via);
    return id;
}

bool sip_endpoint_request_owed(struct sip_endpoint *endpoint, time_ms now,
                               const struct sip_request *request)
{
    if (endpoint->owed >= sip_endpoint_limit(endpoint, LIMIT_SIP_OWED, LIMIT_SIP_OWED_PER_CALL)) {
        sip_endpoint_drop(endpoint, now, "too many requests of ours are unanswered");
        return false;
    }
    struct sip_transaction *transaction =
        sip_endpoint_find(endpoint, sip_endpoint_request(endpoint, now, request));
    if (transaction) {
        transaction->is_owed = true;
        endpoint->owed++;
    }
    return true;
}

void sip_endpoint_abandon(struct sip_endpoint *endpoint, time_ms now, uint32_t id)
{
    struct sip_transaction *transaction = id ? sip_endpoint_find(endpoint, id) : NULL;
    if (!transaction || transaction->is_server)
        return;
    if (transaction->method == SIP_METHOD_INVITE)
        sip_endpoint_step(endpoint, now, transaction, SIP_EVENT_ABANDONED, NULL);
    else
        sip_endpoint_remove(endpoint, transaction);
}

void sip_endpoint_send_cancel(struct sip_endpoint *endpoint, time_ms now,
                              const struct sip_transaction *invite)
{
    struct sip_request cancel = invite->sent;
    cancel.method = SIP_METHOD_CANCEL;
    cancel.lines = invite->cancel_lines;
    send_request(endpoint, now, &cancel, invite->via_text);
}

void sip_endpoint_ack(struct sip_endpoint *endpoint, const struct sip_request *ack,
                      struct buffer *bytes)
{
    struct buffer via;
    write_via(endpoint, &via);
    enum status status = sip_endpoint_write(endpoint, ack, buffer_slice(&via));
    buffer_free(&via);
    if (status != STATUS_OK)
        return;
    if (bytes)
        buffer_append(bytes, sip_writer_slice(&endpoint->writer));
    sip_endpoint_put_bytes(endpoint, sip_writer_slice(&endpoint->writer));
}

void sip_endpoint_send(struct sip_endpoint *endpoint, struct slice bytes)
{
    if (!slice_is_empty(bytes))
        sip_endpoint_put_bytes(endpoint, bytes);
}

void sip_endpoint_cancel(struct sip_endpoint *endpoint, time_ms now, uint32_t transaction,
                         struct slice lines)
{
    struct sip_transaction *invite = sip_endpoint_find(endpoint, transaction);
    if (!invite || invite->is_server || invite->method != SIP_METHOD_INVITE ||
        sip_transaction_transition(invite, SIP_EVENT_CANCEL)->action == SIP_ACTION_IGNORE)
        return;
    invite->cancel_lines = arena_copy(invite->arena, lines);
    sip_endpoint_step(endpoint, now, invite, SIP_EVENT_CANCEL, NULL);
}

bool sip_endpoint_sent(const struct sip_endpoint *endpoint, uint32_t id,
                       struct sip_request *request, struct slice *via)
{
    const struct sip_transaction *transaction = sip_endpoint_find(endpoint, id);
    if (!transaction || transaction->is_server)
        return false;
    *request = transaction->sent;
    *via = transaction->via_text;
    return true;
}

/* As if a 1xx had come: what waits for one would wait for ever. */
uint32_t sip_endpoint_resume_client(struct sip_endpoint *endpoint, time_ms now,
                                    const struct sip_request *invite, struct slice via)
{
    struct sip_transaction *transaction = new_client(endpoint, invite, via);
    sip_endpoint_begin(endpoint, now, transaction);
    (void)sip_transaction_step(transaction, now, SIP_EVENT_1XX);
    sip_endpoint_settle(endpoint, transaction);
    return transaction->id;
}
