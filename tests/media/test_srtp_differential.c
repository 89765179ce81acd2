// SPDX-License-Identifier: ISC
// Our SRTP and libsrtp2 are given the same packets: what they send must be the same bytes, what
// they take must be the same packets, of every suite, with loss, reordering, replay, roll-over,
// damage and names of keys. An argument says how many packets; `make srtp-differential` makes ten
// million.
#include <stdio.h>

#ifndef HAVE_SRTP2
int main(void)
{
    puts("libsrtp2 (libsrtp2-dev) is not installed: there is nothing to compare with");
    return 77;
}
#else

#include "media/srtp.h"
#include "util/random.h"

#include <srtp2/srtp.h>

#include <stdlib.h>

enum {
    ROOM = 1024,
    RING = 256, // packets that may come late, or again
    SOURCES = 3,
    PACKETS_A_SESSION = 50000,
    PACKETS_IN_CHECK = 300000
};

struct packet {
    bool is_rtcp;
    size_t length;
    uint8_t bytes[ROOM];
};

struct stream {
    uint32_t ssrc;
    uint16_t sequence;
    bool has_sent;
    struct srtp_sender *sender;
};

struct session {
    struct srtp_key key;
    struct stream streams[SOURCES];
    struct srtp_receiver *receiver;
    srtp_t their_sender;
    srtp_t their_receiver;
    struct packet ring[RING];
    size_t sent;
};

static struct random chance;
static unsigned long differences;
static unsigned long compared;
static unsigned long accepted;
static unsigned long rolled;

static void differ(const char *what, const struct session *session)
{
    if (++differences <= 10)
        printf("%s: %s, packet %zu\n", srtp_suite_facts(session->key.suite)->name, what,
               session->sent);
}

static void set_policy(srtp_policy_t *policy, enum srtp_suite suite)
{
    static void (*const rtp[])(srtp_crypto_policy_t *) = {
        [SRTP_AEAD_AES_256_GCM] = srtp_crypto_policy_set_aes_gcm_256_16_auth,
        [SRTP_AEAD_AES_128_GCM] = srtp_crypto_policy_set_aes_gcm_128_16_auth,
        [SRTP_AES_256_CM_HMAC_SHA1_80] = srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80,
        [SRTP_AES_CM_128_HMAC_SHA1_80] = srtp_crypto_policy_set_rtp_default,
        [SRTP_AES_256_CM_HMAC_SHA1_32] = srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32,
        [SRTP_AES_CM_128_HMAC_SHA1_32] = srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32,
    };
    enum srtp_suite of_rtcp = suite;
    if (suite == SRTP_AES_256_CM_HMAC_SHA1_32)
        of_rtcp = SRTP_AES_256_CM_HMAC_SHA1_80;
    if (suite == SRTP_AES_CM_128_HMAC_SHA1_32)
        of_rtcp = SRTP_AES_CM_128_HMAC_SHA1_80;
    rtp[suite](&policy->rtp);
    rtp[of_rtcp](&policy->rtcp);
}

static srtp_t their_new(struct srtp_key *key, srtp_ssrc_type_t direction)
{
    srtp_master_key_t master = { key->master, key->mki, (unsigned)key->mki_length };
    srtp_master_key_t *masters[] = { &master };
    srtp_policy_t policy = { .ssrc = { .type = direction }, .window_size = 128 };
    srtp_t theirs;
    set_policy(&policy, key->suite);
    policy.key = key->master;
    if (key->mki_length) {
        policy.key = NULL;
        policy.keys = masters;
        policy.num_master_keys = 1;
    }
    if (srtp_create(&theirs, &policy) != srtp_err_status_ok) {
        printf("libsrtp2 knows no %s\n", srtp_suite_facts(key->suite)->name);
        exit(EXIT_FAILURE);
    }
    return theirs;
}

static void session_begin(struct session *session, enum srtp_suite suite)
{
    *session = (struct session){ .key = { .suite = suite } };
    /* libsrtp2 2.5 looks for the key's name of a report as if its tag were that of RTP. */
    const struct srtp_suite_facts *facts = srtp_suite_facts(suite);
    if (facts->rtp_tag_length == facts->rtcp_tag_length && random_below(&chance, 2))
        session->key.mki_length = 1 + random_below(&chance, 4);
    random_bytes(&chance, session->key.master, srtp_suite_master_length(suite));
    random_bytes(&chance, session->key.mki, session->key.mki_length);
    session->receiver = srtp_receiver_new(&session->key, NULL);
    session->their_sender = their_new(&session->key, ssrc_any_outbound);
    session->their_receiver = their_new(&session->key, ssrc_any_inbound);
    for (size_t i = 0; i < SOURCES; i++) {
        session->streams[i].ssrc = random_uint32(&chance);
        session->streams[i].sequence = (uint16_t)random_uint32(&chance);
        session->streams[i].sender = srtp_sender_new(&session->key);
    }
}

static void session_end(struct session *session)
{
    for (size_t i = 0; i < SOURCES; i++)
        srtp_sender_free(session->streams[i].sender);
    srtp_receiver_free(session->receiver);
    srtp_dealloc(session->their_sender);
    srtp_dealloc(session->their_receiver);
}

static void write_uint32(uint8_t *bytes, uint32_t number)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(number >> (24 - 8 * i));
}

