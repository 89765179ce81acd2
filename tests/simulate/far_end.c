// SPDX-License-Identifier: ISC
#include "tests/simulate/far_end.h"

#include "sip/message.h"
#include "util/list.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXT_BYTES = 8192,
    PEERS_MAX = 64,
    ACK_PATIENCE_MS = 32000,
    DELAY_MAX_MS = 400
};

struct letter {
    struct list_link link;
    time_ms at;
    char *text;
};

enum peer_state {
    PEER_IS_CALLING,   // us
    PEER_IS_CALLED,    // by us
    PEER_HAS_ANSWERED, // and waits for our ACK
    PEER_IS_UP,
    PEER_IS_OVER
};

struct peer {
    enum peer_state state;
    char call_id[128];
    char ours[256];   // From or To value of the line, with its tag
    char theirs[256]; // of the peer
    char branch[32];  // of the INVITE of theirs
    unsigned cseq;
    time_ms answered_at;
    bool is_refused; // its last INVITE
    bool is_spoilt;  // what it believes cannot be held against us
};

struct far_end {
    struct random *random;
    struct list letters;
    struct peer peers[PEERS_MAX];
    size_t count;
    unsigned last;
    bool behaves;
};

struct far_end *far_end_new(struct random *random)
{
    struct far_end *far = memory_new(sizeof(*far));
    far->random = random;
    list_init(&far->letters);
    return far;
}

static unsigned chance(struct far_end *far, unsigned bound)
{
    return random_below(far->random, bound);
}

/* One in so many; never of those who behave. */
static bool happens(struct far_end *far, unsigned one_in)
{
    return !far->behaves && !chance(far, one_in);
}

// --- letters

static void post(struct far_end *far, time_ms at, const char *text)
{
    struct letter *letter = memory_new(sizeof(*letter));
    letter->at = at;
    letter->text = memory_copy_text(text);
    list_append(&far->letters, &letter->link);
}

static void spoil(struct far_end *far, char *text)
{
    size_t length = strlen(text);
    for (unsigned i = 1 + chance(far, 3); i > 0; i--)
        text[chance(far, (unsigned)length)] = (char)(32 + chance(far, 95));
}

static void say(struct far_end *far, time_ms now, struct peer *peer, char *text)
{
    time_ms at = now + (far->behaves ? 5 : chance(far, DELAY_MAX_MS));
    if (happens(far, 60)) {
        if (peer)
            peer->is_spoilt = true;
        spoil(far, text);
    }
    post(far, at, text);
    if (happens(far, 30))
        post(far, at + chance(far, 2000), text);
}

time_ms far_end_deadline(const struct far_end *far)
{
    time_ms deadline = TIME_NEVER;
    list_for_each(link, &far->letters)
        deadline = time_earliest(deadline, list_entry(link, struct letter, link)->at);
    return deadline;
}

char *far_end_next(struct far_end *far, time_ms now)
{
    list_for_each_safe(link, &far->letters) {
        struct letter *letter = list_entry(link, struct letter, link);
        if (letter->at > now)
            continue;
        char *text = letter->text;
        list_remove(&far->letters, link);
        free(letter);
        return text;
    }
    return NULL;
}

void far_end_link_lost(struct far_end *far)
{
    char *text;
    while ((text = far_end_next(far, TIME_NEVER - 1)))
        free(text);
}

// --- peers

static struct peer *find(struct far_end *far, struct slice call_id)
{
    for (size_t i = 0; i < far->count; i++)
        if (slice_equal(slice_of(far->peers[i].call_id), call_id))
            return &far->peers[i];
    return NULL;
}

static struct peer *add(struct far_end *far)
{
    size_t index = far->count;
    if (index == PEERS_MAX)
        for (index = 0; index < PEERS_MAX - 1 && far->peers[index].state != PEER_IS_OVER; index++)
            ;
    else
        far->count++;
    far->peers[index] = (struct peer){ .cseq = 100 };
    return &far->peers[index];
}

