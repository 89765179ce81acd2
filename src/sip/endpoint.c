// SPDX-License-Identifier: ISC
// Matching is by a hash of the topmost Via's branch, compared in full where it agrees (RFC 3261
// 17.1.3, 17.2.3). What the machines' actions mean is done in endpoint_actions.c.
#include "sip/endpoint.h"

#include "sip/endpoint_private.h"
#include "sip/status_text.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/memory.h"

#include <stdlib.h>

enum {
    OVERLOAD_RETRY_AFTER_S = 5
};

static const char magic_cookie[] = "z9hG4bK";

struct sip_endpoint *sip_endpoint_new(struct random *random)
{
    struct sip_endpoint *endpoint = memory_new(sizeof(*endpoint));
    endpoint->random = random;
    list_init(&endpoint->transactions);
    list_init(&endpoint->outputs);
    buffer_init(&endpoint->sent_by, 512);
    sip_writer_init(&endpoint->writer);
    random_token(random, endpoint->tag, sizeof(endpoint->tag) - 1);
    return endpoint;
}

void sip_endpoint_set_local(struct sip_endpoint *endpoint, const char *transport, struct slice host,
                            uint16_t port)
{
    size_t index;
    bool is_ipv6 = slice_find(host, ':', &index);
    buffer_clear(&endpoint->sent_by);
    buffer_append_text(&endpoint->sent_by, "SIP/2.0/");
    buffer_append_text(&endpoint->sent_by, transport);
    buffer_append_text(&endpoint->sent_by, is_ipv6 ? " [" : " ");
    buffer_append(&endpoint->sent_by, host);
    buffer_append_format(&endpoint->sent_by, is_ipv6 ? "]:%u" : ":%u", port);
    endpoint->is_linked = true;
}

static uint32_t hash_of(struct slice text)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < text.length; i++)
        hash = (hash ^ (uint8_t)text.data[i]) * 16777619u;
    return hash;
}

static struct sip_transaction *find_id(const struct sip_endpoint *endpoint, uint32_t id)
{
    list_for_each(link, &endpoint->transactions) {
        struct sip_transaction *transaction = list_entry(link, struct sip_transaction, link);
        if (transaction->id == id)
            return transaction;
    }
    return NULL;
}

/* 17.1.3: the branch of our topmost Via, and the method of the CSeq. */
static struct sip_transaction *find_client(const struct sip_endpoint *endpoint,
                                           const struct sip_message *response)
{
    uint32_t key = hash_of(response->via.branch);
    list_for_each(link, &endpoint->transactions) {
        struct sip_transaction *transaction = list_entry(link, struct sip_transaction, link);
        if (!transaction->is_server && transaction->key == key &&
            transaction->method == response->method &&
            slice_equal(transaction->via.branch, response->via.branch) &&
            slice_equal_ignoring_case(transaction->via.host, response->via.host))
            return transaction;
    }
    return NULL;
}

static bool has_cookie(const struct sip_message *request)
{
    return slice_starts_with(request->via.branch, slice_of(magic_cookie)) &&
           request->via.branch.length > sizeof(magic_cookie) - 1;
}

/* 17.2.3 for peers of RFC 2543: without the cookie the branch proves nothing. */
static bool is_same_old_request(const struct sip_message *left, const struct sip_message *right)
{
    return slice_equal(left->request_uri.text, right->request_uri.text) &&
           slice_equal(left->from_tag, right->from_tag) &&
           slice_equal(left->call_id, right->call_id) && left->cseq == right->cseq &&
           slice_equal(left->via.branch, right->via.branch);
}

static bool is_same_request(const struct sip_message *known, const struct sip_message *request)
{
    if (!has_cookie(request))
        return is_same_old_request(known, request);
    return slice_equal(known->via.branch, request->via.branch) &&
           slice_equal_ignoring_case(known->via.host, request->via.host) &&
           known->via.port == request->via.port;
}

