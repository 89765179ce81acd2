// SPDX-License-Identifier: ISC
// What the actions of the four machines mean, and the queue of outputs.
#include "sip/endpoint_private.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/memory.h"

#include <stdlib.h>

struct pending {
    struct list_link link;
    struct sip_output output;
    struct buffer bytes;
};

static struct pending *put(struct sip_endpoint *endpoint, struct sip_output output)
{
    struct pending *pending = memory_new(sizeof(*pending));
    pending->output = output;
    list_append(&endpoint->outputs, &pending->link);
    return pending;
}

void sip_endpoint_put(struct sip_endpoint *endpoint, enum sip_output_kind kind,
                      const struct sip_transaction *transaction, const struct sip_message *message)
{
    put(endpoint, (struct sip_output){
                      .kind = kind,
                      .transaction = transaction ? transaction->id : 0,
                      .user = transaction ? transaction->sent.user : 0,
                      .method = transaction ? transaction->method : SIP_METHOD_UNKNOWN,
                      .message = message,
                  });
}

void sip_endpoint_put_bytes(struct sip_endpoint *endpoint, struct slice bytes)
{
    struct pending *pending = put(endpoint, (struct sip_output){ .kind = SIP_OUTPUT_BYTES });
    buffer_init(&pending->bytes, 2 * LIMIT_SIP_MESSAGE);
    buffer_append(&pending->bytes, bytes);
}

void sip_endpoint_put_failed(struct sip_endpoint *endpoint,
                             const struct sip_transaction *transaction, enum status why)
{
    if (transaction->is_cancel)
        return;
    put(endpoint, (struct sip_output){
                      .kind = SIP_OUTPUT_FAILED,
                      .transaction = transaction->id,
                      .user = transaction->sent.user,
                      .method = transaction->method,
                      .why = why,
                  });
}

bool sip_endpoint_has_output(const struct sip_endpoint *endpoint)
{
    return !list_is_empty(&endpoint->outputs);
}

bool sip_endpoint_next_output(struct sip_endpoint *endpoint, struct sip_output *output)
{
    buffer_free(&endpoint->current);
    struct list_link *link = list_take_first(&endpoint->outputs);
    if (!link)
        return false;
    struct pending *pending = list_entry(link, struct pending, link);
    *output = pending->output;
    endpoint->current = pending->bytes;
    output->bytes = buffer_slice(&endpoint->current);
    free(pending);
    return true;
}

void sip_endpoint_clear_outputs(struct sip_endpoint *endpoint)
{
    struct sip_output output;
    while (sip_endpoint_next_output(endpoint, &output))
        ;
}

/* Users hear of a call that did not get as far as them. */
static void put_refused(struct sip_endpoint *endpoint, const struct sip_message *request,
                        uint32_t status)
{
    if (request->method != SIP_METHOD_INVITE || request->to_tag.length)
        return;
    put(endpoint, (struct sip_output){ .kind = SIP_OUTPUT_REFUSED,
                                       .method = request->method,
                                       .message = request,
                                       .status = status });
}

static void answer(struct sip_endpoint *endpoint, const struct sip_message *request,
                   struct sip_response response)
{
    response.source = endpoint->remote;
    sip_writer_clear(&endpoint->writer);
    sip_response_write(&endpoint->writer, request, &response);
    if (sip_writer_status(&endpoint->writer) == STATUS_OK)
        sip_endpoint_put_bytes(endpoint, sip_writer_slice(&endpoint->writer));
    else
        endpoint->dropped++;
}

void sip_endpoint_answer(struct sip_endpoint *endpoint, const struct sip_message *request,
                         uint32_t status, uint32_t retry_after)
{
    struct sip_writer lines;
    sip_writer_init(&lines);
    if (retry_after)
        sip_writer_header_number(&lines, SIP_HEADER_RETRY_AFTER, retry_after);
    struct sip_response response = {
        .status = status,
        .to_tag = slice_of(endpoint->tag),
        .lines = sip_writer_slice(&lines),
    };
    answer(endpoint, request, response);
    put_refused(endpoint, request, status);
    sip_writer_free(&lines);
}

void sip_endpoint_answer_cancel(struct sip_endpoint *endpoint, const struct sip_message *cancel,
                                struct sip_transaction *cancelled)
{
    if (slice_is_empty(cancelled->to_tag))
        sip_transaction_set_tag(cancelled, slice_of(endpoint->tag));
    answer(endpoint, cancel, (struct sip_response){ .status = 200, .to_tag = cancelled->to_tag });
}

void sip_endpoint_refuse(struct sip_endpoint *endpoint, const struct sip_message *request)
{
    struct sip_response response = {
        .status = request->defect ? request->defect : 400,
        .reason = slice_of(request->defect_text),
        .to_tag = slice_of(endpoint->tag),
    };
    answer(endpoint, request, response);
    put_refused(endpoint, request, response.status);
}

static enum status write_request(struct sip_endpoint *endpoint, const struct sip_request *request,
                                 struct slice via)
{
    sip_writer_clear(&endpoint->writer);
    sip_request_write(&endpoint->writer, request, via);
    return sip_writer_status(&endpoint->writer);
}

/* What ends something must go out, rather without a bad line than not at all. */
static bool is_urgent(enum sip_method method)
{
    return method == SIP_METHOD_ACK || method == SIP_METHOD_CANCEL || method == SIP_METHOD_BYE;
}

