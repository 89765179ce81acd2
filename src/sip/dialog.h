// SPDX-License-Identifier: ISC
// A dialog: identity, sequence numbers, route set and remote target (RFC 3261 12). Knows nothing of
// the call or session it serves.
#pragma once

#include "sip/message.h"
#include "sip/request.h"
#include "util/limits.h"

struct sip_dialog;

// What a dialog consists of, to be kept elsewhere; slices are borrowed from the dialog.
struct sip_dialog_state {
    struct slice call_id;
    struct slice local;  // From value of our requests, with tag
    struct slice remote; // To value of our requests
    struct slice local_tag;
    struct slice remote_tag;
    struct slice target; // Request-URI of our requests
    struct slice routes[LIMIT_SIP_ROUTES];
    size_t route_count;
    uint32_t local_cseq;  // of our last request; 0: none
    uint32_t remote_cseq; // 0: not known
    bool is_confirmed;
};

// As UAS, from the request that forms it (12.1.1). Everything needed is copied.
struct sip_dialog *sip_dialog_new_server(const struct sip_message *request, struct slice local_tag);
// As UAC, from a 1xx with To tag or a 2xx to the request we sent (12.1.2). `from` is our From
// value, `dialled` the Request-URI: the target when the response names none that can be read.
struct sip_dialog *sip_dialog_new_client(const struct sip_message *response, struct slice from,
                                         struct slice dialled);
// Call-ID and both tags equal, tags without case (12.2.2, 7.3.1). For an incoming request our tag
// is the To tag; for a response it is the From tag. A missing remote tag matches a missing one
// (2543 peers).
bool sip_dialog_matches(const struct sip_dialog *dialog, const struct sip_message *message);
// An in-dialog request's CSeq: OK and remembered, or REFUSED when it is lower than one seen (answer
// 500, 12.2.2); gaps and the same number again are OK. ACK and CANCEL are not to be asked about.
MUST_USE enum status sip_dialog_admit(struct sip_dialog *dialog, const struct sip_message *request);
// Contact of a target refresh request, of the 2xx to one or of a reliable 1xx to INVITE becomes the
// remote target (12.2); the route set stays. Nothing happens for other messages, nor without
// exactly one sip: or sips: Contact. Not to be called for a request that is refused (12.2.2).
void sip_dialog_refresh_target(struct sip_dialog *dialog, const struct sip_message *message);
// UAC: the 2xx to INVITE fixes the route set that an early dialog had taken from a 1xx (13.2.2.4).
// Only the first does; nothing happens when it comes again.
void sip_dialog_confirm(struct sip_dialog *dialog, const struct sip_message *response);
// Fills uri, from, to, call_id, cseq and routes of *request for a request inside the dialog, strict
// and loose routes as in 12.2.1.1. The CSeq is the next one, except for ACK: that of `cseq`.
// The slices are borrowed until the next change of the dialog.
void sip_dialog_request(struct sip_dialog *dialog, enum sip_method method,
                        struct sip_request *request);
void sip_dialog_ack(struct sip_dialog *dialog, uint32_t cseq, struct sip_request *request);

// Whether the Contact of who answers the request must be a SIPS URI: its Request-URI is one, or the
// topmost Record-Route, or without any the Contact (12.1.1).
bool sip_dialog_wants_sips(const struct sip_message *request);

void sip_dialog_state(const struct sip_dialog *dialog, struct sip_dialog_state *state);
// A dialog of such a state; everything is copied.
struct sip_dialog *sip_dialog_restore(const struct sip_dialog_state *state);
// Another number after every change of what a request of ours would say.
uint32_t sip_dialog_revision(const struct sip_dialog *dialog);

struct slice sip_dialog_call_id(const struct sip_dialog *dialog);
struct slice sip_dialog_local_tag(const struct sip_dialog *dialog);
struct slice sip_dialog_remote_tag(const struct sip_dialog *dialog);
struct slice sip_dialog_remote_target(const struct sip_dialog *dialog);
void sip_dialog_free(struct sip_dialog *dialog);
