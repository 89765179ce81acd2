// SPDX-License-Identifier: ISC
// Nanoseconds to parse one INVITE with every header a user agent needs as structures. Built once
// for each parser, because their names clash; bench_parser.py runs them in turn.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef BENCH_OURS
#include "sip/message.h"
#endif
#ifdef BENCH_OSIP
#include <osipparser2/osip_parser.h>
#endif
#ifdef BENCH_SOFIA
#include <sofia-sip/msg.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>
#endif
#ifdef BENCH_RE
#include <re/re.h>
#endif

enum {
    ROUNDS = 15,
    PARSES = 2000
};

static const char invite[] =
    "INVITE sip:alice@192.0.2.7:40000;transport=tls SIP/2.0\r\n"
    "Record-Route: <sip:proxy1.example.com;transport=tls;lr;ftag=88sja8x>\r\n"
    "Record-Route: <sip:proxy2.example.com;lr>\r\n"
    "Via: SIP/2.0/TLS proxy1.example.com:5061;branch=z9hG4bK4b43c2ff8.1;rport=5061\r\n"
    "Via: SIP/2.0/TCP proxy2.example.com;branch=z9hG4bK4b43c2ff8.2;received=192.0.2.4\r\n"
    "Max-Forwards: 68\r\n"
    "From: \"Ada Lovelace\" <sip:+493012345910@example.org;user=phone>;tag=88sja8x\r\n"
    "To: <sip:alice@example.com>\r\n"
    "Call-ID: 987asjd97y7atg@client.example.org\r\n"
    "CSeq: 986759 INVITE\r\n"
    "Contact: <sip:ada@192.0.2.9:5060;transport=tcp>\r\n"
    "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK\r\n"
    "Supported: replaces, timer, 100rel\r\n"
    "P-Asserted-Identity: <sip:+493012345910@example.org>\r\n"
    "User-Agent: phone/1.0\r\n"
    "Content-Type: application/sdp\r\n"
    "Content-Length: 0\r\n\r\n";

static double now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

#ifdef BENCH_OURS
static void parse_ours(void)
{
    static struct arena *arena;
    struct sip_message *message;
    if (!arena)
        arena = arena_new();
    if (sip_message_parse(arena, slice_make(invite, sizeof(invite) - 1), &message) != STATUS_OK ||
        message->defect)
        abort();
    struct sip_address contact;
    if (sip_address_parse(sip_message_value(message, SIP_HEADER_CONTACT), &contact) != STATUS_OK)
        abort();
    arena_reset(arena);
}
#endif

#ifdef BENCH_OSIP
static void parse_osip(void)
{
    osip_message_t *message;
    osip_message_init(&message);
    if (osip_message_parse(message, invite, sizeof(invite) - 1) != 0)
        abort();
    osip_message_free(message);
}
#endif

#ifdef BENCH_SOFIA
static void parse_sofia(void)
{
    static const msg_mclass_t *class;
    if (!class)
        class = sip_default_mclass();
    msg_t *message = msg_make(class, 0, invite, (ssize_t)sizeof(invite) - 1);
    sip_t *sip = message ? sip_object(message) : NULL;
    if (!sip || !sip->sip_call_id)
        abort();
    msg_destroy(message);
}
#endif

#ifdef BENCH_RE
static void parse_re(void)
{
    struct mbuf *buffer = mbuf_alloc(sizeof(invite));
    struct sip_msg *message;
    mbuf_write_mem(buffer, (const uint8_t *)invite, sizeof(invite) - 1);
    buffer->pos = 0;
    if (sip_msg_decode(&message, buffer) != 0)
        abort();
    mem_deref(message);
    mem_deref(buffer);
}
#endif

int main(void)
{
    double best = 1e18;
#ifdef BENCH_OSIP
    parser_init();
#endif
    for (int round = 0; round < ROUNDS; round++) {
        double start = now_ns();
        for (int k = 0; k < PARSES; k++)
            PARSE();
        double time = (now_ns() - start) / PARSES;
        best = time < best ? time : best;
    }
    printf("%.0f\n", best);
    return 0;
}
