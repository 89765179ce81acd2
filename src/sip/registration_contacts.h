// SPDX-License-Identifier: ISC
// Which Contacts of ours the registrar may have, so that there is never one more than there should
// be (RFC 3261 10.2.2): what is bound now, and what was bound over a connection before and nothing
// but a REGISTER of ours takes off.
#pragma once

#include "sip/writer.h"

#include <stdbool.h>

enum {
    REGISTRATION_LEFT_OVER_MAX = 8,
    REGISTRATION_KNOWN_MAX = REGISTRATION_LEFT_OVER_MAX + 2
};

struct registration_left_over {
    struct buffer uri; // as it was written
    bool is_certain;   // it was granted; else it was sent, and nobody knows whether it arrived
};

struct registration_contacts {
    struct buffer current; // URI, without `ob`
    struct buffer home;    // that of the connection itself, while the current one is another
    struct registration_left_over left_over[REGISTRATION_LEFT_OVER_MAX];
    size_t left_over_count;
    struct buffer sent;  // as it stood in the last REGISTER
    struct buffer bound; // as it stood in the last one that was granted
    bool is_open;        // what was sent has no answer
    bool is_single;      // the registrar takes one Contact a REGISTER: first off, then on
    bool is_taking_off;  // the last REGISTER has only taken one off
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
// One more that is to be taken off; of too many one that may never have been bound gives way, or
// the oldest.
void registration_contacts_leave_over(struct registration_contacts *contacts, struct slice uri);
// The Contact lines of a REGISTER: ours with `parameters` behind its URI and its >, then, with
// expires=0, each that is left over. Where the registrar takes one only, that is the first left
// over while there is any.
void registration_contacts_write(struct registration_contacts *contacts, struct sip_writer *lines,
                                 struct slice uri_parameters, struct slice parameters);
// The registrar has done what the last REGISTER asked for.
void registration_contacts_granted(struct registration_contacts *contacts);
// The last REGISTER was refused: what it would have bound is not.
void registration_contacts_refused(struct registration_contacts *contacts);
// The last REGISTER has an answer. True when it has only taken one off: another one is due.
bool registration_contacts_took_off(struct registration_contacts *contacts);
// It seems to want no REGISTER with more than one Contact. False when the last one had one only.
bool registration_contacts_go_singly(struct registration_contacts *contacts);
// All that the registrar may have of us; how many.
size_t registration_contacts_known(const struct registration_contacts *contacts,
                                   struct slice uris[REGISTRATION_KNOWN_MAX]);
// Nothing of ours is bound any more.
void registration_contacts_expired(struct registration_contacts *contacts);
void registration_contacts_free(struct registration_contacts *contacts);
