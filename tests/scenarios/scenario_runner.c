// SPDX-License-Identifier: ISC
// Plays whole registrations and calls against the pure core, with a fake clock, from files that a
// SIP engineer can read. README in this folder tells the words. A file a case; no C is needed.
#include "agent/agent.h"
#include "agent/verb.h"
#include "sip/endpoint.h"
#include "sip/stream.h"
#include "tests/scenarios/clients.h"
#include "util/buffer.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OUTPUTS_MAX = 64,
    LINE_BYTES = 1024,
    SENT_BYTES = 8192,
    RECORDS_MAX = 16,
    ALLOW_MAX = 2,
    REALMS_MAX = 2,
    TURNS_MAX = 100,  // of one instant
    DECIDE_MS = 10000 // hooks.decide
};

struct output {
    char what[128];         // "send 180", "event incoming", "media open"
    char bytes[SENT_BYTES]; // of a sent message
};

/* The settings and their texts, as a configuration owns them. */
struct configuration {
    struct agent_settings settings;
    const char *allow[ALLOW_MAX];
    char allowed[ALLOW_MAX][128];
    char route[128];
    char aor[128];
    char username[64];
    char password[64];
    const char *realm[REALMS_MAX];
    char realms[REALMS_MAX][64];
    char instance_id[64];
    const char *exported[1];
    char exported_name[32];
};

/* What is on disk of a call. */
struct record {
    uint32_t call;
    struct buffer text;
};

struct scenario {
    const char *file;
    int line;
    time_ms now;
    struct random random;
    struct configuration *configuration;
    struct agent *agent;
    struct clients *clients;
    struct arena *arena;
    struct output outputs[OUTPUTS_MAX];
    size_t count;
    struct output last;                          // the one expected last
    uint32_t call;                               // number of the newest call
    uint32_t call_chosen;                        // by `call N`; 0: the newest
    char to_tag[64];                             // that the daemon gave
    char request[SENT_BYTES];                    // the last request of ours
    char requests[SIP_METHOD_COUNT][SENT_BYTES]; // the last of each method
    char first_invite[SENT_BYTES];               // of ours; "to=FIRST"
    char our_tag[64];                            // that the far end gave in its answers
    char rseq[16];                               // that the daemon gave last; "$RSEQ" in a file
    struct record records[RECORDS_MAX];
    struct buffer binding; // on disk
    bool is_full;          // `full`: nothing that comes can be kept
    bool is_untold;        // `untold`: hooks are not started in time
    int failures;
};

static void fail(struct scenario *scenario, const char *what, const char *detail)
{
    printf("%s:%d: %s: %s\n", scenario->file, scenario->line, what, detail);
    scenario->failures++;
}

static struct output *put(struct scenario *scenario)
{
    if (scenario->count == OUTPUTS_MAX) {
        fail(scenario, "too many outputs", "");
        scenario->count = 0;
    }
    struct output *output = &scenario->outputs[scenario->count++];
    output->bytes[0] = '\0';
    return output;
}

/* "send 200 INVITE", "send REGISTER" */
static void put_sent(struct scenario *scenario, struct slice bytes)
{
    struct output *output = put(scenario);
    char method[32] = "";
    snprintf(output->bytes, sizeof(output->bytes), "%.*s", SLICE_PRINT(bytes));
    if (strncmp(output->bytes, "SIP/2.0 ", 8) == 0) {
        const char *cseq = strstr(output->bytes, "\r\nCSeq: ");
        if (cseq)
            sscanf(cseq + 8, "%*u %31[A-Z]", method);
        snprintf(output->what, sizeof(output->what), "send %.*s %s",
                 (int)(bytes.length < 11 ? 0 : 3), bytes.data + 8, method);
        const char *rseq = strstr(output->bytes, "\r\nRSeq: ");
        if (rseq)
            snprintf(scenario->rseq, sizeof(scenario->rseq), "%.*s",
                     (int)strspn(rseq + 8, "0123456789"), rseq + 8);
        const char *to = strstr(output->bytes, "\r\nTo: ");
        const char *tag = to ? strstr(to, ";tag=") : NULL;
        size_t length = tag ? strcspn(tag + 5, "\r;") : 0;
        if (length && length < sizeof(scenario->to_tag)) {
            memcpy(scenario->to_tag, tag + 5, length);
            scenario->to_tag[length] = '\0';
        }
    } else {
        struct slice rest;
        struct slice name = slice_cut(slice_first(bytes, 16), ' ', &rest);
        snprintf(output->what, sizeof(output->what), "send %.*s", SLICE_PRINT(name));
        memcpy(scenario->request, output->bytes, sizeof(scenario->request));
        memcpy(scenario->requests[sip_method_from_text(name)], output->bytes, SENT_BYTES);
        if (!scenario->first_invite[0] && sip_method_from_text(name) == SIP_METHOD_INVITE)
            memcpy(scenario->first_invite, output->bytes, SENT_BYTES);
    }
}

static const char *const item_names[] = {
    [OUTBOX_EVENT] = "event",
    [OUTBOX_MEDIA_OPEN] = "media open",
    [OUTBOX_MEDIA_START] = "media start",
    [OUTBOX_MEDIA_UPDATE] = "media update",
    [OUTBOX_MEDIA_CONNECTED] = "media connected",
    [OUTBOX_MEDIA_PROGRAM] = "media program",
    [OUTBOX_MEDIA_DRAIN] = "media drain",
    [OUTBOX_MEDIA_CLOSE] = "media close",
    [OUTBOX_CALL_OVER] = "call over",
    [OUTBOX_MEDIA_DIGITS] = "digits",
    [OUTBOX_DIGIT] = "digit",
    [OUTBOX_RESULT] = "result",
    [OUTBOX_MESSAGE_RESULT] = "message result",
    [OUTBOX_RECONNECT] = "reconnect",
    [OUTBOX_NEW_CONNECTION] = "new connection",
    [OUTBOX_STOPPED] = "stopped",
};

