// SPDX-License-Identifier: ISC
// Takes messages, commands and time to the transactions. Whose a message is, endpoint_matching.c
// says; what the machines' actions mean is done in endpoint_actions.c. Requests of ours begin in
// endpoint_requests.c.
#include "sip/endpoint.h"

#include "sip/endpoint_private.h"
#include "sip/status_text.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/memory.h"

#include <stdlib.h>

enum {
    OVERLOAD_RETRY_AFTER_S = 5,
    TELL_DROP_MS = 1000
};

struct sip_endpoint *sip_endpoint_new(struct random *random)
{
    struct sip_endpoint *endpoint = memory_new(sizeof(*endpoint));
    endpoint->random = random;
    list_init(&endpoint->transactions);
    index_init(&endpoint->by_id);
    index_init(&endpoint->by_branch);
    index_init(&endpoint->by_call);
    deadlines_init(&endpoint->deadlines);
    list_init(&endpoint->refused);
    list_init(&endpoint->acknowledged);
    list_init(&endpoint->outputs);
    buffer_init(&endpoint->sent_by, 512);
    sip_writer_init(&endpoint->writer);
    random_token(random, endpoint->tag, sizeof(endpoint->tag) - 1);
    return endpoint;
}

void sip_endpoint_set_calls(struct sip_endpoint *endpoint, size_t calls)
{
    endpoint->calls = calls;
}