/* ACK and CANCEL match the INVITE; every other method itself. */
static struct sip_transaction *find_server(const struct sip_endpoint *endpoint,
                                           const struct sip_message *request,
                                           enum sip_method method)
{
    uint32_t key = hash_of(request->via.branch);
    list_for_each(link, &endpoint->transactions) {
        struct sip_transaction *transaction = list_entry(link, struct sip_transaction, link);
        if (transaction->is_server && transaction->key == key && transaction->method == method &&
            is_same_request(transaction->request, request))
            return transaction;
    }
    return NULL;
}

/* The INVITE that an ACK for a 2xx ends: it has a branch of its own. */
static struct sip_transaction *find_accepted(const struct sip_endpoint *endpoint,
                                             const struct sip_message *ack)
{
    list_for_each(link, &endpoint->transactions) {
        struct sip_transaction *transaction = list_entry(link, struct sip_transaction, link);
        if (transaction->is_server && transaction->state == SIP_STATE_ACCEPTED &&
            transaction->request->cseq == ack->cseq &&
            slice_equal(transaction->request->call_id, ack->call_id) &&
            slice_equal(transaction->request->from_tag, ack->from_tag))
            return transaction;
    }
    return NULL;
}

/* 8.2.2.2: the same request by another way. */
static bool is_merged(const struct sip_endpoint *endpoint, const struct sip_message *request)
{
    if (!slice_is_empty(request->to_tag))
        return false;
    list_for_each(link, &endpoint->transactions) {
        struct sip_transaction *transaction = list_entry(link, struct sip_transaction, link);
        if (transaction->is_server && transaction->method == request->method &&
            transaction->request->cseq == request->cseq &&
            slice_equal(transaction->request->from_tag, request->from_tag) &&
            slice_equal(transaction->request->call_id, request->call_id))
            return true;
    }
    return false;
}

static void add(struct sip_endpoint *endpoint, time_ms now, struct sip_transaction *transaction)
{
    if (++endpoint->last_id == 0)
        endpoint->last_id = 1;
    transaction->id = endpoint->last_id;
    list_append(&endpoint->transactions, &transaction->link);
    sip_transaction_start(transaction, now);
}

static void receive_cancel(struct sip_endpoint *endpoint, time_ms now,
                           const struct sip_message *cancel)
{
    struct sip_transaction *invite = find_server(endpoint, cancel, SIP_METHOD_INVITE);
    sip_endpoint_answer(endpoint, cancel, invite ? 200 : 481, 0);
    if (invite)
        sip_endpoint_step(endpoint, now, invite, SIP_EVENT_CANCEL, cancel);
}

static void receive_ack(struct sip_endpoint *endpoint, time_ms now, const struct sip_message *ack)
{
    struct sip_transaction *invite = find_server(endpoint, ack, SIP_METHOD_INVITE);
    if (!invite)
        invite = find_accepted(endpoint, ack);
    if (invite)
        sip_endpoint_step(endpoint, now, invite, SIP_EVENT_ACK, ack);
    else
        sip_endpoint_put(endpoint, SIP_OUTPUT_ACK, NULL, ack);
}

static void receive_new(struct sip_endpoint *endpoint, time_ms now,
                        const struct sip_message *request)
{
    if (is_merged(endpoint, request)) {
        sip_endpoint_answer(endpoint, request, 482, 0);
        return;
    }
    if (endpoint->transactions.count >= LIMIT_SIP_TRANSACTIONS) {
        sip_endpoint_answer(endpoint, request, 503, OVERLOAD_RETRY_AFTER_S);
        return;
    }
    struct sip_transaction *transaction = sip_transaction_new_server(request);
    transaction->key = hash_of(request->via.branch);
    add(endpoint, now, transaction);
    if (request->method == SIP_METHOD_INVITE)
        sip_endpoint_respond(endpoint, now, transaction->id,
                             &(struct sip_response){ .status = 100 });
    sip_endpoint_put(endpoint, SIP_OUTPUT_REQUEST, transaction, request);
}