/* Sequence numbers go up, now and then by much, so that they roll over often. */
static void make_packet(struct stream *stream, struct packet *packet)
{
    uint16_t before = stream->sequence;
    packet->is_rtcp = stream->has_sent && random_below(&chance, 20) == 0;
    packet->length = 12 + 4 * random_below(&chance, 60);
    random_bytes(&chance, packet->bytes, packet->length);
    packet->bytes[0] = 0x80;
    if (packet->is_rtcp) {
        packet->bytes[1] = 200;
        packet->bytes[2] = 0;
        packet->bytes[3] = (uint8_t)(packet->length / 4 - 1);
        write_uint32(packet->bytes + 4, stream->ssrc);
        return;
    }
    stream->sequence =
        (uint16_t)(before + 1 + (random_below(&chance, 8) ? 0 : random_below(&chance, 400)));
    rolled += stream->sequence < before;
    if (random_below(&chance, 4) == 0 && packet->length >= 12 + 12) {
        packet->bytes[0] = 0x91; /* a source, an extension of a word */
        packet->bytes[18] = 0;
        packet->bytes[19] = 1;
    } else {
        packet->length += random_below(&chance, 4);
    }
    packet->bytes[2] = (uint8_t)(stream->sequence >> 8);
    packet->bytes[3] = (uint8_t)stream->sequence;
    write_uint32(packet->bytes + 8, stream->ssrc);
}

static void send_packet(struct session *session, struct stream *stream, struct packet *packet)
{
    struct packet theirs;
    make_packet(stream, packet);
    theirs = *packet;
    int length = (int)theirs.length;
    unsigned has_mki = session->key.mki_length > 0;
    srtp_err_status_t their_status =
        packet->is_rtcp
            ? srtp_protect_rtcp_mki(session->their_sender, theirs.bytes, &length, has_mki, 0)
            : srtp_protect_mki(session->their_sender, theirs.bytes, &length, has_mki, 0);
    enum status status =
        packet->is_rtcp ? srtp_sender_protect_rtcp(stream->sender, packet->bytes, &packet->length)
                        : srtp_sender_protect_rtp(stream->sender, packet->bytes, &packet->length);
    compared++;
    if ((status == STATUS_OK) != (their_status == srtp_err_status_ok))
        differ("one of us does not send", session);
    else if (packet->length != (size_t)length ||
             memcmp(packet->bytes, theirs.bytes, packet->length) != 0)
        differ("other bytes are sent", session);
}

static void receive_packet(struct session *session, const struct packet *packet)
{
    uint8_t plain[ROOM];
    size_t plain_length = 0;
    struct packet theirs = *packet;
    struct slice datagram = slice_make((const char *)packet->bytes, packet->length);
    int length = (int)packet->length;
    unsigned has_mki = session->key.mki_length > 0;
    srtp_err_status_t their_status =
        packet->is_rtcp
            ? srtp_unprotect_rtcp_mki(session->their_receiver, theirs.bytes, &length, has_mki)
            : srtp_unprotect_mki(session->their_receiver, theirs.bytes, &length, has_mki);
    enum status status =
        packet->is_rtcp ? srtp_receiver_open_rtcp(session->receiver, datagram, plain, &plain_length)
                        : srtp_receiver_open_rtp(session->receiver, datagram, plain, &plain_length);
    compared++;
    if ((status == STATUS_OK) != (their_status == srtp_err_status_ok)) {
        differ(status == STATUS_OK ? "only we take it" : "only libsrtp2 takes it", session);
        return;
    }
    if (status != STATUS_OK)
        return;
    accepted++;
    if (plain_length != (size_t)length || memcmp(plain, theirs.bytes, plain_length) != 0)
        differ("other bytes are taken", session);
}

static void damage(struct packet *packet)
{
    uint32_t byte = random_below(&chance, (uint32_t)packet->length);
    if (random_below(&chance, 4) == 0)
        packet->length -= random_below(&chance, (uint32_t)packet->length);
    else if (byte < 8 || byte > 11) /* libsrtp2 keeps a stream for each SSRC that it is shown */
        packet->bytes[byte] ^= (uint8_t)(1 << random_below(&chance, 8));
}

/* What the network makes of it. The first packet of a source comes: without it libsrtp2 would not
 * know its roll-over counter, which we try. */
static void step(struct session *session)
{
    struct stream *stream = &session->streams[random_below(&chance, SOURCES)];
    struct packet *packet = &session->ring[session->sent++ % RING];
    bool is_first = !stream->has_sent;
    send_packet(session, stream, packet);
    stream->has_sent = true;
    uint32_t fate = random_below(&chance, 100);
    if (is_first || fate < 70)
        receive_packet(session, packet);
    size_t there = session->sent < RING ? session->sent : RING;
    struct packet other = session->ring[random_below(&chance, (uint32_t)there)];
    if (fate > 40 && fate < 75)
        receive_packet(session, &other);
    if (fate > 90) {
        damage(&other);
        receive_packet(session, &other);
    }
}

int main(int count, char **words)
{
    unsigned long wanted = count > 1 ? strtoul(words[1], NULL, 10) : PACKETS_IN_CHECK;
    static struct session session;
    random_init_number(&chance, 12);
    if (srtp_init() != srtp_err_status_ok)
        return EXIT_FAILURE;
    for (enum srtp_suite suite = SRTP_NONE + 1; compared < wanted;
         suite = suite + 1 == SRTP_SUITE_COUNT ? SRTP_NONE + 1 : suite + 1) {
        session_begin(&session, suite);
        while (session.sent < PACKETS_A_SESSION / 2 && compared < wanted)
            step(&session);
        session_end(&session);
    }
    srtp_shutdown();
    printf("%lu packets, %lu taken, %lu roll-overs, %lu differences\n", compared, accepted, rolled,
           differences);
    return differences ? EXIT_FAILURE : EXIT_SUCCESS;
}
#endif