static void put_event(struct scenario *scenario, const struct event *event)
{
    struct output *output = put(scenario);
    snprintf(output->what, sizeof(output->what), "event %s", event_kind_text(event->kind));
    snprintf(
        output->bytes, sizeof(output->bytes),
        "from=%.*s name=%.*s to=%.*s trust=%.*s result=%.*s code=%.*s ended_by=%.*s "
        "reason=%.*s expires=%.*s ring=%.*s talk=%.*s diversion=%.*s door=%.*s "
        "direction=%.*s digits=%.*s uui=%.*s to_uri=%.*s encryption=%.*s body=%.*s",
        SLICE_PRINT(event->from), SLICE_PRINT(event->from_name), SLICE_PRINT(event->to),
        SLICE_PRINT(event->trust), SLICE_PRINT(event->result), SLICE_PRINT(event->code),
        SLICE_PRINT(event->ended_by), SLICE_PRINT(event->reason), SLICE_PRINT(event->expires),
        SLICE_PRINT(event->ring_secs), SLICE_PRINT(event->talk_secs), SLICE_PRINT(event->diversion),
        SLICE_PRINT(event->header_count ? event->header_values[0] : slice_empty()),
        SLICE_PRINT(event->direction), SLICE_PRINT(event->digits), SLICE_PRINT(event->user_to_user),
        SLICE_PRINT(event->to_uri), SLICE_PRINT(event->encryption), SLICE_PRINT(event->body));
    if (event->call)
        scenario->call = event->call;
}

/* "result hold 200", "digits 123", "tones 123", "digit 1" */
static void put_item(struct scenario *scenario, const struct outbox_item *item)
{
    struct output *output = put(scenario);
    size_t size = sizeof(output->what);
    const char *name = item_names[item->kind];
    struct slice bindings = agent_bindings(scenario->agent);
    snprintf(output->bytes, sizeof(output->bytes), "%.*s", SLICE_PRINT(bindings));
    if (item->kind == OUTBOX_RESULT) {
        snprintf(output->what, size, "%s %s %u", name, action_kind_text(item->action),
                 item->status);
        snprintf(output->bytes, sizeof(output->bytes), "digits=%s;", item->digits);
    } else if (item->kind == OUTBOX_MESSAGE_RESULT)
        snprintf(output->what, size, "%s %u", name, item->status);
    else if (item->kind == OUTBOX_MEDIA_DIGITS || item->kind == OUTBOX_DIGIT) {
        snprintf(output->what, size, "%s %s", item->as_tones ? "tones" : name, item->digits);
        snprintf(output->bytes, sizeof(output->bytes), "tone=%u;gap=%u;", item->tone_ms,
                 item->gap_ms);
    } else
        snprintf(output->what, size, "%s", name);
}

static struct record *record_of(struct scenario *scenario, uint32_t call)
{
    struct record *free_one = NULL;
    for (size_t i = 0; i < RECORDS_MAX; i++) {
        if (scenario->records[i].call == call)
            return &scenario->records[i];
        if (!scenario->records[i].call)
            free_one = &scenario->records[i];
    }
    if (!free_one) {
        fail(scenario, "too many records", "");
        free_one = &scenario->records[0];
    }
    free_one->call = call;
    return free_one;
}

/* The clock on the wall is an hour ahead of ours. */
static time_ms wall(const struct scenario *scenario)
{
    return scenario->now + 3600000;
}

static void remove_record(struct scenario *scenario, uint32_t call)
{
    record_of(scenario, call)->call = 0;
}

static void keep_record(struct scenario *scenario, uint32_t call)
{
    struct record *record = record_of(scenario, call);
    buffer_free(&record->text);
    buffer_init(&record->text, LIMIT_CALL_RECORD);
    if (agent_write_record(scenario->agent, scenario->now, wall(scenario), call, &record->text) !=
        STATUS_OK)
        fail(scenario, "the record cannot be written", "");
    if (!record->text.length)
        remove_record(scenario, call);
}

/* The hook `ended` starts as soon as it is told. */
static void note_told(struct scenario *scenario, const struct event *event)
{
    if (event->kind != EVENT_ENDED || scenario->is_untold)
        return;
    if (agent_set_told(scenario->agent, event->call))
        keep_record(scenario, event->call);
    else
        remove_record(scenario, event->call);
}

static void put_wanted(void *user, const char *what)
{
    struct scenario *scenario = user;
    snprintf(put(scenario)->what, sizeof(scenario->outputs[0].what), "%s", what);
}

static void tell_early(struct scenario *scenario, uint32_t number)
{
    static char *environment[] = { NULL };
    const struct call *call = agent_call(scenario->agent, number);
    struct event event;
    if (!call || call_decision(call)->word_count)
        return;
    call_event(call, EVENT_ANSWERED, &event);
    desk_early(clients_desk(scenario->clients), &event, environment);
}

/* What clients are told of it. */
static void tell_clients(struct scenario *scenario, const struct outbox_item *item)
{
    struct desk *desk = clients_desk(scenario->clients);
    if (item->kind == OUTBOX_RESULT && item->action == ACTION_ASK)
        desk_asked(desk, item->call, item->status == 200, item->digits);
    else if (item->kind == OUTBOX_RESULT)
        desk_result(desk, item->call, item->action, item->status);
    else if (item->kind == OUTBOX_DIGIT)
        desk_digit(desk, item->call, item->digits, wall(scenario));
    else if (item->kind == OUTBOX_MESSAGE_RESULT)
        desk_message_result(desk, item->call, item->status);
    else if (item->kind == OUTBOX_CALL_OVER)
        desk_call_over(desk, item->call);
    else if (item->kind == OUTBOX_MEDIA_PROGRAM)
        tell_early(scenario, item->call);
}

static void pump_agent(struct scenario *scenario)
{
    static char variable[] = "OFFHOOK_SCENARIO=yes";
    static char *const environment[] = { variable, NULL };
    struct agent_output output;
    while (agent_next_output(scenario->agent, scenario->now, &output)) {
        switch (output.kind) {
        case AGENT_SEND:
            put_sent(scenario, output.bytes);
            break;
        case AGENT_EVENT:
            put_event(scenario, &output.event);
            (void)!desk_event(clients_desk(scenario->clients), &output.event, environment,
                              wall(scenario), scenario->now + DECIDE_MS);
            note_told(scenario, &output.event);
            if (output.transaction)
                agent_event_taken(scenario->agent, scenario->now, output.transaction,
                                  !scenario->is_full);
            break;
        case AGENT_BINDING:
            buffer_clear(&scenario->binding);
            agent_write_binding(scenario->agent, scenario->now, wall(scenario), &scenario->binding);
            break;
        case AGENT_OUTBOX:
            if (output.item.kind == OUTBOX_RECORD || output.item.kind == OUTBOX_RECORD_OVER)
                keep_record(scenario, output.item.call);
            else
                put_item(scenario, &output.item);
            tell_clients(scenario, &output.item);
            break;
        }
    }
}

static void pump(struct scenario *scenario)
{
    do
        pump_agent(scenario);
    while (clients_pump(scenario->clients, scenario->now));
    arena_reset(scenario->arena);
}

