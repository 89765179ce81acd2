// SPDX-License-Identifier: ISC
// The life of a call, its time, and what it shows. The other files call_*.c each do one part: what
// its users ask for (call_verbs.c), dial, answer, reliable, change, transfer, digits, requests,
// ending.
#include "agent/call.h"

#include "agent/call_facts.h"
#include "agent/call_private.h"
#include "agent/call_table.h"
#include "util/log.h"
#include "util/memory.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    SESSION_INTERVAL_S = 1800 /* RFC 4028 4: what is recommended */
};

static void read_expires(struct call *call, time_ms now, const struct sip_message *invite)
{
    uint32_t seconds;
    if (!sip_message_number(invite, SIP_HEADER_EXPIRES, &seconds))
        return;
    call->expires_at = now + (time_ms)seconds * 1000;
    call->expiry_status = 487;
}

struct call *call_make(const struct call_context *context, time_ms now, uint32_t number)
{
    struct call *call = memory_new(sizeof(*call));
    call->context = context;
    call->arena = arena_new();
    call->number = number;
    do
        random_token(context->random, call->id, CALL_ID_LENGTH);
    while (call_table_find_id(context->calls, slice_of(call->id)));
    random_token(context->random, call->token, CALL_TOKEN_LENGTH);
    random_token(context->random, call->tag, CALL_TAG_LENGTH);
    call->negotiation = negotiation_new(context->settings, context->random);
    awaited_ack_init(&call->ack);
    buffer_init(&call->own_ack, LIMIT_SIP_MESSAGE);
    for (size_t i = 0; i < CALL_SENDS_COUNT; i++)
        own_request_init(&call->sent[i]);
    early_dialogs_init(&call->dial.early);
    sip_reliable_provisional_init(&call->reliable.sequence, context->random);
    buffer_init(&call->reliable.lines, LIMIT_SIP_HEADER_BLOCK);
    buffer_init(&call->reliable.body, LIMIT_SDP_BYTES);
    sip_session_timer_init(&call->timer, SESSION_INTERVAL_S);
    call->arrived_at = now;
    call->answered_at = call->ring_again_at = call->expires_at = call->ring_until = TIME_NEVER;
    call->change.at = call->change.until = TIME_NEVER;
    digit_collection_init(&call->digits, now);
    call->next_digit_at = TIME_NEVER;
    call->dial.give_up_at = call->transfer.give_up_at = TIME_NEVER;
    call->left.give_up_at = call->left.pay_at = call->left.bye_at = TIME_NEVER;
    return call;
}

struct call *call_new(const struct call_context *context, time_ms now, uint32_t number,
                      uint32_t transaction, const struct sip_message *invite)
{
    struct call *call = call_make(context, now, number);
    call->state = CALL_DECIDING;
    call->invite = sip_message_copy(invite);
    call->invite_transaction = transaction;
    call->dialog = sip_dialog_new_server(invite, slice_of(call->tag));
    call->is_secure = sip_dialog_wants_sips(invite);
    call_learn_allow(call, invite);
    call_reliable_init(call, invite);
    read_expires(call, now, invite);
    call_ring_on(call, now);
    call_facts_read(call->arena, invite, context->settings->export_headers,
                    context->settings->export_header_count, &call->facts);
    struct slice from = context->settings->logs_numbers
                            ? invite->from.uri.text
                            : call_facts_mask(call->arena, &invite->from.uri);
    LOG(INFO, "call arrived", TEXT("call", call->id), SLICE("from", from));
    outbox_put_event(context->outbox, EVENT_INCOMING, number);
    return call;
}

/* 3323 4.1.1.3, 3325 9.2: whom we want to be shown as, and whether at all. */
static struct slice choose_identity(struct call *call, struct slice from)
{
    struct sip_uri aor;
    struct buffer uri;
    if (slice_equal(from, slice_of("anonymous"))) {
        call->dial.is_anonymous = true;
        return slice_of("\"Anonymous\" <sip:anonymous@anonymous.invalid>");
    }
    if (slice_is_empty(from) || sip_uri_parse(slice_of(call->context->settings->aor), &aor))
        return slice_empty();
    buffer_init(&uri, LIMIT_SIP_LINE);
    buffer_append_text(&uri, aor.scheme == SIP_SCHEME_SIPS ? "<sips:" : "<sip:");
    buffer_append(&uri, from);
    buffer_append_byte(&uri, '@');
    buffer_append(&uri, aor.host);
    buffer_append_byte(&uri, '>');
    call->dial.identity = arena_copy(call->arena, buffer_slice(&uri));
    buffer_free(&uri);
    return call->dial.identity;
}

