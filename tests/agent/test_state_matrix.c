// SPDX-License-Identifier: ISC
// Threat S14: every method, in every state of a call, with every mandatory header missing or given
// twice, and whole requests that are wrong by their place: 14 methods × 9 states × (12 + 7)
// columns. A fresh agent is brought into the state; the oracle says what may be answered and what
// may happen; afterwards the call must still be there and end as it should, once, leaving nothing.
#include "agent/agent.h"
#include "agent/capabilities.h"
#include "agent/decision.h"
#include "sip/endpoint.h"
#include "util/log.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MESSAGE_BYTES = 4096,
    FINALS_MAX = 4,
    FIRST_CSEQ = 100, // of the INVITE
    NEXT_CSEQ = 200,  // of the request under test
    LAST_CSEQ = 300,  // of the BYE that ends the call
    OLD_CSEQ = 50
};

enum column {
    MISSING, // and the other mandatory headers behind it
    TWICE = 6,
    WHOLE = 12, // nothing is wrong
    OLD,        // a lower CSeq than one seen
    FOREIGN,    // a To tag that is not ours
    OUTSIDE,    // no To tag
    MERGED,     // the INVITE by another way
    REPEATED,
    EXTENSION, // Require: something unknown
    COLUMN_COUNT
};

static const char *const mandatory[] = { "Via", "From", "To", "Call-ID", "CSeq", "Max-Forwards" };
static const char *const column_names[] = { "whole",  "old",      "foreign",  "outside",
                                            "merged", "repeated", "extension" };

// What came out since the last look.
struct tally {
    unsigned finals[FINALS_MAX]; // answers to the request under test
    unsigned final_count;
    unsigned trying;
    unsigned terminated; // 487 to the INVITE
    unsigned requests;   // of ours
    unsigned others;     // other responses
    unsigned events[EVENT_COUNT];
    unsigned items[OUTBOX_STOPPED + 1];
};

struct bench {
    time_ms now;
    struct random random;
    struct agent_settings settings;
    struct agent *agent;
    struct arena *arena;
    struct tally tally;
    unsigned ended; // events `ended` and ports since the beginning
    unsigned opened;
    unsigned closed;
    uint32_t call;      // the first
    const char *method; // of the request under test
    const char *branch;
    char call_id[64];
    char to_tag[64];             // ours in the dialog
    char request[MESSAGE_BYTES]; // the last one of ours
    char invite[MESSAGE_BYTES];  // the last INVITE of ours
};

struct request {
    const char *method;
    const char *lines; // what the method needs
    const char *branch;
    const char *call_id;
    const char *to_tag; // "" without
    unsigned cseq;
    enum column column;
};

static const char offer[] =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
    "m=audio 6000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n";
static const char hold[] = "v=0\r\no=- 1 2 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\n"
                           "t=0 0\r\nm=audio 6000 RTP/AVP 0\r\na=sendonly\r\n";

// --- messages in and out

static void add_line(char *text, const struct request *request, size_t header, const char *value)
{
    size_t length = strlen(text);
    size_t copies = request->column == MISSING + header ? 0 : 1;
    if (request->column == TWICE + header)
        copies = 2;
    for (size_t i = 0; i < copies; i++)
        length += (size_t)snprintf(text + length, MESSAGE_BYTES - length, "%s: %s\r\n",
                                   mandatory[header], value);
}