static const char *description(struct far_end *far)
{
    static const char *const bodies[] = {
        "m=audio 6000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n",
        "m=audio 6000 RTP/AVP 0\r\na=sendonly\r\n",
        "m=audio 6000 RTP/AVP 0 8\r\na=inactive\r\n",
        "m=audio 6000 RTP/AVP 18\r\n",
        "m=audio 0 RTP/AVP 0\r\n",
        "m=video 6002 RTP/AVP 31\r\n",
        "",
    };
    static char text[512];
    snprintf(text, sizeof(text),
             "v=0\r\no=- 1 %u IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n%s",
             1 + chance(far, 5), bodies[happens(far, 3) ? chance(far, 7) : 0]);
    return text;
}

static void request(struct far_end *far, time_ms now, struct peer *peer, const char *method,
                    const char *lines, const char *body)
{
    char text[TEXT_BYTES];
    char branch[32];
    bool is_first = strcmp(method, "ACK") == 0 || strcmp(method, "CANCEL") == 0;
    snprintf(branch, sizeof(branch), "z9hG4bKf%u", ++far->last);
    unsigned cseq = is_first ? peer->cseq : ++peer->cseq;
    if (strcmp(method, "CANCEL") == 0 || (strcmp(method, "ACK") == 0 && peer->is_refused))
        snprintf(branch, sizeof(branch), "%s", peer->branch);
    if (strcmp(method, "INVITE") == 0)
        snprintf(peer->branch, sizeof(peer->branch), "%s", branch);
    snprintf(text, sizeof(text),
             "%s sip:alice@192.0.2.7:40000 SIP/2.0\r\nVia: SIP/2.0/TLS edge:5061;branch=%s\r\n"
             "Max-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u %s\r\n"
             "Contact: <sip:ada@192.0.2.9>\r\n%sContent-Length: %zu\r\n\r\n%s",
             method, branch, peer->theirs, peer->ours, peer->call_id, cseq, method, lines,
             strlen(body), body);
    say(far, now, peer, text);
}

#define SDP_TYPE "Content-Type: application/sdp\r\n"

static void call_line(struct far_end *far, time_ms now)
{
    struct peer *peer = add(far);
    bool has_offer = !happens(far, 6);
    char lines[512];
    peer->state = PEER_IS_CALLING;
    snprintf(peer->call_id, sizeof(peer->call_id), "in%u@far", ++far->last);
    snprintf(peer->ours, sizeof(peer->ours), "<sip:alice@example.com>");
    snprintf(peer->theirs, sizeof(peer->theirs), "<sip:ada@example.org>;tag=t%u", ++far->last);
    snprintf(lines, sizeof(lines), "%s%s%s%s", happens(far, 4) ? "Supported: 100rel\r\n" : "",
             happens(far, 3) ? "Session-Expires: 90;refresher=uac\r\nSupported: timer\r\n" : "",
             happens(far, 3) ? "Allow: INVITE, BYE, UPDATE, INFO\r\n" : "",
             has_offer ? SDP_TYPE : "");
    request(far, now, peer, "INVITE", lines, has_offer ? description(far) : "");
}

/* Inside a call, or of an INVITE that is not answered yet. */
static void act_in_call(struct far_end *far, time_ms now, struct peer *peer)
{
    if (peer->state == PEER_IS_CALLING) {
        request(far, now, peer, "CANCEL", "", "");
        return;
    }
    switch (chance(far, 8)) {
    case 0:
    case 1:
        request(far, now, peer, "BYE", "", "");
        break;
    case 2:
        request(far, now, peer, "INVITE", SDP_TYPE, description(far));
        break;
    case 3:
        request(far, now, peer, "UPDATE", SDP_TYPE, description(far));
        break;
    case 4:
        request(far, now, peer, "INFO", "Content-Type: application/dtmf-relay\r\n",
                "Signal=5\r\nDuration=160\r\n");
        break;
    case 5:
        request(far, now, peer, "REFER", "Refer-To: <sip:carol@example.com>\r\n", "");
        break;
    case 6:
        request(far, now, peer, "PRACK", "RAck: 1 100 INVITE\r\n", "");
        break;
    default:
        request(far, now, peer, chance(far, 2) ? "OPTIONS" : "NOTIFY", "", "");
        break;
    }
}

void far_end_act(struct far_end *far, time_ms now)
{
    struct peer *peer = far->count ? &far->peers[chance(far, (unsigned)far->count)] : NULL;
    bool is_in_call = peer && (peer->state == PEER_IS_CALLING || peer->state == PEER_IS_UP);
    if (far->behaves)
        return;
    if (is_in_call && chance(far, 4))
        act_in_call(far, now, peer);
    else
        call_line(far, now);
}