struct call *call_new_outgoing(const struct call_context *context, time_ms now, uint32_t number,
                               const struct call_order *order)
{
    struct call *call = call_make(context, now, number);
    struct call_dial *dial = &call->dial;
    struct sip_uri target;
    call->is_outgoing = true;
    call->state = CALL_DIALLING;
    struct slice from = choose_identity(call, order->from);
    initial_request_init(&dial->request, call->arena, context->settings, context->random,
                         order->target, from);
    if (sip_uri_parse(dial->request.uri, &target) != STATUS_OK)
        abort(); /* the target has been checked */
    dial->ring_s = order->ring_s;
    dial->has_early = order->has_early;
    dial->give_up_at = now + (time_ms)order->wait_s * 1000;
    dial->referrer = order->referrer;
    dial->referred_by = arena_copy(call->arena, order->referred_by);
    dial->replaces = arena_copy(call->arena, order->replaces);
    dial->is_detached = order->is_detached;
    dial->has_hook = order->has_hook;
    if (order->is_detached)
        owners_add(&call->owners, OWNER_DETACHED, 0);
    if (order->program)
        call->decision = *order->program;
    call_facts_dialled(call->arena, context->settings, &target, order->from, &call->facts);
    struct slice to =
        context->settings->logs_numbers ? dial->request.uri : call_facts_mask(call->arena, &target);
    LOG(INFO, "call dialled", TEXT("call", call->id), SLICE("to", to));
    outbox_put_event(context->outbox, EVENT_OUTGOING, number);
    return call;
}

void call_become(struct call *call, enum call_state state)
{
    assert(call_state_may_become(call->state, state));
    LOG(DEBUG, "call state", TEXT("call", call->id), TEXT("from", call_state_text(call->state)),
        TEXT("to", call_state_text(state)));
    call->state = state;
    if (state != CALL_DECIDING)
        call->ring_again_at = call->expires_at = call->ring_until = TIME_NEVER;
}

void call_reply(struct call *call, time_ms now, uint32_t transaction, uint32_t status,
                struct slice lines)
{
    sip_endpoint_reply(call->context->endpoint, now, transaction, status, lines);
}

void call_learn_allow(struct call *call, const struct sip_message *message)
{
    if (!sip_message_count(message, SIP_HEADER_ALLOW))
        return;
    call->takes_update = sip_message_has_token(message, SIP_HEADER_ALLOW, "UPDATE");
    call->takes_info = sip_message_has_token(message, SIP_HEADER_ALLOW, "INFO");
}

bool call_may_note(struct call *call)
{
    if (call->notices > LIMIT_CALL_NOTICES)
        return false;
    if (++call->notices <= LIMIT_CALL_NOTICES)
        return true;
    LOG(NOTICE, "more of the same is not logged of this call", TEXT("call", call->id));
    return false;
}

void call_own(struct call *call, enum owner_kind kind, uint32_t who)
{
    owners_add(&call->owners, kind, who);
    if (call->state == CALL_DRAINING && owners_keep(&call->owners))
        call_become(call, CALL_UP);
}

bool call_is_kept(const struct call *call)
{
    return owners_keep(&call->owners);
}

void call_disown(struct call *call, time_ms now, enum owner_kind kind, uint32_t who)
{
    owners_remove(&call->owners, kind, who);
    if (owners_keep(&call->owners))
        return;
    if (call->is_outgoing && call_state_is_early(call->state)) {
        call_cancel(call, now, "cancelled", CALL_ENDED_LOCALLY);
        return;
    }
    if (call->state != CALL_UP)
        return;
    call_become(call, CALL_DRAINING);
    outbox_put(call->context->outbox, OUTBOX_MEDIA_DRAIN, call->number);
}

void call_media_drained(struct call *call, time_ms now)
{
    if (call->state == CALL_DRAINING)
        call_hang_up(call, now, "played out", CALL_ENDED_LOCALLY);
}

uint32_t call_number(const struct call *call)
{
    return call->number;
}

const char *call_id(const struct call *call)
{
    return call->id;
}

struct slice call_sip_call_id(const struct call *call)
{
    const struct list_link *early = list_first(&call->dial.early.list);
    if (call->invite)
        return call->invite->call_id;
    if (call->dialog)
        return sip_dialog_call_id(call->dialog);
    if (early)
        return sip_dialog_call_id(list_entry(early, struct early_dialog, link)->dialog);
    return call->is_outgoing && call->dial.request.call_id.length ? call->dial.request.call_id
                                                                  : call->left.sent.call_id;
}

enum call_state call_state(const struct call *call)
{
    return call->state;
}

bool call_is_over(const struct call *call)
{
    return call->result != NULL;
}

bool call_is_finished(const struct call *call)
{
    return call->state == CALL_OVER;
}

uint32_t call_invite_transaction(const struct call *call)
{
    return call->invite_transaction;
}

