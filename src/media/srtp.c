// SPDX-License-Identifier: ISC
#include "media/srtp.h"

#include "media/replay_window.h"
#include "media/rtp_packet.h"
#include "media/srtp_cipher.h"
#include "util/memory.h"

#include <stdlib.h>

enum {
    RTCP_HEADER_BYTES = 8,
    RTCP_WORD_BYTES = 4
};

#define RTP_INDEX_MAX  ((UINT64_C(1) << 48) - 1)
#define RTCP_INDEX_MAX ((UINT64_C(1) << 31) - 1)
#define ENCRYPTED      0x80000000u

struct srtp_sender {
    struct srtp_key key;
    struct srtp_cipher *rtp;
    struct srtp_cipher *rtcp;
    bool has_sent;
    uint64_t index; // of the last packet
    uint64_t reports;
};

/* What is remembered of one SSRC of theirs. */
struct source {
    uint32_t ssrc;
    uint64_t used;           // a number that rises; 0: this place is free
    uint64_t counter_before; // of the key before
    struct replay_window rtp;
    struct replay_window rtcp;
};

struct srtp_receiver {
    struct srtp_key key;
    struct srtp_cipher *rtp;
    struct srtp_cipher *rtcp;
    uint64_t uses;
    struct source sources[LIMIT_SRTP_SOURCES];
};

static uint32_t read_uint32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void write_uint32(uint8_t *bytes, uint32_t number)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(number >> (24 - 8 * i));
}

static uint16_t sequence_of(const uint8_t *packet)
{
    return (uint16_t)(packet[2] << 8 | packet[3]);
}

struct srtp_sender *srtp_sender_new(const struct srtp_key *key)
{
    struct srtp_sender *sender = memory_new(sizeof(*sender));
    srtp_sender_rekey(sender, key);
    return sender;
}

bool srtp_sender_has_key(const struct srtp_sender *sender, const struct srtp_key *key)
{
    return srtp_key_equal(&sender->key, key);
}

void srtp_sender_rekey(struct srtp_sender *sender, const struct srtp_key *key)
{
    srtp_cipher_free(sender->rtp);
    srtp_cipher_free(sender->rtcp);
    sender->key = *key;
    sender->rtp = srtp_cipher_new(key, SRTP_RTP);
    sender->rtcp = srtp_cipher_new(key, SRTP_RTCP);
}

static size_t append_mki(const struct srtp_key *key, uint8_t *bytes)
{
    memcpy(bytes, key->mki, key->mki_length);
    return key->mki_length;
}

/* RTP: payload, key's name, tag; with AEAD the tag belongs to the payload (RFC 7714 8.2). */
static void seal_rtp(struct srtp_sender *sender, const struct srtp_passage *passage,
                     uint8_t *packet, size_t *length)
{
    const struct srtp_suite_facts *facts = srtp_suite_facts(sender->key.suite);
    size_t mki = sender->key.mki_length;
    uint8_t *behind = packet + *length;
    srtp_cipher_seal(sender->rtp, passage, packet + passage->header_length,
                     facts->is_aead ? behind : behind + mki);
    append_mki(&sender->key, facts->is_aead ? behind + facts->rtp_tag_length : behind);
    *length += mki + facts->rtp_tag_length;
}

enum status srtp_sender_protect_rtp(struct srtp_sender *sender, uint8_t *packet, size_t *length)
{
    size_t header = rtp_packet_header_length(slice_make((const char *)packet, *length));
    if (!header)
        return STATUS_MALFORMED;
    uint64_t index = sequence_of(packet);
    if (sender->has_sent)
        index = packet_index_estimate(sender->index, sequence_of(packet));
    if ((sender->has_sent && index <= sender->index) || index > RTP_INDEX_MAX)
        return STATUS_REFUSED;
    struct srtp_passage passage = {
        .protocol = SRTP_RTP,
        .ssrc = read_uint32(packet + 8),
        .index = index,
        .packet = packet,
        .header_length = header,
        .payload_length = *length - header,
    };
    sender->has_sent = true;
    sender->index = index;
    seal_rtp(sender, &passage, packet, length);
    return STATUS_OK;
}

/* RTCP: payload, word, key's name, tag; with AEAD payload, tag, word, key's name (RFC 7714 9.2). */
static void seal_rtcp(struct srtp_sender *sender, const struct srtp_passage *passage,
                      uint8_t *packet, size_t *length)
{
    const struct srtp_suite_facts *facts = srtp_suite_facts(sender->key.suite);
    uint8_t *behind = packet + *length;
    size_t mki = sender->key.mki_length;
    uint8_t *word = facts->is_aead ? behind + facts->rtcp_tag_length : behind;
    srtp_cipher_seal(sender->rtcp, passage, packet + RTCP_HEADER_BYTES,
                     facts->is_aead ? behind : word + RTCP_WORD_BYTES + mki);
    write_uint32(word, ENCRYPTED | (uint32_t)passage->index);
    append_mki(&sender->key, word + RTCP_WORD_BYTES);
    *length += RTCP_WORD_BYTES + mki + facts->rtcp_tag_length;
}

