// SPDX-License-Identifier: ISC
#include "sip/reliable_provisional.h"

#include "sip/character.h"
#include "sip/transaction.h"

#include <assert.h>

struct rack {
    uint32_t rseq;
    uint32_t cseq;
    struct slice method;
};

static bool take_number(struct slice *rest, uint32_t *number)
{
    size_t digits = 0;
    while (digits < rest->length && ascii_is_digit(rest->data[digits]))
        digits++;
    struct slice after = slice_skip(*rest, digits);
    if (!after.length || !ascii_is_blank(after.data[0]) ||
        slice_to_uint32(slice_first(*rest, digits), number) != STATUS_OK)
        return false;
    *rest = sip_character_skip_blanks(after);
    return true;
}

/* RAck = response-num LWS CSeq-num LWS Method (10) */
static bool read_rack(const struct sip_message *prack, struct rack *rack)
{
    struct slice rest = sip_message_value(prack, SIP_HEADER_RACK);
    if (!take_number(&rest, &rack->rseq) || !take_number(&rest, &rack->cseq))
        return false;
    rack->method = rest;
    return true;
}

void sip_reliable_provisional_init(struct sip_reliable_provisional *provisional,
                                   struct random *random)
{
    *provisional = (struct sip_reliable_provisional){ .rseq = random_below(random, INT32_MAX),
                                                      .repeat_at = TIME_NEVER,
                                                      .give_up_at = TIME_NEVER };
}

uint32_t sip_reliable_provisional_send(struct sip_reliable_provisional *provisional, time_ms now)
{
    assert(!provisional->is_open);
    provisional->is_open = true;
    provisional->interval_ms = SIP_T1_MS;
    provisional->repeat_at = now + SIP_T1_MS;
    provisional->give_up_at = now + SIP_64_T1_MS;
    return ++provisional->rseq;
}

enum status sip_reliable_provisional_prack(struct sip_reliable_provisional *provisional,
                                           const struct sip_message *prack, uint32_t invite_cseq)
{
    struct rack rack;
    if (!provisional->is_open || !read_rack(prack, &rack) || rack.rseq != provisional->rseq ||
        rack.cseq != invite_cseq || sip_method_from_text(rack.method) != SIP_METHOD_INVITE)
        return STATUS_REFUSED;
    sip_reliable_provisional_stop(provisional);
    provisional->is_open = false;
    return STATUS_OK;
}

void sip_reliable_provisional_stop(struct sip_reliable_provisional *provisional)
{
    provisional->repeat_at = TIME_NEVER;
    provisional->give_up_at = TIME_NEVER;
}

time_ms sip_reliable_provisional_deadline(const struct sip_reliable_provisional *provisional)
{
    return time_earliest(provisional->repeat_at, provisional->give_up_at);
}

enum sip_reliable_provisional_verdict
sip_reliable_provisional_timeout(struct sip_reliable_provisional *provisional, time_ms now)
{
    if (now < sip_reliable_provisional_deadline(provisional))
        return RELIABLE_PROVISIONAL_WAIT;
    if (now >= provisional->give_up_at) {
        sip_reliable_provisional_stop(provisional);
        return RELIABLE_PROVISIONAL_GIVE_UP;
    }
    provisional->interval_ms *= 2;
    provisional->repeat_at = now + provisional->interval_ms;
    return RELIABLE_PROVISIONAL_REPEAT;
}

bool sip_reliable_provisional_is_open(const struct sip_reliable_provisional *provisional)
{
    return provisional->is_open;
}

void sip_reliable_provisional_write(const struct sip_reliable_provisional *provisional,
                                    struct sip_writer *lines)
{
    sip_writer_header_text(lines, SIP_HEADER_REQUIRE, "100rel");
    sip_writer_header_number(lines, SIP_HEADER_RSEQ, provisional->rseq);
}

static bool is_reliable(const struct sip_message *response, uint32_t *rseq)
{
    return response->method == SIP_METHOD_INVITE && response->status > 100 &&
           response->status < 200 &&
           sip_message_has_token(response, SIP_HEADER_REQUIRE, "100rel") &&
           sip_message_number(response, SIP_HEADER_RSEQ, rseq) && *rseq != 0;
}

enum sip_provisional_verdict
sip_provisional_sequence_receive(struct sip_provisional_sequence *sequence,
                                 const struct sip_message *response)
{
    uint32_t rseq;
    if (!is_reliable(response, &rseq))
        return PROVISIONAL_UNRELIABLE;
    if (!sequence->last || sequence->cseq != response->cseq) {
        *sequence = (struct sip_provisional_sequence){ .cseq = response->cseq,
                                                       .first = rseq,
                                                       .last = rseq };
        return PROVISIONAL_NEW;
    }
    if (rseq >= sequence->first && rseq <= sequence->last)
        return PROVISIONAL_REPEAT;
    if (rseq < sequence->first || rseq - sequence->last != 1)
        return PROVISIONAL_OUT_OF_ORDER;
    sequence->last = rseq;
    return PROVISIONAL_NEW;
}

void sip_provisional_sequence_write_rack(const struct sip_provisional_sequence *sequence,
                                         struct sip_writer *lines)
{
    struct buffer value;
    buffer_init(&value, 64);
    buffer_append_format(&value, "%u %u %s", sequence->last, sequence->cseq,
                         sip_method_text(SIP_METHOD_INVITE));
    sip_writer_header(lines, SIP_HEADER_RACK, buffer_slice(&value));
    buffer_free(&value);
}