struct sip_dialog *call_find_dialog(const struct call *call, const struct sip_message *message)
{
    if (call->dialog)
        return sip_dialog_matches(call->dialog, message) ? call->dialog : NULL;
    struct early_dialog *early = early_dialogs_find(&call->dial.early, message);
    return early ? early->dialog : NULL;
}

bool call_is_outgoing(const struct call *call)
{
    return call->is_outgoing;
}

bool call_is_detached(const struct call *call)
{
    return call->dial.is_detached;
}

bool call_has_hook(const struct call *call)
{
    return call->dial.has_hook;
}

bool call_awaits_ack(const struct call *call, uint32_t cseq)
{
    return awaited_ack_is_open(&call->ack) && call->ack.cseq == cseq;
}

const struct negotiation *call_negotiation(const struct call *call)
{
    return call->negotiation;
}

const struct action *call_decision(const struct call *call)
{
    return &call->decision;
}

time_ms call_arrived_at(const struct call *call)
{
    return call->arrived_at;
}

time_ms call_answered_at(const struct call *call)
{
    return call->answered_at;
}

static struct slice ender_text(enum call_ender ender)
{
    static const char *const texts[] = {
        [CALL_ENDED_LOCALLY] = "local",
        [CALL_ENDED_REMOTELY] = "remote",
        [CALL_ENDED_BY_NETWORK] = "network",
    };
    return slice_of(texts[ender]);
}

void call_event(const struct call *call, enum event_kind kind, struct event *event)
{
    *event = call->facts;
    event->kind = kind;
    event->call = call->number;
    event->call_id = slice_of(call->id);
    event->token = slice_of(call->token);
    event->line = slice_of(call->context->settings->line);
    event->direction = slice_of(call->is_outgoing ? "out" : "in");
    event->state = slice_of(call_state_text(call->state));
    if (negotiation_is_complete(call->negotiation))
        event->encryption = slice_of(negotiation_encryption_text(call->negotiation));
    if (kind == EVENT_TRANSFER)
        call_facts_transfer(call->transfer.target, call->transfer.target_user,
                            call->transfer.referred_by, event);
    if (kind != EVENT_ENDED)
        return;
    event->state = slice_of(call_state_text(CALL_OVER));
    event->result = slice_of(call->result);
    event->code = slice_of(call->figures[CALL_FIGURE_CODE]);
    event->reason = slice_of(call->reason);
    event->ended_by = ender_text(call->ended_by);
    event->ring_secs = slice_of(call->figures[CALL_FIGURE_RING]);
    event->talk_secs = slice_of(call->figures[CALL_FIGURE_TALK]);
    event->mos = slice_of(call->figures[CALL_FIGURE_MOS]);
    event->loss_percent = slice_of(call->figures[CALL_FIGURE_LOSS]);
    event->jitter_ms = slice_of(call->figures[CALL_FIGURE_JITTER]);
}

void call_set_media_figures(struct call *call, const struct media_statistics *statistics)
{
    uint32_t mos = statistics->mos_x100;
    uint32_t loss = statistics->loss_percent_x100;
    char address[NET_ADDRESS_TEXT_BYTES];
    if (statistics->packets_refused)
        LOG(NOTICE, "packets that were not genuine have been dropped", TEXT("call", call->id),
            NUMBER("packets", (int64_t)statistics->packets_refused));
    if (!statistics->packets_received) {
        const struct media_parameters *media = negotiation_media(call->negotiation);
        if (media->receives)
            LOG(NOTICE, "no audio came: firewall, NAT, audio.address", TEXT("call", call->id),
                TEXT("from", net_address_text(&media->remote_rtp, address)));
        return; /* there is nothing to judge */
    }
    snprintf(call->figures[CALL_FIGURE_MOS], CALL_FIGURE_BYTES, "%u.%02u", mos / 100, mos % 100);
    snprintf(call->figures[CALL_FIGURE_LOSS], CALL_FIGURE_BYTES, "%u.%02u", loss / 100, loss % 100);
    snprintf(call->figures[CALL_FIGURE_JITTER], CALL_FIGURE_BYTES, "%u", statistics->jitter_ms);
}

void call_free(struct call *call)
{
    if (!call)
        return;
    awaited_ack_clear(&call->ack);
    buffer_free(&call->own_ack);
    owners_free(&call->owners);
    for (size_t i = 0; i < CALL_SENDS_COUNT; i++)
        own_request_clear(&call->sent[i]);
    early_dialogs_clear(&call->dial.early);
    call_reliable_clear(call);
    negotiation_free(call->negotiation);
    sip_dialog_free(call->dialog);
    sip_message_free(call->invite);
    arena_free(call->arena);
    memory_erase(call->token, sizeof(call->token));
    free(call);
}