void far_end_behave(struct far_end *far)
{
    far->behaves = true;
}

// --- answers

static void respond(struct far_end *far, time_ms now, struct peer *peer,
                    const struct sip_message *message, unsigned status, const char *tag,
                    const char *lines, const char *body)
{
    char text[TEXT_BYTES];
    snprintf(text, sizeof(text),
             "SIP/2.0 %u Reason\r\nVia: %.*s\r\nFrom: %.*s\r\nTo: %.*s%s%s\r\nCall-ID: %.*s\r\n"
             "CSeq: %.*s\r\n%sContent-Length: %zu\r\n\r\n%s",
             status, SLICE_PRINT(sip_message_value(message, SIP_HEADER_VIA)),
             SLICE_PRINT(sip_message_value(message, SIP_HEADER_FROM)),
             SLICE_PRINT(sip_message_value(message, SIP_HEADER_TO)),
             message->to_tag.length ? "" : ";tag=", message->to_tag.length ? "" : tag,
             SLICE_PRINT(sip_message_value(message, SIP_HEADER_CALL_ID)),
             SLICE_PRINT(sip_message_value(message, SIP_HEADER_CSEQ)), lines, strlen(body), body);
    say(far, now, peer, text);
}

static void refuse(struct far_end *far, time_ms now, struct peer *peer,
                   const struct sip_message *message)
{
    static const unsigned statuses[] = { 400, 403, 404, 408, 480, 481, 486, 488,
                                         491, 500, 501, 503, 600, 302, 422, 405 };
    static const char *const lines[] = { "", "Retry-After: 1\r\n", "Retry-After: 30\r\n",
                                         "Min-SE: 120\r\n", "Contact: <sip:x@example.com>\r\n" };
    respond(far, now, peer, message, statuses[chance(far, 16)], "ref", lines[chance(far, 5)], "");
}

static void challenge(struct far_end *far, time_ms now, struct peer *peer,
                      const struct sip_message *message)
{
    char lines[256];
    snprintf(lines, sizeof(lines),
             "%s: Digest realm=\"example.com\", nonce=\"n%u\", algorithm=SHA-256, qop=\"auth\"\r\n",
             message->method == SIP_METHOD_REGISTER ? "WWW-Authenticate" : "Proxy-Authenticate",
             ++far->last);
    respond(far, now, peer, message, message->method == SIP_METHOD_REGISTER ? 401 : 407, "chal",
            lines, "");
}

static void hear_register(struct far_end *far, time_ms now, const struct sip_message *message)
{
    char lines[2048];
    if (happens(far, 12))
        return;
    if (happens(far, 6)) {
        challenge(far, now, NULL, message);
        return;
    }
    if (happens(far, 10)) {
        refuse(far, now, NULL, message);
        return;
    }
    snprintf(lines, sizeof(lines), "Contact: %.*s\r\nExpires: 600\r\n",
             SLICE_PRINT(sip_message_value(message, SIP_HEADER_CONTACT)));
    respond(far, now, NULL, message, 200, "reg", lines, "");
}

static struct peer *called_by(struct far_end *far, const struct sip_message *invite)
{
    struct peer *peer = find(far, invite->call_id);
    if (peer)
        return peer;
    peer = add(far);
    peer->state = PEER_IS_CALLED;
    snprintf(peer->call_id, sizeof(peer->call_id), "%.*s", SLICE_PRINT(invite->call_id));
    snprintf(peer->ours, sizeof(peer->ours), "%.*s",
             SLICE_PRINT(sip_message_value(invite, SIP_HEADER_FROM)));
    return peer;
}

static void answer_call(struct far_end *far, time_ms now, struct peer *peer,
                        const struct sip_message *invite)
{
    char tag[16];
    snprintf(tag, sizeof(tag), "u%u", ++far->last);
    snprintf(peer->theirs, sizeof(peer->theirs), "%.*s;tag=%s",
             SLICE_PRINT(sip_message_value(invite, SIP_HEADER_TO)), tag);
    peer->state = PEER_HAS_ANSWERED;
    peer->answered_at = now;
    respond(far, now, peer, invite, 200, tag,
            "Contact: <sip:bob@192.0.2.9>\r\nAllow: INVITE, BYE, UPDATE\r\n" SDP_TYPE,
            description(far));
}