enum status srtp_sender_protect_rtcp(struct srtp_sender *sender, uint8_t *packet, size_t *length)
{
    if (*length < RTCP_HEADER_BYTES || packet[0] >> 6 != 2)
        return STATUS_MALFORMED;
    if (sender->reports == RTCP_INDEX_MAX)
        return STATUS_REFUSED;
    struct srtp_passage passage = {
        .protocol = SRTP_RTCP,
        .ssrc = read_uint32(packet + 4),
        .index = ++sender->reports,
        .packet = packet,
        .header_length = RTCP_HEADER_BYTES,
        .payload_length = *length - RTCP_HEADER_BYTES,
        .is_encrypted = true,
    };
    seal_rtcp(sender, &passage, packet, length);
    return STATUS_OK;
}

void srtp_sender_free(struct srtp_sender *sender)
{
    if (!sender)
        return;
    srtp_cipher_free(sender->rtp);
    srtp_cipher_free(sender->rtcp);
    memory_erase(sender, sizeof(*sender));
    free(sender);
}

static void remember_counters(struct srtp_receiver *receiver, const struct srtp_receiver *before)
{
    for (size_t i = 0; i < LIMIT_SRTP_SOURCES; i++) {
        const struct source *old = &before->sources[i];
        receiver->sources[i] = (struct source){
            .ssrc = old->ssrc,
            .used = old->used,
            .counter_before = old->rtp.seen[0] ? old->rtp.highest : old->counter_before,
        };
    }
    receiver->uses = before->uses;
}

struct srtp_receiver *srtp_receiver_new(const struct srtp_key *key,
                                        const struct srtp_receiver *before)
{
    struct srtp_receiver *receiver = memory_new(sizeof(*receiver));
    receiver->key = *key;
    receiver->rtp = srtp_cipher_new(key, SRTP_RTP);
    receiver->rtcp = srtp_cipher_new(key, SRTP_RTCP);
    if (before)
        remember_counters(receiver, before);
    return receiver;
}

bool srtp_receiver_has_key(const struct srtp_receiver *receiver, const struct srtp_key *key)
{
    return srtp_key_equal(&receiver->key, key);
}

static struct source *find_source(struct srtp_receiver *receiver, uint32_t ssrc)
{
    for (size_t i = 0; i < LIMIT_SRTP_SOURCES; i++)
        if (receiver->sources[i].used && receiver->sources[i].ssrc == ssrc)
            return &receiver->sources[i];
    return NULL;
}

/* The place of a source that has just proved to be one; else a free one, else the one that has been
 * silent for longest. */
static struct source *take_source(struct srtp_receiver *receiver, uint32_t ssrc)
{
    struct source *source = find_source(receiver, ssrc);
    if (!source) {
        source = &receiver->sources[0];
        for (size_t i = 1; i < LIMIT_SRTP_SOURCES; i++)
            if (receiver->sources[i].used < source->used)
                source = &receiver->sources[i];
        *source = (struct source){ .ssrc = ssrc };
    }
    source->used = ++receiver->uses;
    return source;
}

enum {
    GUESSES_MAX = 3
};

/* Which index may be meant, likeliest first. Of a source that has proved itself one; of another the
 * counter that it had by the key before, 0, and 1, where the packets before the roll-over have been
 * lost (its first ones may have come before the key was known). */
static int guess_indices(const struct source *source, uint16_t sequence,
                         uint64_t guesses[GUESSES_MAX])
{
    int count = 0;
    if (source && source->rtp.seen[0]) {
        guesses[count++] = packet_index_estimate(source->rtp.highest, sequence);
        return count;
    }
    if (source && source->counter_before)
        guesses[count++] = packet_index_estimate(source->counter_before, sequence);
    if (!count || guesses[0] != sequence)
        guesses[count++] = sequence;
    if (sequence < 1 << 15)
        guesses[count++] = UINT64_C(1) << 16 | sequence;
    return count;
}

static bool has_mki(const struct srtp_key *key, const uint8_t *bytes)
{
    return memcmp(key->mki, bytes, key->mki_length) == 0;
}

