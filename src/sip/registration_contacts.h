// SPDX-License-Identifier: ISC
// Which Contacts of ours the registrar may have, so that there is never one more than there should
// be (RFC 3261 10.2.2): what is bound now, and what was bound over a connection before and nothing
// but a REGISTER of ours takes off.
#pragma once

#include "sip/writer.h"

#include <stdbool.h>

enum {
    REGISTRATION_LEFT_OVER_MAX = 4
};

struct registration_contacts {
    struct buffer current; // URI, without `ob`
    struct buffer home;    // that of the connection itself, while the current one is another
    struct buffer left_over[REGISTRATION_LEFT_OVER_MAX]; // URIs as they were written
    size_t left_over_count;
    struct buffer sent;  // as it stood in the last REGISTER
    struct buffer bound; // as it stood in the last one that was granted
};

void registration_contacts_init(struct registration_contacts *contacts);
// Another URI is to be bound. `is_replaced`: the registrar takes it for the same binding by itself
// (RFC 5626), so that nothing is left over.
void registration_contacts_set(struct registration_contacts *contacts, struct slice uri,
                               bool is_replaced);
// A better URI on the same connection, until registration_contacts_return.
void registration_contacts_move(struct registration_contacts *contacts, struct slice uri);
// Back to the connection's own. False when it is that already.
bool registration_contacts_return(struct registration_contacts *contacts);
// One more that is to be taken off; the oldest of too many gives way.
void registration_contacts_leave_over(struct registration_contacts *contacts, struct slice uri);
// The Contact lines of a REGISTER: ours with `parameters` behind its URI and its >, then, with
// expires=0, each that is left over.
void registration_contacts_write(struct registration_contacts *contacts, struct sip_writer *lines,
                                 struct slice uri_parameters, struct slice parameters);
// The registrar has done what the last REGISTER asked for.
void registration_contacts_granted(struct registration_contacts *contacts);
// It wants no REGISTER with more than one Contact. False when the last one had one only.
bool registration_contacts_forget(struct registration_contacts *contacts);
// Nothing of ours is bound any more.
void registration_contacts_expired(struct registration_contacts *contacts);
void registration_contacts_free(struct registration_contacts *contacts);