static void receive_request(struct sip_endpoint *endpoint, time_ms now,
                            const struct sip_message *request)
{
    if (request->defect || slice_equal(request->via.branch, slice_of(magic_cookie))) {
        if (request->can_be_answered && request->method != SIP_METHOD_ACK)
            sip_endpoint_refuse(endpoint, request);
        else
            endpoint->dropped++;
        return;
    }
    if (request->method == SIP_METHOD_CANCEL) {
        receive_cancel(endpoint, now, request);
        return;
    }
    if (request->method == SIP_METHOD_ACK) {
        receive_ack(endpoint, now, request);
        return;
    }
    struct sip_transaction *known = find_server(endpoint, request, request->method);
    if (known)
        sip_endpoint_step(endpoint, now, known, SIP_EVENT_REQUEST, request);
    else
        receive_new(endpoint, now, request);
}

static void receive_response(struct sip_endpoint *endpoint, time_ms now,
                             const struct sip_message *response)
{
    struct sip_transaction *transaction = response->defect ? NULL : find_client(endpoint, response);
    if (!transaction) {
        endpoint->dropped++;
        LOG(DEBUG, "response to nothing", NUMBER("status", response->status));
        return;
    }
    sip_endpoint_step(endpoint, now, transaction, sip_event_of_status(response->status), response);
}

void sip_endpoint_receive(struct sip_endpoint *endpoint, time_ms now,
                          const struct sip_message *message)
{
    if (message->is_request)
        receive_request(endpoint, now, message);
    else
        receive_response(endpoint, now, message);
}

static void write_via(struct sip_endpoint *endpoint, struct buffer *via, struct slice branch)
{
    char token[24];
    buffer_init(via, 1024);
    buffer_append(via, buffer_slice(&endpoint->sent_by));
    buffer_append_text(via, ";branch=");
    if (slice_is_empty(branch)) {
        random_token(endpoint->random, token, sizeof(token) - 1);
        buffer_append_text(via, magic_cookie);
        buffer_append_text(via, token);
    } else {
        buffer_append(via, branch);
    }
    buffer_append_text(via, ";rport");
}

static void send_request(struct sip_endpoint *endpoint, time_ms now,
                         const struct sip_request *request, struct slice branch)
{
    struct buffer via;
    write_via(endpoint, &via, branch);
    struct sip_transaction *transaction = sip_transaction_new_client(request, buffer_slice(&via));
    transaction->key = hash_of(transaction->via.branch);
    transaction->is_cancel = request->method == SIP_METHOD_CANCEL;
    add(endpoint, now, transaction);
    sip_writer_clear(&endpoint->writer);
    sip_request_write(&endpoint->writer, request, buffer_slice(&via));
    buffer_free(&via);
    if (!endpoint->is_linked || sip_writer_status(&endpoint->writer) != STATUS_OK)
        sip_endpoint_step(endpoint, now, transaction, SIP_EVENT_LINK_LOST, NULL);
    else
        sip_endpoint_put_bytes(endpoint, sip_writer_slice(&endpoint->writer));
}

uint32_t sip_endpoint_request(struct sip_endpoint *endpoint, time_ms now,
                              const struct sip_request *request)
{
    send_request(endpoint, now, request, slice_empty());
    return endpoint->last_id;
}

void sip_endpoint_send_cancel(struct sip_endpoint *endpoint, time_ms now,
                              const struct sip_transaction *invite)
{
    struct sip_request cancel = invite->sent;
    cancel.method = SIP_METHOD_CANCEL;
    cancel.lines = invite->cancel_lines;
    send_request(endpoint, now, &cancel, invite->via.branch);
}

void sip_endpoint_ack(struct sip_endpoint *endpoint, const struct sip_request *ack,
                      struct buffer *bytes)
{
    struct buffer via;
    write_via(endpoint, &via, slice_empty());
    sip_writer_clear(&endpoint->writer);
    sip_request_write(&endpoint->writer, ack, buffer_slice(&via));
    buffer_free(&via);
    if (bytes)
        buffer_append(bytes, sip_writer_slice(&endpoint->writer));
    sip_endpoint_put_bytes(endpoint, sip_writer_slice(&endpoint->writer));
}