static time_ms next_deadline(const struct scenario *scenario)
{
    return time_earliest(agent_deadline(scenario->agent),
                         desk_deadline(clients_desk(scenario->clients)));
}

static void receive(struct scenario *scenario, const char *text)
{
    struct sip_message *message;
    if (sip_message_parse(scenario->arena, slice_of(text), &message) != STATUS_OK) {
        fail(scenario, "the message is malformed", text);
        return;
    }
    agent_receive(scenario->agent, scenario->now, message);
    pump(scenario);
}

/* A word "name=value" or "name='value with blanks'" of the line; false when it is not there. */
static bool option(const char *line, const char *name, char *value, size_t size)
{
    char key[40];
    snprintf(key, sizeof(key), " %s=", name);
    const char *found = strstr(line, key);
    value[0] = '\0';
    if (!found)
        return false;
    found += strlen(key);
    if (*found == '\'')
        snprintf(value, size, "%.*s", (int)strcspn(found + 1, "'"), found + 1);
    else
        snprintf(value, size, "%.*s", (int)strcspn(found, " \n"), found);
    return true;
}

/* What may stand behind a word and its first argument. */
static const struct {
    const char *word;
    const char *options;
} known_options[] = {
    { "link up", " other port= at= " },
    { "receive", " branch= cseq= offer= dialog= totag= fromtag= callid= from= contact= with= type= "
                 "body= " },
    { "respond", " to= totag= contact= offer= with= seen= " },
    { "dial", " ring= wait= from= early= program= " },
};

/* The next option, with its "=", without its value; false at the end. */
static bool next_option(const char **rest, char *name, size_t size)
{
    *rest += strspn(*rest, " ");
    size_t length = strcspn(*rest, " =");
    if (!length)
        return false;
    length += (*rest)[length] == '=';
    snprintf(name, size, " %.*s ", (int)length, *rest);
    *rest += length;
    if ((*rest)[-1] == '=' && **rest == '\'')
        *rest += 1 + strcspn(*rest + 1, "'") + 1;
    else if ((*rest)[-1] == '=')
        *rest += strcspn(*rest, " ");
    return true;
}

/* An option that is misspelt would say less than it seems to. */
static void check_options(struct scenario *scenario, const char *line)
{
    char name[64];
    for (size_t i = 0; i < sizeof(known_options) / sizeof(*known_options); i++) {
        size_t length = strlen(known_options[i].word);
        if (strncmp(line, known_options[i].word, length) != 0)
            continue;
        const char *rest = line + length;
        if (i > 0) { /* the method, status or target */
            rest += strspn(rest, " ");
            rest += strcspn(rest, " ");
        }
        while (next_option(&rest, name, sizeof(name)))
            if (!strstr(known_options[i].options, name))
                fail(scenario, "there is no such option", name);
        return;
    }
}

/* link up [other] [port=] [at=]: README tells what they mean. */
static void link_up(struct scenario *scenario, const char *line)
{
    char port[16];
    char address[64];
    struct agent_link link = { .is_tls = true, .has_other = strstr(line, " other") != NULL };
    option(line, "port", port, sizeof(port));
    if (!option(line, "at", address, sizeof(address)))
        snprintf(address, sizeof(address), "192.0.2.7");
    uint16_t number = port[0] ? (uint16_t)strtoul(port, NULL, 10) : 40000;
    if (net_address_parse(slice_of(address), number, &link.local) != STATUS_OK)
        fail(scenario, "no such address", line);
    agent_link_up(scenario->agent, scenario->now, &link);
    pump(scenario);
}

#define SDP_HEAD         "v=0\r\no=- 1 8 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
#define CRYPTO(tag, key) "a=crypto:" tag " AES_CM_128_HMAC_SHA1_80 inline:" key "\r\n"

static const char *offer_of(const char *name)
{
    static const struct {
        const char *name;
        const char *text;
    } offers[] = {
        { "pcmu", "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
                  "m=audio 6000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n" },
        { "pcma", "v=0\r\no=- 1 2 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
                  "m=audio 6002 RTP/AVP 8\r\n" },
        { "hold", "v=0\r\no=- 1 3 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
                  "m=audio 6000 RTP/AVP 0\r\na=sendonly\r\n" },
        { "video", "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
                   "m=video 6000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n" },
        { "both", "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
                  "m=video 6000 RTP/AVP 96\r\nm=audio 6004 RTP/AVP 3 8 0\r\n" },
        { "changed", "v=0\r\no=- 1 4 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
                     "m=audio 6010 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n" },
        { "inactive", "v=0\r\no=- 1 5 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
                      "m=audio 6000 RTP/AVP 0\r\na=inactive\r\n" },
        { "recvonly", "v=0\r\no=- 1 6 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
                      "m=audio 6000 RTP/AVP 0\r\na=recvonly\r\n" },
        { "zero", "v=0\r\no=- 1 7 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
                  "m=audio 6000 RTP/AVP 0\r\n" },
        { "savp",
          SDP_HEAD "m=audio 6000 RTP/SAVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n" CRYPTO(
              "1", "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^31") },
        { "rekeyed", SDP_HEAD
          "m=audio 6000 RTP/SAVP 0\r\n" CRYPTO("9", "MTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVm") },
        { "savp-keyless", SDP_HEAD "m=audio 6000 RTP/SAVP 0\r\n" },
        { "avp-crypto", SDP_HEAD
          "m=audio 6000 RTP/AVP 0\r\n" CRYPTO("4", "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz") },
        { "savp-answer", SDP_HEAD
          "m=audio 6000 RTP/SAVP 0\r\n" CRYPTO("4", "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz") },
        { "garbage", "this is no session description" },
    };
    for (size_t i = 0; i < sizeof(offers) / sizeof(*offers); i++)
        if (strcmp(name, offers[i].name) == 0)
            return offers[i].text;
    return "";
}

/* "A: b|C: d" becomes two lines; "$RSEQ" the number of the last reliable response. */
static void header_lines(const struct scenario *scenario, const char *text, char *lines,
                         size_t size)
{
    size_t length = 0;
    lines[0] = '\0';
    while (*text && length + 3 < size) {
        size_t part = strcspn(text, "|");
        size_t plain = strcspn(text, "$");
        bool has_rseq = plain < part && strncmp(text + plain, "$RSEQ", 5) == 0;
        if (has_rseq)
            length +=
                (size_t)snprintf(lines + length, size - length, "%.*s%s%.*s\r\n", (int)plain, text,
                                 scenario->rseq, (int)(part - plain - 5), text + plain + 5);
        else
            length += (size_t)snprintf(lines + length, size - length, "%.*s\r\n", (int)part, text);
        text += part + (text[part] == '|');
    }
}

