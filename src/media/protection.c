// SPDX-License-Identifier: ISC
#include "media/protection.h"

static void set_sender(struct protection *protection, const struct srtp_key *key)
{
    if (!protection->sender)
        protection->sender = srtp_sender_new(key);
    else if (!srtp_sender_has_key(protection->sender, key))
        srtp_sender_rekey(protection->sender, key);
}

/* Their answer may bring the key before again, when our new offer has come to nothing. */
static void set_receiver(struct protection *protection, const struct srtp_key *key)
{
    struct srtp_receiver *now = protection->receiver;
    struct srtp_receiver *old = protection->old_receiver;
    if (now && srtp_receiver_has_key(now, key))
        return;
    if (old && srtp_receiver_has_key(old, key)) {
        protection->receiver = old;
    } else {
        protection->receiver = srtp_receiver_new(key, now);
        srtp_receiver_free(old);
    }
    protection->old_receiver = now;
}

void protection_set(struct protection *protection, const struct srtp_key *send_key,
                    const struct srtp_key *receive_key)
{
    if (!send_key || !receive_key)
        return;
    set_sender(protection, send_key);
    set_receiver(protection, receive_key);
}

bool protection_is_on(const struct protection *protection)
{
    return protection->sender != NULL;
}

bool protection_seal(struct protection *protection, bool is_rtcp, uint8_t *packet, size_t *length)
{
    if (!protection->sender)
        return true;
    enum status status = is_rtcp ? srtp_sender_protect_rtcp(protection->sender, packet, length)
                                 : srtp_sender_protect_rtp(protection->sender, packet, length);
    return status == STATUS_OK;
}

static enum status open_by(struct srtp_receiver *receiver, bool is_rtcp, struct slice datagram,
                           uint8_t *room, struct slice *packet)
{
    size_t length = 0;
    enum status status = is_rtcp ? srtp_receiver_open_rtcp(receiver, datagram, room, &length)
                                 : srtp_receiver_open_rtp(receiver, datagram, room, &length);
    if (status == STATUS_OK)
        *packet = slice_make((const char *)room, length);
    return status;
}

bool protection_open(struct protection *protection, bool is_rtcp, struct slice datagram,
                     uint8_t *room, struct slice *packet)
{
    *packet = datagram;
    if (!protection->receiver)
        return true;
    enum status status = open_by(protection->receiver, is_rtcp, datagram, room, packet);
    if (status == STATUS_OK) {
        srtp_receiver_free(protection->old_receiver);
        protection->old_receiver = NULL;
    } else if (status == STATUS_REFUSED && protection->old_receiver) {
        status = open_by(protection->old_receiver, is_rtcp, datagram, room, packet);
    }
    protection->refused += status != STATUS_OK && status != STATUS_TIMED_OUT;
    protection->repeated += status == STATUS_TIMED_OUT;
    return status == STATUS_OK;
}

void protection_clear(struct protection *protection)
{
    srtp_sender_free(protection->sender);
    srtp_receiver_free(protection->receiver);
    srtp_receiver_free(protection->old_receiver);
    *protection = (struct protection){ .sender = NULL };
}