enum status sip_endpoint_write(struct sip_endpoint *endpoint, const struct sip_request *request,
                               struct slice via)
{
    enum status status = write_request(endpoint, request, via);
    if (status != STATUS_OK && is_urgent(request->method)) {
        struct sip_request bare = *request;
        bare.lines = slice_empty();
        status = write_request(endpoint, &bare, via);
        LOG(DEBUG, "request goes without its lines", TEXT("method", sip_method_text(bare.method)));
    }
    if (status != STATUS_OK)
        LOG(DEBUG, "request cannot be written", TEXT("method", sip_method_text(request->method)),
            TEXT("why", status_text(status)));
    return status;
}

/* 17.1.1.3: the INVITE's Request-URI, branch, From, Call-ID and Route; the response's To. */
static void send_ack(struct sip_endpoint *endpoint, const struct sip_transaction *transaction,
                     const struct sip_message *response)
{
    struct sip_request ack = transaction->sent;
    ack.method = SIP_METHOD_ACK;
    ack.to = sip_message_value(response, SIP_HEADER_TO);
    if (sip_endpoint_write(endpoint, &ack, transaction->via_text) == STATUS_OK)
        sip_endpoint_put_bytes(endpoint, sip_writer_slice(&endpoint->writer));
}

static void act_as_client(struct sip_endpoint *endpoint, time_ms now,
                          struct sip_transaction *transaction, enum sip_transaction_action action,
                          const struct sip_message *message)
{
    switch (action) {
    case SIP_ACTION_SEND_CANCEL:
        sip_endpoint_send_cancel(endpoint, now, transaction);
        return;
    case SIP_ACTION_DELIVER_AND_CANCEL:
        sip_endpoint_send_cancel(endpoint, now, transaction);
        break;
    case SIP_ACTION_DELIVER_AND_ACK:
        send_ack(endpoint, transaction, message);
        break;
    case SIP_ACTION_DELIVER:
        break;
    case SIP_ACTION_REPORT_TIMED_OUT:
    case SIP_ACTION_REPORT_CLOSED:
        sip_endpoint_put_failed(endpoint, transaction,
                                action == SIP_ACTION_REPORT_CLOSED ? STATUS_CLOSED
                                                                   : STATUS_TIMED_OUT);
        return;
    default:
        return;
    }
    if (!transaction->is_cancel)
        sip_endpoint_put(endpoint, SIP_OUTPUT_RESPONSE, transaction, message);
}

static void act_as_server(struct sip_endpoint *endpoint, struct sip_transaction *transaction,
                          enum sip_transaction_action action, const struct sip_message *message)
{
    switch (action) {
    case SIP_ACTION_SEND:
    case SIP_ACTION_REPEAT:
        if (transaction->response.length)
            sip_endpoint_put_bytes(endpoint, buffer_slice(&transaction->response));
        break;
    case SIP_ACTION_PASS_ACK:
        transaction->is_acknowledged = true;
        buffer_free(&transaction->response);
        sip_endpoint_put(endpoint, SIP_OUTPUT_ACK, NULL, message);
        break;
    case SIP_ACTION_REPORT_CANCELLED:
        sip_endpoint_put(endpoint, SIP_OUTPUT_CANCELLED, transaction, message);
        break;
    case SIP_ACTION_REPORT_UNACKED:
        sip_endpoint_put(endpoint, SIP_OUTPUT_UNACKED, transaction, NULL);
        break;
    default:
        break;
    }
}

static struct list *waiting_place(struct sip_endpoint *endpoint,
                                  const struct sip_transaction *transaction)
{
    if (transaction->is_acknowledged)
        return &endpoint->acknowledged;
    bool is_refused = transaction->is_server && transaction->state == SIP_STATE_COMPLETED;
    return is_refused ? &endpoint->refused : NULL;
}

static void wait_in(struct sip_transaction *transaction, struct list *place)
{
    if (transaction->waits_in == place)
        return;
    if (transaction->waits_in)
        list_remove(transaction->waits_in, &transaction->waiting);
    if (place)
        list_append(place, &transaction->waiting);
    transaction->waits_in = place;
}

void sip_endpoint_settle(struct sip_endpoint *endpoint, struct sip_transaction *transaction)
{
    deadlines_set(&endpoint->deadlines, &transaction->due, transaction->deadline);
    wait_in(transaction, waiting_place(endpoint, transaction));
}

void sip_endpoint_remove(struct sip_endpoint *endpoint, struct sip_transaction *transaction)
{
    endpoint->owed -= transaction->is_owed;
    deadlines_set(&endpoint->deadlines, &transaction->due, TIME_NEVER);
    wait_in(transaction, NULL);
    index_remove(&endpoint->by_id, &transaction->by_id);
    index_remove(&endpoint->by_branch, &transaction->by_branch);
    if (transaction->is_server)
        index_remove(&endpoint->by_call, &transaction->by_call);
    list_remove(&endpoint->transactions, &transaction->link);
    sip_transaction_free(transaction);
}

void sip_endpoint_step(struct sip_endpoint *endpoint, time_ms now,
                       struct sip_transaction *transaction, enum sip_transaction_event event,
                       const struct sip_message *message)
{
    enum sip_transaction_action action = sip_transaction_step(transaction, now, event);
    if (transaction->is_server)
        act_as_server(endpoint, transaction, action, message);
    else
        act_as_client(endpoint, now, transaction, action, message);
    if (transaction->state == SIP_STATE_TERMINATED)
        sip_endpoint_remove(endpoint, transaction);
    else
        sip_endpoint_settle(endpoint, transaction);
}