/* The value of a header of a message of ours; "" when it has none. */
static void value_of(const char *message, const char *name, char *value, size_t size)
{
    char key[40];
    snprintf(key, sizeof(key), "\r\n%s: ", name);
    const char *found = strstr(message, key);
    value[0] = '\0';
    if (found)
        snprintf(value, size, "%.*s", (int)strcspn(found + strlen(key), "\r"), found + strlen(key));
}

/* Who the far end is in a dialog that our INVITE began. */
static void frame_of_ours(struct scenario *scenario, const char *line, char *from, char *to,
                          char *call_id)
{
    const char *invite = scenario->requests[SIP_METHOD_INVITE];
    char value[256];
    char tag[64];
    value_of(invite, "To", value, sizeof(value));
    if (!option(line, "fromtag", tag, sizeof(tag)))
        snprintf(tag, sizeof(tag), "%s", scenario->our_tag);
    snprintf(from, 512, "%s;tag=%s", value, tag);
    value_of(invite, "From", to, 512);
    value_of(invite, "Call-ID", call_id, 128);
}

/* Who it is when the INVITE was its own. */
static void frame_of_theirs(struct scenario *scenario, const char *line, char *from, char *to,
                            char *call_id)
{
    char value[256];
    char tag[80] = "";
    if (!option(line, "from", value, sizeof(value)))
        snprintf(value, sizeof(value), "\"Ada\" <sip:+493012345910@example.org>");
    snprintf(from, 512, "%s;tag=theirs", value);
    if (option(line, "dialog", value, sizeof(value)) && strcmp(value, "yes") == 0)
        snprintf(tag, sizeof(tag), ";tag=%s", scenario->to_tag);
    if (option(line, "totag", value, sizeof(value)))
        snprintf(tag, sizeof(tag), ";tag=%.60s", value);
    snprintf(to, 512, "<sip:alice@example.com>%s", tag);
    if (!option(line, "callid", call_id, 128))
        snprintf(call_id, 128, "call@example.org");
}

/* receive METHOD …: README tells the options. */
static void receive_request(struct scenario *scenario, const char *line)
{
    char method[32];
    char value[512];
    char branch[64];
    char from[512];
    char to[512];
    char call_id[128];
    char contact[128];
    char type[64];
    char text[SENT_BYTES];
    char extra[1024] = "";
    char body_text[512];
    unsigned cseq = 1;
    sscanf(line, "receive %31s", method);
    if (option(line, "cseq", value, sizeof(value)))
        cseq = (unsigned)strtoul(value, NULL, 10);
    if (!option(line, "branch", branch, sizeof(branch)))
        snprintf(branch, sizeof(branch), "%s%u", method, cseq);
    if (option(line, "dialog", value, sizeof(value)) && strcmp(value, "ours") == 0)
        frame_of_ours(scenario, line, from, to, call_id);
    else
        frame_of_theirs(scenario, line, from, to, call_id);
    if (option(line, "with", value, sizeof(value)))
        header_lines(scenario, value, extra, sizeof(extra));
    if (!option(line, "contact", contact, sizeof(contact)))
        snprintf(contact, sizeof(contact), "<sip:ada@192.0.2.9:5060>");
    const char *body = option(line, "offer", value, sizeof(value)) ? offer_of(value) : "";
    if (!option(line, "type", type, sizeof(type)))
        snprintf(type, sizeof(type), "application/sdp");
    if (option(line, "body", body_text, sizeof(body_text)))
        body = body_text;
    snprintf(text, sizeof(text),
             "%s sip:alice@192.0.2.7:40000;transport=tls SIP/2.0\r\n"
             "Via: SIP/2.0/TLS proxy.example.com:5061;branch=z9hG4bK%s\r\n"
             "Record-Route: <sip:proxy.example.com;transport=tls;lr>\r\n"
             "From: %s\r\n"
             "To: %s\r\n"
             "Call-ID: %s\r\n"
             "CSeq: %u %s\r\n"
             "Max-Forwards: 70\r\n"
             "Contact: %s\r\n"
             "%s%s%s%s"
             "Content-Length: %zu\r\n\r\n%s",
             method, branch, from, to, call_id, cseq, method, contact, extra,
             body[0] ? "Content-Type: " : "", body[0] ? type : "", body[0] ? "\r\n" : "",
             strlen(body), body);
    receive(scenario, text);
}

/* The request that `respond` answers: the last of to=METHOD, else the last. */
static const char *request_to_answer(struct scenario *scenario, const char *line)
{
    char method[32];
    if (!option(line, "to", method, sizeof(method)))
        return scenario->request;
    if (strcmp(method, "FIRST") == 0)
        return scenario->first_invite;
    return scenario->requests[sip_method_from_text(slice_of(method))];
}

/* RFC 3581: what the far end sees of us. */
static void mark_seen(char *via, size_t size, const char *seen)
{
    char address[64];
    char *rport = strstr(via, ";rport");
    const char *colon = strrchr(seen, ':');
    if (!rport || !colon)
        return;
    snprintf(address, sizeof(address), "%.*s", (int)(colon - seen), seen);
    snprintf(rport, size - (size_t)(rport - via), "%s%s%s%s", colon[1] ? ";rport=" : ";rport",
             colon + 1, address[0] ? ";received=" : "", address);
}

static size_t copy_headers(const char *request, const char *tag, const char *seen, char *text,
                           size_t size)
{
    static const char *const copied[] = { "Via", "From", "To", "Call-ID", "CSeq" };
    size_t length = 0;
    for (size_t i = 0; i < sizeof(copied) / sizeof(*copied); i++) {
        char value[1024];
        value_of(request, copied[i], value, sizeof(value));
        if (i == 0)
            mark_seen(value, sizeof(value), seen);
        bool wants_tag = strcmp(copied[i], "To") == 0 && tag[0] && !strstr(value, ";tag=");
        length += (size_t)snprintf(text + length, size - length, "%s: %s%s%s\r\n", copied[i], value,
                                   wants_tag ? ";tag=" : "", wants_tag ? tag : "");
    }
    return length;
}