static void hear_invite(struct far_end *far, time_ms now, const struct sip_message *invite)
{
    struct peer *peer = called_by(far, invite);
    if (invite->to_tag.length) { /* a change */
        if (peer->state == PEER_IS_OVER)
            respond(far, now, peer, invite, 481, "x", "", "");
        else if (happens(far, 3))
            refuse(far, now, peer, invite);
        else if (!happens(far, 10))
            respond(far, now, peer, invite, 200, "x", "Contact: <sip:bob@192.0.2.9>\r\n" SDP_TYPE,
                    description(far));
        return;
    }
    if (happens(far, 12))
        return;
    if (happens(far, 2))
        respond(far, now, peer, invite, happens(far, 2) ? 180 : 100, "ring", "", "");
    if (happens(far, 5)) {
        challenge(far, now, peer, invite);
    } else if (happens(far, 4)) {
        peer->state = PEER_IS_OVER;
        refuse(far, now, peer, invite);
    } else if (!happens(far, 6)) {
        answer_call(far, now, peer, invite);
        if (happens(far, 8)) /* another one of the fork */
            answer_call(far, now, peer, invite);
    }
}

static void hear_request(struct far_end *far, time_ms now, const struct sip_message *message)
{
    struct peer *peer = find(far, message->call_id);
    switch (message->method) {
    case SIP_METHOD_REGISTER:
        hear_register(far, now, message);
        return;
    case SIP_METHOD_INVITE:
        hear_invite(far, now, message);
        return;
    case SIP_METHOD_ACK:
        if (peer && peer->state == PEER_HAS_ANSWERED)
            peer->state = PEER_IS_UP;
        return;
    case SIP_METHOD_BYE:
    case SIP_METHOD_CANCEL:
        if (peer && (message->method == SIP_METHOD_BYE || peer->state == PEER_IS_CALLED))
            peer->state = PEER_IS_OVER;
        break;
    default:
        break;
    }
    if (happens(far, 8))
        return;
    if (happens(far, 4))
        refuse(far, now, peer, message);
    else
        respond(far, now, peer, message, 200, "any", "", "");
}

static void hear_response(struct far_end *far, time_ms now, const struct sip_message *message)
{
    struct peer *peer = find(far, message->call_id);
    if (!peer || message->status < 200)
        return;
    if (message->method == SIP_METHOD_BYE && message->status != 401 && message->status != 407)
        peer->state = PEER_IS_OVER;
    if (message->method != SIP_METHOD_INVITE)
        return;
    unsigned cseq = peer->cseq;
    peer->cseq = message->cseq;
    peer->is_refused = message->status >= 300;
    if (message->to_tag.length)
        snprintf(peer->ours, sizeof(peer->ours), "%.*s",
                 SLICE_PRINT(sip_message_value(message, SIP_HEADER_TO)));
    if (!happens(far, 15))
        request(far, now, peer, "ACK", "", "");
    else
        peer->is_spoilt = true;
    peer->cseq = cseq;
    if (peer->state == PEER_IS_CALLING)
        peer->state = message->status < 300 ? PEER_IS_UP : PEER_IS_OVER;
}

void far_end_hear(struct far_end *far, time_ms now, struct slice bytes)
{
    struct sip_message *message;
    struct arena *arena = arena_new();
    if (sip_message_parse(arena, bytes, &message) != STATUS_OK)
        abort(); /* what we send can be read */
    if (message->is_request)
        hear_request(far, now, message);
    else
        hear_response(far, now, message);
    arena_free(arena);
}

const char *far_end_left(struct far_end *far, time_ms now)
{
    for (size_t i = 0; i < far->count; i++) {
        const struct peer *peer = &far->peers[i];
        bool is_patient =
            peer->state == PEER_HAS_ANSWERED && now < peer->answered_at + ACK_PATIENCE_MS;
        if (!peer->is_spoilt && (peer->state == PEER_IS_UP || is_patient))
            return peer->call_id;
    }
    return NULL;
}

void far_end_free(struct far_end *far)
{
    far_end_link_lost(far);
    free(far);
}