void sip_endpoint_send(struct sip_endpoint *endpoint, struct slice bytes)
{
    sip_endpoint_put_bytes(endpoint, bytes);
}

void sip_endpoint_cancel(struct sip_endpoint *endpoint, time_ms now, uint32_t transaction,
                         struct slice lines)
{
    struct sip_transaction *invite = find_id(endpoint, transaction);
    if (!invite || invite->is_server || invite->method != SIP_METHOD_INVITE)
        return;
    invite->cancel_lines = arena_copy(invite->arena, lines);
    sip_endpoint_step(endpoint, now, invite, SIP_EVENT_CANCEL, NULL);
}

void sip_endpoint_respond(struct sip_endpoint *endpoint, time_ms now, uint32_t id,
                          const struct sip_response *response)
{
    struct sip_transaction *transaction = find_id(endpoint, id);
    enum sip_transaction_event event = sip_event_of_status(response->status);
    if (!transaction || !transaction->is_server ||
        sip_transaction_transition(transaction, event)->action != SIP_ACTION_SEND)
        return;
    sip_writer_clear(&endpoint->writer);
    sip_response_write(&endpoint->writer, transaction->request, response);
    if (sip_writer_status(&endpoint->writer) != STATUS_OK) {
        LOG(DEBUG, "response cannot be written", NUMBER("status", response->status));
        sip_writer_clear(&endpoint->writer);
        sip_response_write(&endpoint->writer, transaction->request,
                           &(struct sip_response){ .status = 500, .to_tag = response->to_tag });
        event = SIP_EVENT_300_699;
    }
    buffer_clear(&transaction->response);
    buffer_append(&transaction->response, sip_writer_slice(&endpoint->writer));
    sip_endpoint_step(endpoint, now, transaction, event, NULL);
}

const struct sip_message *sip_endpoint_request_of(const struct sip_endpoint *endpoint, uint32_t id)
{
    struct sip_transaction *transaction = find_id(endpoint, id);
    return transaction && transaction->is_server ? transaction->request : NULL;
}

void sip_endpoint_link_lost(struct sip_endpoint *endpoint, time_ms now)
{
    endpoint->is_linked = false;
    list_for_each_safe(link, &endpoint->transactions)
        sip_endpoint_step(endpoint, now, list_entry(link, struct sip_transaction, link),
                          SIP_EVENT_LINK_LOST, NULL);
}

void sip_endpoint_timeout(struct sip_endpoint *endpoint, time_ms now)
{
    list_for_each_safe(link, &endpoint->transactions) {
        struct sip_transaction *transaction = list_entry(link, struct sip_transaction, link);
        if (now >= transaction->deadline)
            sip_endpoint_step(endpoint, now, transaction, sip_transaction_timer(transaction), NULL);
    }
}

time_ms sip_endpoint_deadline(const struct sip_endpoint *endpoint)
{
    time_ms deadline = TIME_NEVER;
    list_for_each(link, &endpoint->transactions)
        deadline =
            time_earliest(deadline, list_entry(link, struct sip_transaction, link)->deadline);
    return deadline;
}

size_t sip_endpoint_transaction_count(const struct sip_endpoint *endpoint)
{
    return endpoint->transactions.count;
}

uint64_t sip_endpoint_dropped_count(const struct sip_endpoint *endpoint)
{
    return endpoint->dropped;
}

void sip_endpoint_free(struct sip_endpoint *endpoint)
{
    struct list_link *link;
    if (!endpoint)
        return;
    while ((link = list_take_first(&endpoint->transactions)))
        sip_transaction_free(list_entry(link, struct sip_transaction, link));
    sip_endpoint_clear_outputs(endpoint);
    buffer_free(&endpoint->sent_by);
    sip_writer_free(&endpoint->writer);
    free(endpoint);
}