/* respond STATUS …: README tells the options. */
static void respond(struct scenario *scenario, const char *line)
{
    char text[SENT_BYTES];
    char extra[1024] = "";
    char value[600];
    char tag[64];
    char contact[160];
    char seen[64];
    unsigned status = 0;
    const char *request = request_to_answer(scenario, line);
    bool is_invite = strncmp(request, "INVITE ", 7) == 0;
    sscanf(line, "respond %u", &status);
    if (option(line, "with", value, sizeof(value)))
        header_lines(scenario, value, extra, sizeof(extra));
    if (!option(line, "totag", tag, sizeof(tag)))
        snprintf(tag, sizeof(tag), "%s", status == 100 ? "" : is_invite ? "bob" : "registrar");
    if (is_invite && tag[0])
        snprintf(scenario->our_tag, sizeof(scenario->our_tag), "%s", tag);
    if (!option(line, "contact", contact, sizeof(contact)))
        snprintf(contact, sizeof(contact), "%s",
                 is_invite && status < 300 ? "<sip:bob@192.0.2.9:5060>" : "");
    option(line, "seen", seen, sizeof(seen));
    const char *body = option(line, "offer", value, sizeof(value)) ? offer_of(value) : "";
    size_t length = (size_t)snprintf(text, sizeof(text), "SIP/2.0 %u Reason\r\n", status);
    length += copy_headers(request, tag, seen, text + length, sizeof(text) - length);
    snprintf(text + length, sizeof(text) - length, "%s%s%s%s%sContent-Length: %zu\r\n\r\n%s",
             contact[0] ? "Contact: " : "", contact, contact[0] ? "\r\n" : "", extra,
             body[0] ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
    receive(scenario, text);
}

/* dial TARGET [ring=] [wait=] [from=] [early=yes] [program=] */
static void dial(struct scenario *scenario, const char *line)
{
    char target[256] = "";
    char from[64];
    char program[128];
    char value[64];
    const char *why = "";
    struct action action = { .kind = ACTION_ANSWER };
    struct call_order order = { .wait_s = 30 };
    uint32_t number;
    sscanf(line, "dial %255s", target);
    order.target = slice_of(target);
    order.from = option(line, "from", from, sizeof(from)) ? slice_of(from) : slice_empty();
    if (option(line, "ring", value, sizeof(value)))
        order.ring_s = (uint32_t)strtoul(value, NULL, 10);
    if (option(line, "wait", value, sizeof(value)))
        order.wait_s = (uint32_t)strtoul(value, NULL, 10);
    order.has_early = option(line, "early", value, sizeof(value));
    if (option(line, "program", program, sizeof(program)) &&
        action_add_word(&action, slice_of(program)))
        order.program = &action;
    enum status status = agent_dial(scenario->agent, scenario->now, &order, &number, &why);
    if (status == STATUS_OK)
        agent_own(scenario->agent, number, OWNER_DIALLER, 0);
    else
        snprintf(put(scenario)->what, sizeof(scenario->outputs[0].what), "refused %s", why);
    pump(scenario);
}

/* message TO TEXT */
static void send_message(struct scenario *scenario, const char *line)
{
    char to[256] = "";
    const char *why = "";
    uint32_t number;
    int length = 0;
    sscanf(line, "message %255s %n", to, &length);
    if (agent_send_message(scenario->agent, scenario->now, slice_of(to), slice_of(line + length),
                           &number, &why) != STATUS_OK)
        snprintf(put(scenario)->what, sizeof(scenario->outputs[0].what), "refused %s", why);
    pump(scenario);
}

static void ask_bindings(struct scenario *scenario)
{
    const char *why = "";
    uint32_t number;
    if (agent_ask_bindings(scenario->agent, scenario->now, &number, &why) != STATUS_OK)
        snprintf(put(scenario)->what, sizeof(scenario->outputs[0].what), "refused %s", why);
}

/* set NAME VALUE: what the configuration says from now on */
static void put_text(char *field, size_t size, const char *value)
{
    snprintf(field, size, "%s", value);
}

/* False when there is no such setting. */
static bool change_text(struct configuration *configuration, const char *name, const char *value)
{
    const struct {
        const char *name;
        char *field;
        size_t size;
    } texts[] = {
        { "aor", configuration->aor, sizeof(configuration->aor) },
        { "username", configuration->username, sizeof(configuration->username) },
        { "password", configuration->password, sizeof(configuration->password) },
        { "route", configuration->route, sizeof(configuration->route) },
        { "instance", configuration->instance_id, sizeof(configuration->instance_id) },
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        if (strcmp(name, texts[i].name) == 0) {
            put_text(texts[i].field, texts[i].size, value);
            return true;
        }
    }
    return false;
}

static bool change_number(struct agent_settings *settings, const char *name, const char *value)
{
    const struct {
        const char *name;
        uint32_t *field;
    } numbers[] = {
        { "dial_max_calls", &settings->dial_max_calls },
        { "dial_per_hour", &settings->dial_per_hour },
        { "calls_max", &settings->calls_max },
        { "expires", &settings->expires_s },
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
        if (strcmp(name, numbers[i].name) == 0) {
            *numbers[i].field = (uint32_t)strtoul(value, NULL, 10);
            return true;
        }
    }
    return false;
}

static enum agent_choice choice_of(const char *value)
{
    return strcmp(value, "on") == 0    ? AGENT_ALWAYS
           : strcmp(value, "off") == 0 ? AGENT_NEVER
                                       : AGENT_AUTO;
}

/* "a,b" */
static void change_realms(struct configuration *configuration, const char *value)
{
    size_t count = 0;
    while (*value && count < REALMS_MAX) {
        size_t length = strcspn(value, ",");
        snprintf(configuration->realms[count], sizeof(configuration->realms[count]), "%.*s",
                 (int)length, value);
        count++;
        value += length + (value[length] == ',');
    }
    configuration->settings.realm_count = count;
}

static void change(struct scenario *scenario, struct configuration *configuration, const char *name,
                   const char *value)
{
    struct agent_settings *settings = &configuration->settings;
    if (change_text(configuration, name, value) || change_number(settings, name, value))
        return;
    if (strcmp(name, "dial_allow") == 0) {
        put_text(configuration->allowed[0], sizeof(configuration->allowed[0]), value);
        settings->dial_allow_count = configuration->allowed[0][0] ? 1 : 0;
    } else if (strcmp(name, "realm") == 0) {
        change_realms(configuration, value);
    } else if (strcmp(name, "auth_in_dialog") == 0) {
        settings->auth_in_dialog = strcmp(value, "true") == 0;
    } else if (strcmp(name, "gruu") == 0) {
        settings->gruu = choice_of(value);
    } else if (strcmp(name, "follow_nat") == 0) {
        settings->follow_nat = choice_of(value);
    } else if (strcmp(name, "allow_md5") == 0) {
        settings->allow_md5 = strcmp(value, "true") == 0;
    } else if (strcmp(name, "codec") == 0) {
        settings->codecs[0] = codec_from_name(slice_of(value));
        settings->codecs[1] = CODEC_NONE;
        settings->codec_count = 1;
    } else if (strcmp(name, "srtp") == 0) {
        settings->srtp = strcmp(value, "required") == 0 ? SDP_SRTP_REQUIRED
                         : strcmp(value, "off") == 0    ? SDP_SRTP_OFF
                                                        : SDP_SRTP_OPPORTUNISTIC;
    } else {
        fail(scenario, "there is no such setting", name);
    }
}

/* Texts of a copy are its own. */
static void own_texts(struct configuration *configuration)
{
    struct agent_settings *settings = &configuration->settings;
    settings->aor = configuration->aor;
    settings->username = configuration->username;
    settings->password = configuration->password;
    settings->realms = configuration->realm;
    for (size_t i = 0; i < REALMS_MAX; i++)
        configuration->realm[i] = configuration->realms[i];
    settings->instance_id = configuration->instance_id;
    settings->route = configuration->route;
    settings->dial_allow = configuration->allow;
    settings->export_headers = configuration->exported;
    configuration->exported[0] = configuration->exported_name;
    for (size_t i = 0; i < ALLOW_MAX; i++)
        configuration->allow[i] = configuration->allowed[i];
}

/* What the agent borrows of is erased and freed when the next one has taken its place, as the
 * daemon does it. */
static void take_over(struct scenario *scenario, struct configuration *next, bool needs_connection)
{
    struct configuration *old = scenario->configuration;
    scenario->configuration = next;
    agent_reconfigure(scenario->agent, scenario->now, &next->settings, needs_connection);
    memory_erase(old, sizeof(*old));
    free(old);
    pump(scenario);
}

static struct configuration *copy_configuration(const struct scenario *scenario)
{
    struct configuration *next = memory_new(sizeof(*next));
    *next = *scenario->configuration;
    own_texts(next);
    return next;
}

static void set(struct scenario *scenario, const char *line)
{
    struct configuration *next = copy_configuration(scenario);
    char name[32] = "";
    int length = 0;
    sscanf(line, "set %31s %n", name, &length);
    change(scenario, next, name, line + length);
    take_over(scenario, next, false);
}

/* "reload expires=300 connection=new" */
static void reload(struct scenario *scenario, const char *line)
{
    struct configuration *next = copy_configuration(scenario);
    bool needs_connection = false;
    struct slice rest = slice_of(line + strlen("reload"));
    while (!slice_is_empty(rest = slice_trim(rest))) {
        char name[32];
        char value[128];
        struct slice text;
        struct slice word = slice_cut(rest, ' ', &rest);
        struct slice key = slice_cut(word, '=', &text);
        snprintf(name, sizeof(name), "%.*s", SLICE_PRINT(key));
        snprintf(value, sizeof(value), "%.*s", SLICE_PRINT(text));
        if (strcmp(name, "connection") == 0)
            needs_connection = true;
        else
            change(scenario, next, name, value);
    }
    take_over(scenario, next, needs_connection);
}

static uint32_t chosen(const struct scenario *scenario)
{
    return scenario->call_chosen ? scenario->call_chosen : scenario->call;
}

static void decide(struct scenario *scenario, const char *decision)
{
    struct action action = { .code = 0 };
    const char *why = "";
    char text[128];
    enum status status = verb_parse(slice_trim(slice_of(decision)), &action, &why);
    if (status != STATUS_OK) {
        fail(scenario, "no verb", decision);
        return;
    }
    action.call = chosen(scenario);
    if (action.kind == ACTION_TRANSFER && action.text[0])
        action.other_call = (uint32_t)strtoul(action.text, NULL, 10);
    status = agent_act(scenario->agent, scenario->now, &action, &why);
    if (status != STATUS_OK) {
        snprintf(text, sizeof(text), "refused %s", status_text(status));
        snprintf(put(scenario)->what, sizeof(scenario->outputs[0].what), "%s", text);
    }
    pump(scenario);
}

static void hang_up(struct scenario *scenario)
{
    struct action action = { .kind = ACTION_HANGUP, .call = chosen(scenario) };
    const char *why;
    if (agent_act(scenario->agent, scenario->now, &action, &why) != STATUS_OK)
        snprintf(put(scenario)->what, sizeof(scenario->outputs[0].what), "refused");
    pump(scenario);
}

static void media(struct scenario *scenario, const char *what)
{
    struct net_address rtp;
    (void)!net_address_parse(slice_of("192.0.2.7"), 20000, &rtp);
    struct desk *desk = clients_desk(scenario->clients);
    if (strncmp(what, "flushed ", 8) == 0)
        desk_heard(desk, chosen(scenario), true, (uint32_t)strtoul(what + 8, NULL, 10));
    else if (strncmp(what, "played ", 7) == 0)
        desk_heard(desk, chosen(scenario), false, (uint32_t)strtoul(what + 7, NULL, 10));
    else if (strncmp(what, "opened", 6) == 0)
        agent_media_opened(scenario->agent, scenario->now, chosen(scenario), &rtp, 20001);
    else if (strncmp(what, "digits", 6) == 0)
        agent_digits_sent(scenario->agent, chosen(scenario), strcmp(what, "digits sent") == 0);
    else if (strncmp(what, "failed", 6) == 0)
        agent_media_failed(scenario->agent, scenario->now, chosen(scenario));
    else
        agent_media_drained(scenario->agent, scenario->now, chosen(scenario));
    pump(scenario);
}

static void press(struct scenario *scenario, char digit)
{
    agent_digit(scenario->agent, scenario->now, chosen(scenario), digit);
    pump(scenario);
}

/* The next deadline is due, and no other: whoever forgets to tell of one waits for ever. */
static void be_due(struct scenario *scenario, time_ms due)
{
    int turns = 0;
    if (due && due < scenario->now) /* 0 is at once */
        fail(scenario, "a deadline lies in the past", "");
    scenario->now = due > scenario->now ? due : scenario->now;
    do {
        agent_timeout(scenario->agent, scenario->now);
        desk_timeout(clients_desk(scenario->clients), scenario->now);
        pump(scenario);
    } while (next_deadline(scenario) <= scenario->now && ++turns < TURNS_MAX);
    if (turns == TURNS_MAX)
        fail(scenario, "a timeout does not put its deadline off", "");
}

/* Time passes, deadline by deadline. */
static void wait_seconds(struct scenario *scenario, const char *line)
{
    time_ms end = scenario->now + (time_ms)(strtod(line, NULL) * 1000 + 0.5);
    time_ms due;
    while ((due = next_deadline(scenario)) <= end && !scenario->failures)
        be_due(scenario, due);
    scenario->now = end;
}

/* Until something comes, an hour at most. */
static void wait_output(struct scenario *scenario)
{
    time_ms end = scenario->now + 3600000;
    while (!scenario->count && scenario->now < end && !scenario->failures)
        wait_seconds(scenario, "0.1");
}

/* Each " with TEXT" and " without TEXT" behind the name of the output. */
static void check_parts(struct scenario *scenario, char *parts)
{
    while (parts) {
        bool is_without = strncmp(parts, " without ", 9) == 0;
        char *text = parts + (is_without ? 9 : 6);
        char *next_with = strstr(text, " with ");
        char *next_without = strstr(text, " without ");
        char *next = next_with;
        if (next_without && (!next || next_without < next))
            next = next_without;
        char *end = next ? next : text + strlen(text);
        char kept = *end;
        *end = '\0';
        bool is_there = strstr(scenario->last.bytes, text) != NULL;
        if (is_there == is_without) {
            printf("%s:%d: \"%s\" is %s\n%s\n", scenario->file, scenario->line, text,
                   is_without ? "in" : "not in", scenario->last.bytes);
            scenario->failures++;
        }
        *end = kept;
        parts = next;
    }
}

static void expect(struct scenario *scenario, const char *line)
{
    char wanted[LINE_BYTES];
    snprintf(wanted, sizeof(wanted), "%s", line);
    char *parts = strstr(wanted, " with ");
    char *without = strstr(wanted, " without ");
    if (without && (!parts || without < parts))
        parts = without;
    size_t length = parts ? (size_t)(parts - wanted) : strlen(wanted);
    if (!scenario->count) {
        fail(scenario, "nothing came, wanted", wanted);
        return;
    }
    scenario->last = scenario->outputs[0];
    scenario->count--;
    memmove(scenario->outputs, scenario->outputs + 1, scenario->count * sizeof(*scenario->outputs));
    if (strncmp(scenario->last.what, wanted, length) != 0 ||
        (scenario->last.what[length] && scenario->last.what[length] != ' ')) {
        printf("%s:%d: wanted \"%.*s\", came \"%s\"\n%s\n", scenario->file, scenario->line,
               (int)length, wanted, scenario->last.what, scenario->last.bytes);
        scenario->failures++;
        return;
    }
    check_parts(scenario, parts);
}

static void expect_nothing(struct scenario *scenario)
{
    if (scenario->count)
        fail(scenario, "nothing was wanted, came", scenario->outputs[0].what);
    scenario->count = 0;
}

/* The process is killed and another one begins with what is on disk. */
static void restart(struct scenario *scenario)
{
    struct record kept[RECORDS_MAX];
    memcpy(kept, scenario->records, sizeof(kept));
    memset(scenario->records, 0, sizeof(scenario->records));
    clients_free(scenario->clients);
    agent_free(scenario->agent);
    scenario->agent = agent_new(&scenario->configuration->settings, &scenario->random);
    scenario->clients = clients_new(scenario->agent, put_wanted, scenario);
    scenario->is_untold = false;
    if (scenario->binding.length &&
        agent_restore_binding(scenario->agent, scenario->now, wall(scenario),
                              buffer_slice(&scenario->binding)) != STATUS_OK)
        fail(scenario, "the record of the binding cannot be read", "");
    for (size_t i = 0; i < RECORDS_MAX; i++) {
        uint32_t number;
        const char *why = "";
        if (kept[i].call && agent_restore(scenario->agent, scenario->now, wall(scenario),
                                          buffer_slice(&kept[i].text), &number, &why) != STATUS_OK)
            fail(scenario, "the record cannot be read", why);
        else if (kept[i].call)
            record_of(scenario, number)->text = kept[i].text;
        if (!kept[i].call)
            buffer_free(&kept[i].text);
    }
}

/* So many client transactions and INVITEs of theirs are alive, but for REGISTER. */
static void check_transactions(struct scenario *scenario, const char *line)
{
    char text[32];
    size_t count = sip_endpoint_transaction_count(agent_endpoint(scenario->agent));
    snprintf(text, sizeof(text), "%zu", count);
    if (count != strtoul(line, NULL, 10))
        fail(scenario, "so many transactions live", text);
}

/* records N [with TEXT]: so many are on disk, and one of them says so */
static void check_records(struct scenario *scenario, const char *line)
{
    char counted[16];
    const char *with = strstr(line, " with ");
    size_t count = 0;
    bool is_said = !with;
    for (size_t i = 0; i < RECORDS_MAX; i++) {
        size_t at;
        const struct record *record = &scenario->records[i];
        count += record->call != 0;
        if (record->call && with &&
            slice_find_text(buffer_slice(&record->text), slice_of(with + 6), &at))
            is_said = true;
    }
    snprintf(counted, sizeof(counted), "%zu", count);
    if (count != strtoul(line, NULL, 10))
        fail(scenario, "another number of records is kept", counted);
    if (!is_said)
        fail(scenario, "no record says", with + 6);
}

static void play_client(struct scenario *scenario, const char *line)
{
    const struct call *call = agent_call(scenario->agent, chosen(scenario));
    const char *error = clients_play(scenario->clients, scenario->now, call, line);
    if (error)
        fail(scenario, "client", error);
    pump(scenario);
}

static void play(struct scenario *scenario, const char *line)
{
    while (*line == ' ')
        line++;
    if (strncmp(line, "receive ", 8) == 0)
        receive_request(scenario, line);
    else if (strncmp(line, "respond ", 8) == 0)
        respond(scenario, line);
    else if (strncmp(line, "hook ", 5) == 0)
        decide(scenario, line + 5);
    else if (strncmp(line, "dial ", 5) == 0)
        dial(scenario, line);
    else if (strncmp(line, "message ", 8) == 0)
        send_message(scenario, line);
    else if (strncmp(line, "set ", 4) == 0)
        set(scenario, line);
    else if (strncmp(line, "reload", 6) == 0)
        reload(scenario, line);
    else if (strncmp(line, "call ", 5) == 0)
        scenario->call_chosen = (uint32_t)strtoul(line + 5, NULL, 10);
    else if (strncmp(line, "client ", 7) == 0)
        play_client(scenario, line + 7);
    else if (strncmp(line, "digit ", 6) == 0)
        press(scenario, line[6]);
    else if (strncmp(line, "media ", 6) == 0)
        media(scenario, line + 6);
    else if (strncmp(line, "wait ", 5) == 0)
        wait_seconds(scenario, line + 5);
    else if (strncmp(line, "transactions ", 13) == 0)
        check_transactions(scenario, line + 13);
    else if (strncmp(line, "records ", 8) == 0)
        check_records(scenario, line + 8);
    else if (strncmp(line, "expect nothing", 14) == 0)
        expect_nothing(scenario);
    else if (strncmp(line, "expect ", 7) == 0)
        expect(scenario, line + 7);
    else
        fail(scenario, "unknown word", line);
}

/* " client 2"; a hook when nobody is named. */
static struct owner owner_of(struct scenario *scenario, const char *words)
{
    int kind = 0;
    words += strspn(words, " ");
    if (!*words)
        return (struct owner){ .kind = OWNER_HOOK };
    struct slice name = slice_make(words, strcspn(words, " "));
    while (kind < OWNER_COUNT &&
           !slice_equal(name, slice_of(owner_kind_text((enum owner_kind)kind))))
        kind++;
    if (kind == OWNER_COUNT)
        fail(scenario, "nobody of that name owns calls", words);
    return (struct owner){ .kind = (enum owner_kind)(kind % OWNER_COUNT),
                           .who = (uint32_t)strtoul(words + name.length, NULL, 10) };
}

static void change_owners(struct scenario *scenario, const char *words, bool is_one_more)
{
    struct owner owner = owner_of(scenario, words);
    if (is_one_more)
        agent_own(scenario->agent, chosen(scenario), owner.kind, owner.who);
    else
        agent_disown(scenario->agent, scenario->now, chosen(scenario), owner.kind, owner.who);
}

static void play_short(struct scenario *scenario, const char *line)
{
    if (strncmp(line, "link up", 7) == 0)
        link_up(scenario, line);
    else if (strcmp(line, "link lost") == 0)
        agent_link_lost(scenario->agent, scenario->now, "the connection broke");
    else if (strcmp(line, "hangup") == 0)
        hang_up(scenario);
    else if (strncmp(line, "own", 3) == 0)
        change_owners(scenario, line + 3, true);
    else if (strncmp(line, "disown", 6) == 0)
        change_owners(scenario, line + 6, false);
    else if (strcmp(line, "unask") == 0)
        agent_cancel_ask(scenario->agent, chosen(scenario));
    else if (strcmp(line, "default") == 0)
        agent_decide_default(scenario->agent, scenario->now, chosen(scenario));
    else if (strcmp(line, "reregister") == 0)
        agent_reregister(scenario->agent, scenario->now);
    else if (strcmp(line, "probe") == 0)
        agent_probe(scenario->agent, scenario->now);
    else if (strcmp(line, "bindings") == 0)
        ask_bindings(scenario);
    else if (strcmp(line, "stop") == 0)
        agent_stop(scenario->agent, scenario->now);
    else if (strcmp(line, "restart") == 0)
        restart(scenario);
    else if (strcmp(line, "rehearsed") == 0)
        desk_rehearsed(clients_desk(scenario->clients), 7, slice_of("\"runs\":1"));
    else if (strcmp(line, "unwilling") == 0)
        clients_refuse(scenario->clients);
    else if (strcmp(line, "full") == 0)
        scenario->is_full = true;
    else if (strcmp(line, "untold") == 0)
        scenario->is_untold = true;
    else if (strcmp(line, "forget") == 0)
        scenario->count = 0;
    else if (strcmp(line, "wait output") == 0)
        wait_output(scenario);
    else {
        play(scenario, line);
        return;
    }
    pump(scenario);
}

static void start(struct scenario *scenario)
{
    struct configuration *configuration = memory_new(sizeof(*configuration));
    *configuration = (struct configuration){
        .settings = {
            .line = "home",
            .expires_s = 600,
            .calls_max = 2,
            .dial_allow_count = 2,
            .dial_max_calls = 2,
            .dial_per_hour = 5,
            .incoming = { .kind = ACTION_REJECT, .code = 480 },
            .codecs = { CODEC_PCMA, CODEC_PCMU },
            .codec_count = 2,
            .export_header_count = 1,
        },
        .allowed = { "+49*", "*@example.org" },
        .exported_name = "X-Door",
        .aor = "sips:alice@example.com",
        .username = "alice",
        .password = "secret",
    };
    own_texts(configuration);
    scenario->configuration = configuration;
    random_init_number(&scenario->random, 7);
    scenario->now = 1000000;
    scenario->arena = arena_new();
    scenario->agent = agent_new(&configuration->settings, &scenario->random);
    scenario->clients = clients_new(scenario->agent, put_wanted, scenario);
    buffer_init(&scenario->binding, LIMIT_CALL_RECORD);
}

static int run_file(const char *path)
{
    struct scenario *scenario = memory_new(sizeof(*scenario));
    char line[LINE_BYTES];
    int expectations = 0;
    FILE *file = fopen(path, "r");
    const char *slash = strrchr(path, '/');
    scenario->file = slash ? slash + 1 : path;
    if (!file) {
        fail(scenario, "cannot be read", path);
        return 1;
    }
    start(scenario);
    while (fgets(line, sizeof(line), file)) {
        scenario->line++;
        line[strcspn(line, "\n")] = '\0';
        if (!line[0] || line[0] == '#')
            continue;
        check_options(scenario, line);
        play_short(scenario, line);
        expectations += strncmp(line, "expect ", 7) == 0 || strstr(line, " hears ") != NULL;
    }
    expect_nothing(scenario);
    if (clients_unheard(scenario->clients))
        fail(scenario, "nobody wanted to hear", clients_unheard(scenario->clients));
    if (!expectations)
        fail(scenario, "nothing is expected of it", scenario->file);
    fclose(file);
    clients_free(scenario->clients);
    agent_free(scenario->agent);
    buffer_free(&scenario->binding);
    arena_free(scenario->arena);
    free(scenario->configuration);
    for (size_t i = 0; i < RECORDS_MAX; i++)
        buffer_free(&scenario->records[i].text);
    int failures = scenario->failures;
    free(scenario);
    return failures;
}

int main(int argc, char **argv)
{
    int passed = 0;
    int failed = 0;
    for (int i = 1; i < argc; i++) {
        bool is_fine = run_file(argv[i]) == 0;
        passed += is_fine;
        failed += !is_fine;
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed || !passed;
}
