// SPDX-License-Identifier: ISC
// The early dialogs of one INVITE of ours: a fork may ring at several places (RFC 3261 12.1.2,
// 13.2.2.1), each with its own To tag, reliable responses (RFC 3262) and session description.
#pragma once

#include "sip/dialog.h"
#include "sip/reliable_provisional.h"
#include "util/list.h"

struct early_dialog {
    struct list_link link;
    struct sip_dialog *dialog;
    struct sip_provisional_sequence sequence;
    struct buffer session; // the last description it gave; may be empty
};

struct early_dialogs {
    struct list list;
};

void early_dialogs_init(struct early_dialogs *early);
// The one with the message's tags; NULL when there is none.
struct early_dialog *early_dialogs_find(const struct early_dialogs *early,
                                        const struct sip_message *message);
// For a response: that which is there, or a new one; NULL beyond LIMIT_EARLY_DIALOGS. `from` is our
// From value, `dialled` the Request-URI.
struct early_dialog *early_dialogs_of(struct early_dialogs *early,
                                      const struct sip_message *response, struct slice from,
                                      struct slice dialled);
// One more, of an earlier process; takes `dialog` over.
void early_dialogs_restore(struct early_dialogs *early, struct sip_dialog *dialog);
// Takes the dialog over that the 2xx confirms; the others are forgotten with early_dialogs_clear.
struct sip_dialog *early_dialog_take(struct early_dialog *early);
void early_dialogs_clear(struct early_dialogs *early);
