// SPDX-License-Identifier: ISC
// Which transaction a message belongs to (RFC 3261 17.1.3, 17.2.3, 8.2.2.2, 9.2). What the
// hash of the topmost Via's branch, or of the Call-ID, finds is compared in full. Branches and tags
// are tokens, whose case means nothing (7.3.1); a Call-ID is compared byte by byte (8.1.1.4).
#include "sip/endpoint_private.h"

static const char magic_cookie[] = SIP_MAGIC_COOKIE;

struct sip_transaction *sip_endpoint_find(const struct sip_endpoint *endpoint, uint32_t id)
{
    struct index_link *link = index_first(&endpoint->by_id, id);
    return link ? index_entry(link, struct sip_transaction, by_id) : NULL;
}

static bool is_same_sent_by(const struct sip_via *left, const struct sip_via *right)
{
    return slice_equal_ignoring_case(left->host, right->host) && left->port == right->port;
}

static bool is_same_branch(const struct sip_via *left, const struct sip_via *right)
{
    return slice_equal_ignoring_case(left->branch, right->branch);
}

// 8.2.6.2. What differs answers another request, and would end this one without an answer.
static bool repeats_call(const struct sip_request *sent, const struct sip_message *response)
{
    return sent->cseq == response->cseq && slice_equal(sent->call_id, response->call_id);
}

// 17.1.3: the branch of our topmost Via, and the method of the CSeq; 18.1.2: the sent-by too.
struct sip_transaction *sip_endpoint_find_client(const struct sip_endpoint *endpoint,
                                                 const struct sip_message *response)
{
    index_for_each(link, &endpoint->by_branch, index_hash_ignoring_case(response->via.branch))
    {
        struct sip_transaction *transaction = index_entry(link, struct sip_transaction, by_branch);
        if (!transaction->is_server && transaction->method == response->method &&
            is_same_branch(&transaction->via, &response->via) &&
            is_same_sent_by(&transaction->via, &response->via) &&
            repeats_call(&transaction->sent, response))
            return transaction;
    }
    return NULL;
}

static bool has_cookie(const struct sip_message *request)
{
    return slice_starts_with_ignoring_case(request->via.branch, slice_of(magic_cookie));
}

// An ACK belongs to the INVITE, a CANCEL to whatever it cancels (9.2), any other method to itself.
static bool is_of_method(const struct sip_message *known, const struct sip_message *request)
{
    if (request->method == SIP_METHOD_ACK)
        return known->method == SIP_METHOD_INVITE;
    return request->method == SIP_METHOD_CANCEL ||
           slice_equal(known->method_text, request->method_text);
}

// The To tag of the answers; empty before the first that has one.
static struct slice tag_of_answers(const struct sip_transaction *transaction)
{
    return transaction->request->to_tag.length ? transaction->request->to_tag : transaction->to_tag;
}

// 17.2.3 for peers of RFC 2543: without the cookie the branch proves nothing.
static bool is_same_old_request(const struct sip_transaction *transaction,
                                const struct sip_message *request)
{
    const struct sip_message *known = transaction->request;
    struct slice to_tag =
        request->method == SIP_METHOD_ACK ? tag_of_answers(transaction) : known->to_tag;
    return sip_uri_equal(&known->request_uri, &request->request_uri) &&
           slice_equal_ignoring_case(to_tag, request->to_tag) &&
           slice_equal_ignoring_case(known->from_tag, request->from_tag) &&
           slice_equal(known->call_id, request->call_id) && known->cseq == request->cseq &&
           slice_equal_ignoring_case(known->via.transport, request->via.transport);
}

struct sip_transaction *sip_endpoint_find_server(const struct sip_endpoint *endpoint,
                                                 const struct sip_message *request)
{
    bool is_branch_enough = has_cookie(request);
    index_for_each(link, &endpoint->by_branch, index_hash_ignoring_case(request->via.branch))
    {
        struct sip_transaction *transaction = index_entry(link, struct sip_transaction, by_branch);
        if (transaction->is_server && is_of_method(transaction->request, request) &&
            is_same_branch(&transaction->request->via, &request->via) &&
            is_same_sent_by(&transaction->request->via, &request->via) &&
            (is_branch_enough || is_same_old_request(transaction, request)))
            return transaction;
    }
    return NULL;
}

// The INVITE whose 2xx an ACK is for: the ACK has a branch of its own (13.2.2.4).
struct sip_transaction *sip_endpoint_find_accepted(const struct sip_endpoint *endpoint,
                                                   const struct sip_message *ack)
{
    index_for_each(link, &endpoint->by_call, index_hash(ack->call_id))
    {
        struct sip_transaction *transaction = index_entry(link, struct sip_transaction, by_call);
        if (transaction->state == SIP_STATE_ACCEPTED && transaction->request->cseq == ack->cseq &&
            slice_equal(transaction->request->call_id, ack->call_id) &&
            slice_equal_ignoring_case(transaction->request->from_tag, ack->from_tag) &&
            slice_equal_ignoring_case(tag_of_answers(transaction), ack->to_tag))
            return transaction;
    }
    return NULL;
}

bool sip_endpoint_is_merged(const struct sip_endpoint *endpoint, const struct sip_message *request)
{
    if (!slice_is_empty(request->to_tag))
        return false;
    index_for_each(link, &endpoint->by_call, index_hash(request->call_id))
    {
        struct sip_transaction *transaction = index_entry(link, struct sip_transaction, by_call);
        if (transaction->request->cseq == request->cseq &&
            is_of_method(transaction->request, request) &&
            slice_equal_ignoring_case(transaction->request->from_tag, request->from_tag) &&
            slice_equal(transaction->request->call_id, request->call_id))
            return true;
    }
    return false;
}