size_t sip_endpoint_limit(const struct sip_endpoint *endpoint, size_t least, size_t per_call)
{
    size_t wanted = endpoint->calls * per_call;
    return wanted > least ? wanted : least;
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

void sip_endpoint_set_remote(struct sip_endpoint *endpoint, const struct net_address *remote)
{
    endpoint->remote = *remote;
}

uint32_t sip_endpoint_next_id(struct sip_endpoint *endpoint)
{
    if (++endpoint->last_id == 0)
        endpoint->last_id = 1;
    return endpoint->last_id;
}

void sip_endpoint_begin(struct sip_endpoint *endpoint, time_ms now,
                        struct sip_transaction *transaction)
{
    const struct sip_via *via =
        transaction->is_server ? &transaction->request->via : &transaction->via;
    list_append(&endpoint->transactions, &transaction->link);
    index_add(&endpoint->by_id, &transaction->by_id, transaction->id);
    index_add(&endpoint->by_branch, &transaction->by_branch, index_hash_ignoring_case(via->branch));
    if (transaction->is_server)
        index_add(&endpoint->by_call, &transaction->by_call,
                  index_hash(transaction->request->call_id));
    sip_transaction_start(transaction, now);
    sip_endpoint_settle(endpoint, transaction);
}

/* A message that its transaction has no use for is dropped. */
static void feed(struct sip_endpoint *endpoint, time_ms now, struct sip_transaction *transaction,
                 enum sip_transaction_event event, const struct sip_message *message)
{
    if (sip_transaction_transition(transaction, event)->action == SIP_ACTION_IGNORE)
        endpoint->dropped++;
    sip_endpoint_step(endpoint, now, transaction, event, message);
}

/* 9.2: 200 to whatever matches; only an INVITE without a final answer of ours feels it. The CANCEL
 * is a transaction of its own that ends with this answer, as timer J is zero. */
static void receive_cancel(struct sip_endpoint *endpoint, time_ms now,
                           const struct sip_message *cancel)
{
    struct sip_transaction *cancelled = sip_endpoint_find_server(endpoint, cancel);
    if (!cancelled) {
        sip_endpoint_answer(endpoint, cancel, 481, 0);
        return;
    }
    sip_endpoint_answer_cancel(endpoint, cancel, cancelled);
    sip_endpoint_step(endpoint, now, cancelled, SIP_EVENT_CANCEL, cancel);
}

/* INVITEs that wait for timer L only. Beyond the limit the oldest is forgotten: all it could still
 * do is give a late CANCEL its 200 and the INVITE by another way its 482. */
static void bound_acknowledged(struct sip_endpoint *endpoint, time_ms now)
{
    if (endpoint->acknowledged.count > sip_endpoint_limit(endpoint, LIMIT_SIP_TRANSACTIONS_ENDED,
                                                          LIMIT_SIP_TRANSACTIONS_ENDED_PER_CALL))
        sip_endpoint_step(
            endpoint, now,
            list_entry(list_first(&endpoint->acknowledged), struct sip_transaction, waiting),
            SIP_EVENT_TIMER_L, NULL);
}

static void receive_ack(struct sip_endpoint *endpoint, time_ms now, const struct sip_message *ack)
{
    struct sip_transaction *invite = sip_endpoint_find_server(endpoint, ack);
    if (!invite)
        invite = sip_endpoint_find_accepted(endpoint, ack);
    if (invite)
        feed(endpoint, now, invite, SIP_EVENT_ACK, ack);
    else if (!slice_equal_ignoring_case(ack->to_tag, slice_of(endpoint->tag)))
        sip_endpoint_put(endpoint, SIP_OUTPUT_ACK, NULL, ack);
    else /* 8.2.7: of an answer that had no transaction */
        LOG(DEBUG, "ACK ignored", SLICE("call_id", ack->call_id));
    bound_acknowledged(endpoint, now);
}

/* Room is made of the INVITE that was refused first and still has no ACK: all that it could still
 * do is to absorb that, and to repeat its answer. A request inside a dialog is let through: it may
 * be the BYE. */
static bool has_room(struct sip_endpoint *endpoint, const struct sip_message *request)
{
    size_t open = endpoint->by_call.count - endpoint->acknowledged.count;
    if (open <
        sip_endpoint_limit(endpoint, LIMIT_SIP_TRANSACTIONS, LIMIT_SIP_TRANSACTIONS_PER_CALL))
        return true;
    struct list_link *refused = list_first(&endpoint->refused);
    if (refused)
        sip_endpoint_remove(endpoint, list_entry(refused, struct sip_transaction, waiting));
    return refused || request->to_tag.length;
}

static struct sip_transaction *begin_server(struct sip_endpoint *endpoint, time_ms now,
                                            const struct sip_message *request)
{
    struct sip_transaction *transaction = sip_transaction_new_server(request);
    transaction->id = sip_endpoint_next_id(endpoint);
    transaction->source = endpoint->remote;
    sip_endpoint_begin(endpoint, now, transaction);
    return transaction;
}

static void receive_new(struct sip_endpoint *endpoint, time_ms now,
                        const struct sip_message *request)
{
    if (sip_endpoint_is_merged(endpoint, request)) {
        sip_endpoint_answer(endpoint, request, 482, 0);
        return;
    }
    if (!has_room(endpoint, request)) {
        sip_endpoint_answer(endpoint, request, 503, OVERLOAD_RETRY_AFTER_S);
        return;
    }
    struct sip_transaction *transaction = begin_server(endpoint, now, request);
    if (request->method == SIP_METHOD_INVITE)
        sip_endpoint_respond(endpoint, now, transaction->id,
                             &(struct sip_response){ .status = 100 });
    sip_endpoint_put(endpoint, SIP_OUTPUT_REQUEST, transaction, request);
}

void sip_endpoint_drop(struct sip_endpoint *endpoint, time_ms now, const char *why)
{
    endpoint->dropped++;
    if (endpoint->has_told_drop && now < endpoint->told_drop_at + TELL_DROP_MS)
        return;
    endpoint->has_told_drop = true;
    endpoint->told_drop_at = now;
    LOG(NOTICE, "a message was dropped", TEXT("why", why),
        NUMBER("dropped", (int64_t)endpoint->dropped));
}

static void receive_request(struct sip_endpoint *endpoint, time_ms now,
                            const struct sip_message *request)
{
    if (request->defect) {
        if (request->can_be_answered && request->method != SIP_METHOD_ACK)
            sip_endpoint_refuse(endpoint, request);
        else
            sip_endpoint_drop(endpoint, now, request->defect_text);
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
    struct sip_transaction *known = sip_endpoint_find_server(endpoint, request);
    if (known)
        feed(endpoint, now, known, SIP_EVENT_REQUEST, request);
    else
        receive_new(endpoint, now, request);
}

static void receive_response(struct sip_endpoint *endpoint, time_ms now,
                             const struct sip_message *response)
{
    if (response->defect) {
        sip_endpoint_drop(endpoint, now, response->defect_text);
        return;
    }
    struct sip_transaction *transaction = sip_endpoint_find_client(endpoint, response);
    if (!transaction) {
        endpoint->dropped++;
        LOG(DEBUG, "response to nothing", NUMBER("status", response->status));
        return;
    }
    feed(endpoint, now, transaction, sip_event_of_status(response->status), response);
}

void sip_endpoint_receive(struct sip_endpoint *endpoint, time_ms now,
                          const struct sip_message *message)
{
    if (message->is_request)
        receive_request(endpoint, now, message);
    else
        receive_response(endpoint, now, message);
}

/* 8.2.6.2: all answers to a request have one tag, and there must be one. What forms a dialog bears
 * that of the dialog, which is the user's. */
static struct slice choose_tag(const struct sip_endpoint *endpoint,
                               const struct sip_transaction *transaction,
                               const struct sip_response *response)
{
    bool is_of_dialog = response->status < 300 && !slice_is_empty(response->to_tag);
    if (!is_of_dialog && !slice_is_empty(transaction->to_tag))
        return transaction->to_tag;
    return slice_is_empty(response->to_tag) ? slice_of(endpoint->tag) : response->to_tag;
}

static enum status write_response(struct sip_endpoint *endpoint,
                                  struct sip_transaction *transaction,
                                  const struct sip_response *response)
{
    sip_writer_clear(&endpoint->writer);
    sip_response_write(&endpoint->writer, transaction->request, response);
    return sip_writer_status(&endpoint->writer);
}

/* False when there is nothing to send. A 1xx that cannot be written is dropped: without its lines
 * it would lack its Contact or be another 1xx (3262). The peer waits for a final one: it gets a
 * 500. */
static bool prepare(struct sip_endpoint *endpoint, struct sip_transaction *transaction,
                    struct sip_response *response)
{
    response->to_tag = choose_tag(endpoint, transaction, response);
    response->source = transaction->source;
    if (write_response(endpoint, transaction, response) != STATUS_OK) {
        LOG(DEBUG, "response cannot be written", NUMBER("status", response->status));
        if (response->status < 200)
            return false;
        *response = (struct sip_response){ .status = 500, .source = transaction->source };
        response->to_tag = choose_tag(endpoint, transaction, response);
        if (write_response(endpoint, transaction, response) != STATUS_OK)
            return false;
    }
    if (response->status > 100)
        sip_transaction_set_tag(transaction, response->to_tag);
    buffer_clear(&transaction->response);
    buffer_append(&transaction->response, sip_writer_slice(&endpoint->writer));
    return true;
}

void sip_endpoint_respond(struct sip_endpoint *endpoint, time_ms now, uint32_t id,
                          const struct sip_response *response)
{
    struct sip_transaction *transaction = sip_endpoint_find(endpoint, id);
    struct sip_response sent = *response;
    if (!transaction || !transaction->is_server ||
        sip_transaction_transition(transaction, sip_event_of_status(response->status))->action !=
            SIP_ACTION_SEND)
        return;
    if (prepare(endpoint, transaction, &sent))
        sip_endpoint_step(endpoint, now, transaction, sip_event_of_status(sent.status), NULL);
}

void sip_endpoint_reply(struct sip_endpoint *endpoint, time_ms now, uint32_t transaction,
                        uint32_t status, struct slice lines)
{
    sip_endpoint_respond(endpoint, now, transaction,
                         &(struct sip_response){ .status = status, .lines = lines });
}

uint32_t sip_endpoint_resume_server(struct sip_endpoint *endpoint, time_ms now,
                                    const struct sip_message *invite)
{
    return begin_server(endpoint, now, invite)->id;
}

const struct sip_message *sip_endpoint_request_of(const struct sip_endpoint *endpoint, uint32_t id)
{
    struct sip_transaction *transaction = sip_endpoint_find(endpoint, id);
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
    struct deadline *due;
    while ((due = deadlines_take(&endpoint->deadlines, now))) {
        struct sip_transaction *transaction = deadline_entry(due, struct sip_transaction, due);
        sip_endpoint_step(endpoint, now, transaction, sip_transaction_timer(transaction), NULL);
    }
}

time_ms sip_endpoint_deadline(const struct sip_endpoint *endpoint)
{
    return deadlines_next(&endpoint->deadlines);
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
    index_free(&endpoint->by_id);
    index_free(&endpoint->by_branch);
    index_free(&endpoint->by_call);
    deadlines_free(&endpoint->deadlines);
    sip_endpoint_clear_outputs(endpoint);
    buffer_free(&endpoint->sent_by);
    sip_writer_free(&endpoint->writer);
    free(endpoint);
}
