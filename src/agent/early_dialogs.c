// SPDX-License-Identifier: ISC
#include "agent/early_dialogs.h"

#include "util/limits.h"
#include "util/memory.h"

#include <stdlib.h>

void early_dialogs_init(struct early_dialogs *early)
{
    list_init(&early->list);
}

struct early_dialog *early_dialogs_find(const struct early_dialogs *early,
                                        const struct sip_message *message)
{
    list_for_each(link, &early->list) {
        struct early_dialog *one = list_entry(link, struct early_dialog, link);
        if (one->dialog && sip_dialog_matches(one->dialog, message))
            return one;
    }
    return NULL;
}

static struct early_dialog *add(struct early_dialogs *early, struct sip_dialog *dialog)
{
    struct early_dialog *one = memory_new(sizeof(*one));
    one->dialog = dialog;
    buffer_init(&one->session, LIMIT_SDP_BYTES);
    list_append(&early->list, &one->link);
    return one;
}

struct early_dialog *early_dialogs_of(struct early_dialogs *early,
                                      const struct sip_message *response, struct slice from,
                                      struct slice dialled)
{
    struct early_dialog *one = early_dialogs_find(early, response);
    if (one || early->list.count >= LIMIT_EARLY_DIALOGS)
        return one;
    return add(early, sip_dialog_new_client(response, from, dialled));
}

void early_dialogs_restore(struct early_dialogs *early, struct sip_dialog *dialog)
{
    (void)add(early, dialog);
}

struct sip_dialog *early_dialog_take(struct early_dialog *early)
{
    struct sip_dialog *dialog = early->dialog;
    early->dialog = NULL;
    return dialog;
}

void early_dialogs_clear(struct early_dialogs *early)
{
    struct list_link *link;
    while ((link = list_take_first(&early->list))) {
        struct early_dialog *one = list_entry(link, struct early_dialog, link);
        sip_dialog_free(one->dialog);
        buffer_free(&one->session);
        free(one);
    }
}