static enum status open_rtp(struct srtp_receiver *receiver, struct srtp_passage *passage,
                            const uint8_t *tag, uint8_t *plain)
{
    struct source *source = find_source(receiver, passage->ssrc);
    uint64_t guesses[GUESSES_MAX];
    int count = guess_indices(source, sequence_of(passage->packet), guesses);
    for (int i = 0; i < count; i++) {
        passage->index = guesses[i];
        if (passage->index > RTP_INDEX_MAX)
            continue;
        if (source && !replay_window_admits(&source->rtp, passage->index))
            return STATUS_TIMED_OUT;
        if (srtp_cipher_open(receiver->rtp, passage, tag, plain) != STATUS_OK)
            continue;
        source = take_source(receiver, passage->ssrc);
        replay_window_add(&source->rtp, passage->index);
        return STATUS_OK;
    }
    return STATUS_REFUSED;
}

enum status srtp_receiver_open_rtp(struct srtp_receiver *receiver, struct slice datagram,
                                   uint8_t *packet, size_t *length)
{
    const struct srtp_suite_facts *facts = srtp_suite_facts(receiver->key.suite);
    const uint8_t *bytes = (const uint8_t *)datagram.data;
    size_t trailer = facts->rtp_tag_length + receiver->key.mki_length;
    if (datagram.length < trailer)
        return STATUS_MALFORMED;
    size_t inner = datagram.length - trailer;
    size_t header = rtp_packet_header_length(slice_first(datagram, inner));
    if (!header)
        return STATUS_MALFORMED;
    size_t mki = facts->is_aead ? inner + facts->rtp_tag_length : inner;
    size_t tag = facts->is_aead ? inner : inner + receiver->key.mki_length;
    struct srtp_passage passage = {
        .protocol = SRTP_RTP,
        .ssrc = read_uint32(bytes + 8),
        .packet = bytes,
        .header_length = header,
        .payload_length = inner - header,
    };
    if (!has_mki(&receiver->key, bytes + mki))
        return STATUS_REFUSED;
    enum status status = open_rtp(receiver, &passage, bytes + tag, packet + header);
    if (status != STATUS_OK)
        return status;
    memcpy(packet, bytes, header);
    *length = inner;
    return STATUS_OK;
}

static enum status open_rtcp(struct srtp_receiver *receiver, const struct srtp_passage *passage,
                             const uint8_t *tag, uint8_t *plain)
{
    struct source *source = find_source(receiver, passage->ssrc);
    if (!passage->is_encrypted)
        return STATUS_REFUSED;
    if (source && !replay_window_admits(&source->rtcp, passage->index))
        return STATUS_TIMED_OUT;
    if (srtp_cipher_open(receiver->rtcp, passage, tag, plain) != STATUS_OK)
        return STATUS_REFUSED;
    source = take_source(receiver, passage->ssrc);
    replay_window_add(&source->rtcp, passage->index);
    return STATUS_OK;
}

enum status srtp_receiver_open_rtcp(struct srtp_receiver *receiver, struct slice datagram,
                                    uint8_t *packet, size_t *length)
{
    const struct srtp_suite_facts *facts = srtp_suite_facts(receiver->key.suite);
    const uint8_t *bytes = (const uint8_t *)datagram.data;
    size_t trailer = RTCP_WORD_BYTES + facts->rtcp_tag_length + receiver->key.mki_length;
    if (datagram.length < RTCP_HEADER_BYTES + trailer || bytes[0] >> 6 != 2)
        return STATUS_MALFORMED;
    size_t inner = datagram.length - trailer;
    size_t word = facts->is_aead ? inner + facts->rtcp_tag_length : inner;
    size_t mki = word + RTCP_WORD_BYTES;
    size_t tag = facts->is_aead ? inner : mki + receiver->key.mki_length;
    struct srtp_passage passage = {
        .protocol = SRTP_RTCP,
        .ssrc = read_uint32(bytes + 4),
        .index = read_uint32(bytes + word) & RTCP_INDEX_MAX,
        .packet = bytes,
        .header_length = RTCP_HEADER_BYTES,
        .payload_length = inner - RTCP_HEADER_BYTES,
        .is_encrypted = read_uint32(bytes + word) & ENCRYPTED,
    };
    if (!has_mki(&receiver->key, bytes + mki))
        return STATUS_REFUSED;
    enum status status = open_rtcp(receiver, &passage, bytes + tag, packet + RTCP_HEADER_BYTES);
    if (status != STATUS_OK)
        return status;
    memcpy(packet, bytes, RTCP_HEADER_BYTES);
    *length = inner;
    return STATUS_OK;
}

void srtp_receiver_free(struct srtp_receiver *receiver)
{
    if (!receiver)
        return;
    srtp_cipher_free(receiver->rtp);
    srtp_cipher_free(receiver->rtcp);
    memory_erase(receiver, sizeof(*receiver));
    free(receiver);
}