static void write_request(const struct request *request, const char *body, char *text)
{
    char value[256];
    size_t length;
    snprintf(text, MESSAGE_BYTES, "%s sip:alice@192.0.2.7:40000;transport=tls SIP/2.0\r\n",
             request->method);
    snprintf(value, sizeof(value), "SIP/2.0/TLS proxy.example.com:5061;branch=z9hG4bK%s",
             request->branch);
    add_line(text, request, 0, value);
    add_line(text, request, 1, "<sip:ada@example.org>;tag=theirs");
    snprintf(value, sizeof(value), "<sip:alice@example.com>%s%s", request->to_tag[0] ? ";tag=" : "",
             request->to_tag);
    add_line(text, request, 2, value);
    add_line(text, request, 3, request->call_id);
    snprintf(value, sizeof(value), "%u %s", request->cseq, request->method);
    add_line(text, request, 4, value);
    add_line(text, request, 5, "70");
    length = strlen(text);
    snprintf(text + length, MESSAGE_BYTES - length,
             "Contact: <sip:ada@192.0.2.9:5060>\r\n%s%s%sContent-Length: %zu\r\n\r\n%s",
             request->lines, request->column == EXTENSION ? "Require: teleportation\r\n" : "",
             body[0] ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
}

static void note_response(struct bench *bench, const char *text)
{
    char branch[64];
    char method[32];
    unsigned status = (unsigned)strtoul(text + 8, NULL, 10);
    const char *cseq = strstr(text, "\r\nCSeq: ");
    const char *tag = strstr(strstr(text, "\r\nTo: "), ";tag=");
    size_t length = tag ? strcspn(tag + 5, "\r;") : 0;
    snprintf(branch, sizeof(branch), "branch=z9hG4bK%s\r", bench->branch);
    if (bench->to_tag[0] == '\0' && length && length < sizeof(bench->to_tag))
        memcpy(bench->to_tag, tag + 5, length);
    snprintf(method, sizeof(method), " %s\r", bench->method);
    if (status == 100)
        bench->tally.trying++;
    else if (status == 487 && strstr(cseq, " INVITE\r"))
        bench->tally.terminated++;
    else if (strstr(text, branch) && strstr(cseq, method) && bench->tally.final_count < FINALS_MAX)
        bench->tally.finals[bench->tally.final_count++] = status;
    else
        bench->tally.others++;
}

static void note_sent(struct bench *bench, struct slice bytes)
{
    char text[MESSAGE_BYTES];
    snprintf(text, sizeof(text), "%.*s", SLICE_PRINT(bytes));
    if (strncmp(text, "SIP/2.0 ", 8) == 0) {
        note_response(bench, text);
    } else {
        bench->tally.requests++;
        memcpy(bench->request, text, sizeof(text));
        if (strncmp(text, "INVITE ", 7) == 0)
            memcpy(bench->invite, text, sizeof(text));
    }
}

static void pump(struct bench *bench)
{
    struct agent_output output;
    while (agent_next_output(bench->agent, bench->now, &output)) {
        switch (output.kind) {
        case AGENT_BINDING:
            break;
        case AGENT_SEND:
            note_sent(bench, output.bytes);
            break;
        case AGENT_EVENT:
            bench->tally.events[output.event.kind]++;
            if (output.transaction)
                agent_event_taken(bench->agent, bench->now, output.transaction, true);
            bench->ended += output.event.kind == EVENT_ENDED;
            if (!bench->call)
                bench->call = output.event.call;
            if (output.event.kind == EVENT_TRANSFER) /* no hook decides */
                agent_decide_default(bench->agent, bench->now, output.event.call);
            break;
        case AGENT_OUTBOX:
            bench->tally.items[output.item.kind]++;
            bench->closed += output.item.kind == OUTBOX_MEDIA_CLOSE;
            break;
        }
    }
    arena_reset(bench->arena);
}

static void receive(struct bench *bench, const char *text)
{
    struct sip_message *message;
    if (sip_message_parse(bench->arena, slice_of(text), &message) == STATUS_OK)
        agent_receive(bench->agent, bench->now, message);
    pump(bench);
}

static void send_request(struct bench *bench, const struct request *request, const char *body)
{
    char text[MESSAGE_BYTES];
    write_request(request, body, text);
    receive(bench, text);
}

// A response to a request of ours; the far end has the tag "theirs".
static void respond(struct bench *bench, const char *request, const char *status, const char *lines,
                    const char *body)
{
    static const char *const copied[] = { "Via: ", "From: ", "To: ", "Call-ID: ", "CSeq: " };
    char text[MESSAGE_BYTES];
    size_t length = (size_t)snprintf(text, sizeof(text), "SIP/2.0 %s\r\n", status);
    for (size_t i = 0; i < sizeof(copied) / sizeof(*copied); i++) {
        char key[16];
        snprintf(key, sizeof(key), "\r\n%s", copied[i]);
        const char *found = strstr(request, key) + 2;
        size_t value = strcspn(found, "\r");
        bool wants_tag = i == 2 && !memmem(found, value, ";tag=", 5);
        length += (size_t)snprintf(text + length, sizeof(text) - length, "%.*s%s\r\n", (int)value,
                                   found, wants_tag ? ";tag=theirs" : "");
    }
    snprintf(text + length, sizeof(text) - length, "%s%sContent-Length: %zu\r\n\r\n%s", lines,
             body[0] ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
    receive(bench, text);
}

static void accept_request(struct bench *bench, const char *lines)
{
    respond(bench, bench->request, "200 OK", lines, "");
}

// --- the states

static void send_of_call(struct bench *bench, const char *method, const char *branch, unsigned cseq,
                         const char *body)
{
    struct request request = { .method = method,
                               .lines = "",
                               .branch = branch,
                               .call_id = bench->call_id,
                               .to_tag = bench->to_tag,
                               .cseq = cseq,
                               .column = WHOLE };
    send_request(bench, &request, body);
}

static void decide(struct bench *bench, const char *words)
{
    struct action action = { .code = 0 };
    const char *why;
    enum status status = decision_parse(slice_of(words), &action, &why);
    action.call = bench->call;
    if (status == STATUS_OK)
        status = agent_act(bench->agent, bench->now, &action, &why);
    if (status != STATUS_OK)
        abort(); // the set-up is wrong
    pump(bench);
}

static void open_media(struct bench *bench)
{
    struct net_address rtp;
    (void)!net_address_parse(slice_of("192.0.2.7"), 20000, &rtp);
    agent_media_opened(bench->agent, bench->now, bench->call, &rtp, 20001);
    bench->opened++;
    pump(bench);
}

static void be_idle(struct bench *bench)
{
    (void)bench;
}

static void be_ringing(struct bench *bench)
{
    send_of_call(bench, "INVITE", "invite", FIRST_CSEQ, offer);
    agent_own(bench->agent, bench->call, OWNER_HOOK, 0);
    decide(bench, "ring");
}

static void be_early(struct bench *bench)
{
    be_ringing(bench);
    decide(bench, "progress");
    open_media(bench);
}

static void be_answered(struct bench *bench)
{
    be_early(bench);
    decide(bench, "answer");
}

static void be_up(struct bench *bench)
{
    be_answered(bench);
    send_of_call(bench, "ACK", "ack", FIRST_CSEQ, "");
}

static void be_held(struct bench *bench)
{
    be_up(bench);
    send_of_call(bench, "INVITE", "hold", FIRST_CSEQ + 1, hold);
    send_of_call(bench, "ACK", "hold-ack", FIRST_CSEQ + 1, "");
}

static void be_draining(struct bench *bench)
{
    be_up(bench);
    agent_disown(bench->agent, bench->now, bench->call, OWNER_HOOK, 0);
    pump(bench);
}

static void hang_up(struct bench *bench)
{
    struct action action = { .kind = ACTION_HANGUP, .call = bench->call };
    const char *why;
    if (agent_act(bench->agent, bench->now, &action, &why) != STATUS_OK)
        abort(); // the set-up is wrong
    pump(bench);
}

static void be_ending(struct bench *bench)
{
    be_up(bench);
    hang_up(bench);
}

static void be_over(struct bench *bench)
{
    be_up(bench);
    send_of_call(bench, "BYE", "bye", FIRST_CSEQ + 1, "");
}

// The identity of our dialog, from our INVITE.
static void learn_dialog(struct bench *bench)
{
    const char *tag = strstr(strstr(bench->invite, "\r\nFrom: "), ";tag=") + 5;
    const char *call_id = strstr(bench->invite, "\r\nCall-ID: ") + 11;
    snprintf(bench->to_tag, sizeof(bench->to_tag), "%.*s", (int)strcspn(tag, "\r;"), tag);
    snprintf(bench->call_id, sizeof(bench->call_id), "%.*s", (int)strcspn(call_id, "\r"), call_id);
}

static void be_calling(struct bench *bench)
{
    struct call_order order = { .target = slice_of("sip:bob@example.com"), .wait_s = 10 };
    const char *why;
    if (agent_dial(bench->agent, bench->now, &order, &bench->call, &why) != STATUS_OK)
        abort(); // the set-up is wrong
    agent_own(bench->agent, bench->call, OWNER_HOOK, 0);
    agent_decide_default(bench->agent, bench->now, bench->call);
    pump(bench);
    open_media(bench);
    learn_dialog(bench);
    respond(bench, bench->invite, "100 Trying", "", "");
}

// A first request of theirs makes later ones old.
static void be_ringing_out(struct bench *bench)
{
    be_calling(bench);
    respond(bench, bench->invite, "180 Ringing", "Contact: <sip:bob@192.0.2.9>\r\n", "");
    send_of_call(bench, "OPTIONS", "first", FIRST_CSEQ, "");
}

static void be_up_out(struct bench *bench)
{
    be_ringing_out(bench);
    respond(bench, bench->invite, "200 OK", "Contact: <sip:bob@192.0.2.9>\r\n", offer);
}

static void be_cancelled(struct bench *bench)
{
    be_ringing_out(bench);
    hang_up(bench);
}

static void finish_bye(struct bench *bench)
{
    accept_request(bench, "");
}

static void finish_cancel(struct bench *bench)
{
    accept_request(bench, "");
    respond(bench, bench->invite, "487 Request Terminated", "", "");
}

static void finish_calling(struct bench *bench)
{
    hang_up(bench);
    finish_cancel(bench);
}

// A state is a row.
static const struct state {
    const char *name;
    void (*enter)(struct bench *bench);
    void (*finish)(struct bench *bench); // where a BYE of theirs does not
    enum call_state state;
    bool has_call;        // there is or was one
    bool has_invite;      // the transaction of an INVITE of theirs is there
    bool has_dialog;      // where their requests are known
    bool is_pending;      // that INVITE has no final answer
    bool is_ended_by_bye; // a BYE of theirs is its end
    const char *reinvite; // what an INVITE inside the dialog gets
} states[] = {
    { "no call", be_idle, NULL, CALL_OVER, false, false, false, false, false, "481" },
    { "ringing", be_ringing, NULL, CALL_DECIDING, true, true, true, true, true, "500" },
    { "early media", be_early, NULL, CALL_DECIDING, true, true, true, true, true, "500" },
    { "answered", be_answered, NULL, CALL_ANSWERED, true, true, true, false, true, "200" },
    { "up", be_up, NULL, CALL_UP, true, true, true, false, true, "200" },
    { "held", be_held, NULL, CALL_UP, true, true, true, false, true, "200" },
    { "draining", be_draining, NULL, CALL_DRAINING, true, true, true, false, true, "200" },
    { "ending", be_ending, finish_bye, CALL_ENDING, true, true, true, false, false, "481" },
    { "over", be_over, NULL, CALL_OVER, true, true, false, false, false, "481" },
    { "calling", be_calling, finish_calling, CALL_CALLING, true, false, false, false, false,
      "481" },
    { "ringing out", be_ringing_out, finish_calling, CALL_RINGING, true, false, true, false, false,
      "500" },
    { "up out", be_up_out, NULL, CALL_UP, true, false, true, false, true, "200" },
    { "cancelled", be_cancelled, finish_cancel, CALL_ENDING, true, false, true, false, false,
      "481" },
};

// --- the oracle

// What each gets inside a dialog and outside: INVITE, ACK and CANCEL have their own rules, what we
// do not know gets 405.
static const struct method {
    const char *name;
    const char *lines;
    const char *inside;
    const char *outside;
} methods[] = {
    { "INVITE", "", "", "" },
    { "ACK", "", "", "" },
    { "BYE", "", "200", "481" },
    { "CANCEL", "", "", "" },
    { "OPTIONS", "", "200", "200" },
    { "REGISTER", "", "", "" },
    { "INFO", "", "200", "481" },
    { "PRACK", "RAck: 1 100 INVITE\r\n", "481", "481" },
    { "UPDATE", "", "200", "481" },
    { "MESSAGE", "", "200", "200" },
    { "REFER", "Refer-To: <sip:bob@example.org>\r\n", "603", "603" },
    { "NOTIFY", "Event: refer\r\nSubscription-State: active\r\n", "481", "489" },
    { "SUBSCRIBE", "Event: refer\r\n", "", "" },
    { "TELEPORT", "", "", "" },
};

struct verdict {
    const char *statuses; // one of these, once; "" none
    bool ends;            // the call
    bool begins;          // another call
    bool connects;        // the ACK comes
};

static bool is_inside(enum column column)
{
    return column != OUTSIDE && column != MERGED;
}

static struct verdict judge_cancel(const struct state *state, enum column column)
{
    if (!state->has_invite || !is_inside(column))
        return (struct verdict){ .statuses = "481" };
    return (struct verdict){ .statuses = "200", .ends = state->is_pending };
}

static struct verdict judge_inside(const struct state *state, const struct method *method,
                                   enum column column)
{
    struct verdict verdict = { .statuses = method->inside };
    if (!state->has_dialog || column == FOREIGN)
        verdict.statuses = "481";
    else if (column == OLD)
        verdict.statuses = "500";
    else if (strcmp(method->name, "INVITE") == 0)
        verdict.statuses = state->reinvite;
    else if (state->state == CALL_ENDING && strstr("UPDATE REFER", method->name))
        verdict.statuses = "481"; // nothing new is begun behind a BYE
    else
        verdict.ends = strcmp(method->name, "BYE") == 0 && state->is_ended_by_bye;
    return verdict;
}

static struct verdict judge_whole(const struct state *state, const struct method *method,
                                  enum column column)
{
    bool is_invite = strcmp(method->name, "INVITE") == 0;
    if (strcmp(method->name, "ACK") == 0)
        return (struct verdict){ .statuses = "",
                                 .connects = state->state == CALL_ANSWERED &&
                                             (column == WHOLE || column == REPEATED ||
                                              column == EXTENSION) };
    if (strcmp(method->name, "CANCEL") == 0)
        return judge_cancel(state, column);
    if (is_invite && column == MERGED && state->has_invite)
        return (struct verdict){ .statuses = "482" };
    if (!capabilities_has_method(sip_method_from_text(slice_of(method->name))))
        return (struct verdict){ .statuses = "405" };
    if (column == EXTENSION)
        return (struct verdict){ .statuses = "420" };
    if (is_inside(column))
        return judge_inside(state, method, column);
    if (is_invite)
        return (struct verdict){ .statuses = "", .begins = true };
    return (struct verdict){ .statuses = method->outside };
}

// What is twice in the request is nothing to what ends something: the first value counts; for the
// others it is when the method needs it.
static bool is_forgiven(const struct method *method, enum column column)
{
    bool ends = strcmp(method->name, "ACK") == 0 || strcmp(method->name, "BYE") == 0 ||
                strcmp(method->name, "CANCEL") == 0;
    bool is_hops = column == TWICE + 5;
    return column >= TWICE && (ends || (is_hops && strcmp(method->name, "INVITE") != 0));
}

// What cannot be answered is dropped: an answer repeats Via, From, To, Call-ID and CSeq. Without
// Max-Forwards one is as good as any, and two Vias are a way with two stations.
static struct verdict judge(const struct state *state, const struct method *method,
                            enum column column)
{
    if (column >= WHOLE)
        return judge_whole(state, method, column);
    if (column == MISSING + 5 || column == TWICE || is_forgiven(method, column))
        return judge_whole(state, method, WHOLE);
    if (column < TWICE || strcmp(method->name, "ACK") == 0)
        return (struct verdict){ .statuses = "" };
    return (struct verdict){ .statuses = "400" };
}

// --- one row

static struct bench *bench_new(const struct state *state)
{
    static const char *const dial_allow[] = { "*" };
    struct bench *bench = memory_new(sizeof(*bench));
    struct agent_link link = { .is_tls = true };
    bench->method = bench->branch = "none";
    snprintf(bench->call_id, sizeof(bench->call_id), "call@example.org");
    bench->settings = (struct agent_settings){
        .line = "home",
        .aor = "sips:alice@example.com",
        .username = "alice",
        .password = "secret",
        .instance_id = "",
        .route = "",
        .expires_s = 600,
        .calls_max = 2,
        .dial_allow = dial_allow,
        .dial_allow_count = 1,
        .dial_max_calls = 1,
        .dial_per_hour = 1,
        .incoming = { .kind = ACTION_REJECT, .code = 480 },
        .codecs = { CODEC_PCMA, CODEC_PCMU },
        .codec_count = 2,
    };
    random_init_number(&bench->random, 7);
    bench->now = 1000000;
    bench->arena = arena_new();
    bench->agent = agent_new(&bench->settings, &bench->random);
    (void)!net_address_parse(slice_of("192.0.2.7"), 40000, &link.local);
    agent_link_up(bench->agent, bench->now, &link);
    pump(bench);
    accept_request(bench, "Contact: <sips:alice@192.0.2.7:40000;transport=tls>;expires=600\r\n");
    state->enter(bench);
    return bench;
}

static void bench_free(struct bench *bench)
{
    agent_free(bench->agent);
    arena_free(bench->arena);
    free(bench);
}

// 40 seconds: longer than any transaction of ours lives.
static void wait_for_the_end(struct bench *bench)
{
    time_ms end = bench->now + 40000;
    while (bench->now < end) {
        time_ms next = agent_deadline(bench->agent);
        bench->now = next > bench->now && next < end ? next : end;
        agent_timeout(bench->agent, bench->now);
        pump(bench);
    }
}

static const char *call_id_of(const struct bench *bench, enum column column)
{
    return column == OUTSIDE ? "other@example.org" : bench->call_id;
}

static void send_under_test(struct bench *bench, const struct state *state,
                            const struct method *method, enum column column)
{
    bool is_cancel = strcmp(method->name, "CANCEL") == 0;
    bool is_ack = strcmp(method->name, "ACK") == 0;
    bool is_initial = is_cancel || is_ack || column == MERGED;
    char to_tag[64] = "";
    struct request request = { .method = method->name,
                               .lines = method->lines,
                               .branch = is_cancel && is_inside(column) ? "invite" : "test",
                               .call_id = call_id_of(bench, column),
                               .to_tag = to_tag,
                               .cseq = is_initial ? FIRST_CSEQ : NEXT_CSEQ,
                               .column = column };
    if (column == FOREIGN || !state->has_call)
        snprintf(to_tag, sizeof(to_tag), "gone");
    else if (!is_cancel)
        memcpy(to_tag, bench->to_tag, sizeof(to_tag));
    if (!is_inside(column))
        to_tag[0] = '\0';
    if (column == OLD)
        request.cseq = OLD_CSEQ;
    bench->method = request.method;
    bench->branch = request.branch;
    const char *body = strcmp(method->name, "INVITE") == 0 ? offer : "";
    send_request(bench, &request, body);
    if (column == REPEATED)
        send_request(bench, &request, body);
}

static bool is_listed(const char *statuses, unsigned status)
{
    char text[16];
    snprintf(text, sizeof(text), "%u", status);
    return strstr(statuses, text) != NULL;
}

// NULL when the answers are as the oracle says.
static const char *check_answers(const struct tally *tally, const struct verdict *verdict,
                                 enum column column)
{
    unsigned wanted = verdict->statuses[0] ? 1 : 0;
    unsigned most = column == REPEATED ? 2 * wanted : wanted;
    if (tally->final_count < wanted)
        return "no answer";
    if (tally->final_count > most)
        return "too many answers";
    for (unsigned i = 0; i < tally->final_count; i++)
        if (!is_listed(verdict->statuses, tally->finals[i]) && !(i == 1 && tally->finals[i] == 481))
            return "another status";
    return NULL;
}

static const char *check_effects(const struct tally *tally, const struct verdict *verdict,
                                 const struct state *state)
{
    unsigned connected = verdict->connects;
    if (tally->events[EVENT_ENDED] != verdict->ends ||
        tally->items[OUTBOX_CALL_OVER] != verdict->ends)
        return "ended";
    if (tally->events[EVENT_INCOMING] != verdict->begins)
        return "incoming";
    if (tally->events[EVENT_ANSWERED] != connected ||
        tally->items[OUTBOX_MEDIA_CONNECTED] != connected)
        return "answered";
    if (tally->terminated != (verdict->ends && state->is_pending))
        return "487 to the INVITE";
    if (tally->requests || tally->others)
        return "something else was sent";
    if (tally->trying > 1)
        return "100 twice";
    return NULL;
}

static const char *check_state(const struct bench *bench, const struct state *state,
                               const struct verdict *verdict)
{
    const struct call_table *calls = agent_calls(bench->agent);
    bool is_there = state->state != CALL_OVER && !verdict->ends;
    size_t wanted = (is_there ? 1u : 0u) + (verdict->begins ? 1u : 0u);
    enum call_state expected = verdict->connects ? CALL_UP : state->state;
    if (call_table_count(calls) != wanted)
        return "the number of calls";
    if (is_there && call_state(call_table_next(calls, NULL)) != expected)
        return "the call's state";
    return NULL;
}

// Its CANCEL ends the call that an INVITE outside the dialog has begun.
static bool can_cancel_new_call(struct bench *bench, enum column column)
{
    struct request cancel = { .method = "CANCEL",
                              .lines = "",
                              .branch = "test",
                              .call_id = call_id_of(bench, column),
                              .to_tag = "",
                              .cseq = NEXT_CSEQ,
                              .column = WHOLE };
    bench->tally = (struct tally){ .trying = 0 };
    bench->method = "CANCEL";
    send_request(bench, &cancel, "");
    return bench->tally.final_count == 1 && bench->tally.terminated == 1 &&
           bench->tally.events[EVENT_ENDED] == 1;
}

static const char *check_last_bye(struct bench *bench, const struct state *state, bool is_live)
{
    bench->tally = (struct tally){ .trying = 0 };
    bench->method = "BYE";
    bench->branch = "last";
    send_of_call(bench, "BYE", "last", LAST_CSEQ, "");
    if (bench->tally.final_count != 1 || bench->tally.finals[0] != (is_live ? 200u : 481u))
        return "the last BYE";
    if (bench->tally.events[EVENT_ENDED] != is_live)
        return "ended at the last BYE";
    if (bench->tally.terminated != (is_live && state->is_pending))
        return "487 at the last BYE";
    return NULL;
}

// The call ends as it must, once, and nothing is left.
static const char *check_afterwards(struct bench *bench, const struct state *state,
                                    const struct verdict *verdict, enum column column)
{
    if (verdict->begins && !can_cancel_new_call(bench, column))
        return "the new call cannot be cancelled";
    if (state->finish)
        state->finish(bench);
    const char *fault = check_last_bye(bench, state, state->is_ended_by_bye && !verdict->ends);
    if (fault)
        return fault;
    wait_for_the_end(bench);
    if (bench->ended != (state->has_call ? 1u : 0u) + (verdict->begins ? 1u : 0u))
        return "ended not once a call";
    if (bench->opened != bench->closed)
        return "ports left open";
    if (call_table_count(agent_calls(bench->agent)) ||
        sip_endpoint_transaction_count(agent_endpoint(bench->agent)))
        return "something is left";
    return NULL;
}

static bool run_row(const struct state *state, const struct method *method, enum column column)
{
    struct bench *bench = bench_new(state);
    struct verdict verdict = judge(state, method, column);
    bench->tally = (struct tally){ .trying = 0 };
    send_under_test(bench, state, method, column);
    const char *fault = check_answers(&bench->tally, &verdict, column);
    if (!fault)
        fault = check_effects(&bench->tally, &verdict, state);
    if (!fault)
        fault = check_state(bench, state, &verdict);
    struct tally tally = bench->tally;
    if (!fault)
        fault = check_afterwards(bench, state, &verdict, column);
    if (fault)
        printf("%s, %s, %s%s: %s (%u answers, first %u, wanted \"%s\")\n", state->name,
               method->name,
               column >= WHOLE   ? column_names[column - WHOLE]
               : column >= TWICE ? "two of "
                                 : "no ",
               column >= WHOLE ? "" : mandatory[column % 6], fault, tally.final_count,
               tally.finals[0], verdict.statuses);
    bench_free(bench);
    return !fault;
}

// The number of rows that failed; all are added to *count.
static size_t run_columns(enum column first, enum column end, const char *what, size_t *count)
{
    size_t rows = 0;
    size_t failed = 0;
    for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
        for (size_t k = 0; k < sizeof(methods) / sizeof(*methods); k++)
            for (enum column column = first; column < end; column++) {
                rows++;
                failed += !run_row(&states[i], &methods[k], column);
            }
    printf("%zu rows%s, %zu failed\n", rows, what, failed);
    *count += rows;
    return failed;
}

int main(void)
{
    size_t count = 0;
    size_t failed = run_columns(MISSING, WHOLE, "", &count);
    failed += run_columns(WHOLE, COLUMN_COUNT, " of whole requests", &count);
    printf("%zu passed, %zu failed\n", count - failed, failed);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
