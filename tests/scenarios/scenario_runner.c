// SPDX-License-Identifier: ISC
// Plays whole registrations and calls against the pure core, with a fake clock, from files that a
// SIP engineer can read. README in this folder tells the words. A file a case; no C is needed.
#include "agent/agent.h"
#include "hook/decision.h"
#include "sip/stream.h"
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
    SENT_BYTES = 8192
};

struct output {
    char what[128];         // "send 180", "event incoming", "media open"
    char bytes[SENT_BYTES]; // of a sent message
};

struct scenario {
    const char *file;
    int line;
    time_ms now;
    struct random random;
    struct agent_settings settings;
    struct agent *agent;
    struct arena *arena;
    struct output outputs[OUTPUTS_MAX];
    size_t count;
    struct output last;       // the one expected last
    uint32_t call;            // number of the newest call
    char to_tag[64];          // that the daemon gave
    char request[SENT_BYTES]; // the last request of ours
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
    [OUTBOX_RECONNECT] = "reconnect",
    [OUTBOX_STOPPED] = "stopped",
};

static void put_event(struct scenario *scenario, const struct event *event)
{
    struct output *output = put(scenario);
    snprintf(output->what, sizeof(output->what), "event %s", event_kind_text(event->kind));
    snprintf(output->bytes, sizeof(output->bytes),
             "from=%.*s name=%.*s to=%.*s trust=%.*s result=%.*s code=%.*s ended_by=%.*s "
             "reason=%.*s expires=%.*s ring=%.*s talk=%.*s diversion=%.*s door=%.*s",
             SLICE_PRINT(event->from), SLICE_PRINT(event->from_name), SLICE_PRINT(event->to),
             SLICE_PRINT(event->trust), SLICE_PRINT(event->result), SLICE_PRINT(event->code),
             SLICE_PRINT(event->ended_by), SLICE_PRINT(event->reason), SLICE_PRINT(event->expires),
             SLICE_PRINT(event->ring_secs), SLICE_PRINT(event->talk_secs),
             SLICE_PRINT(event->diversion),
             SLICE_PRINT(event->header_count ? event->header_values[0] : slice_empty()));
    if (event->call)
        scenario->call = event->call;
}

static void pump(struct scenario *scenario)
{
    struct agent_output output;
    while (agent_next_output(scenario->agent, scenario->now, &output)) {
        switch (output.kind) {
        case AGENT_SEND:
            put_sent(scenario, output.bytes);
            break;
        case AGENT_EVENT:
            put_event(scenario, &output.event);
            break;
        case AGENT_OUTBOX:
            snprintf(put(scenario)->what, sizeof(scenario->outputs[0].what), "%s",
                     item_names[output.item.kind]);
            break;
        }
    }
    arena_reset(scenario->arena);
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

static void link_up(struct scenario *scenario)
{
    struct agent_link link = { .is_tls = true };
    (void)!net_address_parse(slice_of("192.0.2.7"), 40000, &link.local);
    agent_link_up(scenario->agent, scenario->now, &link);
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
        { "garbage", "this is no session description" },
    };
    for (size_t i = 0; i < sizeof(offers) / sizeof(*offers); i++)
        if (strcmp(name, offers[i].name) == 0)
            return offers[i].text;
    return "";
}

/* receive METHOD [branch=] [cseq=] [offer=] [dialog=no|yes] [with='Header: value'] */
static void receive_request(struct scenario *scenario, const char *line)
{
    char method[32];
    char value[256];
    char branch[64];
    char from[256];
    char text[SENT_BYTES];
    char extra[512] = "";
    unsigned cseq = 1;
    sscanf(line, "receive %31s", method);
    if (option(line, "cseq", value, sizeof(value)))
        cseq = (unsigned)strtoul(value, NULL, 10);
    if (!option(line, "branch", branch, sizeof(branch)))
        snprintf(branch, sizeof(branch), "%s%u", method, cseq);
    if (!option(line, "from", from, sizeof(from)))
        snprintf(from, sizeof(from), "\"Ada\" <sip:+493012345910@example.org>");
    bool is_in_dialog = option(line, "dialog", value, sizeof(value)) && strcmp(value, "yes") == 0;
    if (option(line, "with", value, sizeof(value)))
        snprintf(extra, sizeof(extra), "%s\r\n", value);
    const char *body = option(line, "offer", value, sizeof(value)) ? offer_of(value) : "";
    char tag[80] = "";
    if (is_in_dialog)
        snprintf(tag, sizeof(tag), ";tag=%s", scenario->to_tag);
    if (option(line, "totag", value, sizeof(value)))
        snprintf(tag, sizeof(tag), ";tag=%.60s", value);
    snprintf(text, sizeof(text),
             "%s sip:alice@192.0.2.7:40000;transport=tls SIP/2.0\r\n"
             "Via: SIP/2.0/TLS proxy.example.com:5061;branch=z9hG4bK%s\r\n"
             "Record-Route: <sip:proxy.example.com;transport=tls;lr>\r\n"
             "From: %s;tag=theirs\r\n"
             "To: <sip:alice@example.com>%s\r\n"
             "Call-ID: call@example.org\r\n"
             "CSeq: %u %s\r\n"
             "Max-Forwards: 70\r\n"
             "Contact: <sip:ada@192.0.2.9:5060>\r\n"
             "%s%s"
             "Content-Length: %zu\r\n\r\n%s",
             method, branch, from, tag, cseq, method, extra,
             body[0] ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
    receive(scenario, text);
}

/* respond STATUS [with='Header: value']: to the last request of ours. */
static void respond(struct scenario *scenario, const char *line)
{
    char text[SENT_BYTES];
    char extra[512] = "";
    char value[400];
    unsigned status = 0;
    size_t length;
    sscanf(line, "respond %u", &status);
    if (option(line, "with", value, sizeof(value)))
        snprintf(extra, sizeof(extra), "%s\r\n", value);
    length = (size_t)snprintf(text, sizeof(text), "SIP/2.0 %u Reason\r\n", status);
    static const char *const copied[] = { "Via: ", "From: ", "To: ", "Call-ID: ", "CSeq: " };
    for (size_t i = 0; i < sizeof(copied) / sizeof(*copied); i++) {
        char key[32];
        snprintf(key, sizeof(key), "\r\n%s", copied[i]);
        const char *found = strstr(scenario->request, key);
        if (!found)
            continue;
        found += 2;
        bool is_to = strncmp(found, "To: ", 4) == 0;
        length += (size_t)snprintf(text + length, sizeof(text) - length, "%.*s%s\r\n",
                                   (int)strcspn(found, "\r"), found,
                                   is_to && !strstr(found, ";tag=") ? ";tag=registrar" : "");
    }
    snprintf(text + length, sizeof(text) - length, "%sContent-Length: 0\r\n\r\n", extra);
    receive(scenario, text);
}

static void decide(struct scenario *scenario, const char *decision)
{
    struct action action = { .code = 0 };
    const char *why = "";
    char text[128];
    enum status status = hook_decision_parse(slice_trim(slice_of(decision)), &action, &why);
    if (status != STATUS_OK) {
        fail(scenario, "no decision", decision);
        return;
    }
    action.call = scenario->call;
    status = agent_act(scenario->agent, scenario->now, &action, &why);
    if (status != STATUS_OK) {
        snprintf(text, sizeof(text), "refused %s", status_text(status));
        snprintf(put(scenario)->what, sizeof(scenario->outputs[0].what), "%s", text);
    }
    pump(scenario);
}

static void hang_up(struct scenario *scenario)
{
    struct action action = { .kind = ACTION_HANGUP, .call = scenario->call };
    const char *why;
    if (agent_act(scenario->agent, scenario->now, &action, &why) != STATUS_OK)
        snprintf(put(scenario)->what, sizeof(scenario->outputs[0].what), "refused");
    pump(scenario);
}

static void media(struct scenario *scenario, const char *what)
{
    struct net_address rtp;
    (void)!net_address_parse(slice_of("192.0.2.7"), 20000, &rtp);
    if (strncmp(what, "opened", 6) == 0)
        agent_media_opened(scenario->agent, scenario->now, scenario->call, &rtp, 20001);
    else if (strncmp(what, "failed", 6) == 0)
        agent_media_failed(scenario->agent, scenario->now, scenario->call);
    else
        agent_media_drained(scenario->agent, scenario->now, scenario->call);
    pump(scenario);
}

/* Time passes, deadline by deadline. */
static void wait_seconds(struct scenario *scenario, const char *line)
{
    time_ms end = scenario->now + (time_ms)(strtod(line, NULL) * 1000 + 0.5);
    while (scenario->now < end) {
        time_ms next = agent_deadline(scenario->agent);
        scenario->now = next > scenario->now && next < end ? next : end;
        agent_timeout(scenario->agent, scenario->now);
        pump(scenario);
    }
}

/* Until something comes, an hour at most. */
static void wait_output(struct scenario *scenario)
{
    time_ms end = scenario->now + 3600000;
    while (!scenario->count && scenario->now < end)
        wait_seconds(scenario, "0.1");
}

static void expect(struct scenario *scenario, const char *line)
{
    char wanted[LINE_BYTES];
    snprintf(wanted, sizeof(wanted), "%s", line);
    char *contains = strstr(wanted, " with ");
    char *lacks = strstr(wanted, " without ");
    if (contains)
        *contains = '\0';
    if (lacks)
        *lacks = '\0';
    if (!scenario->count) {
        fail(scenario, "nothing came, wanted", wanted);
        return;
    }
    scenario->last = scenario->outputs[0];
    scenario->count--;
    memmove(scenario->outputs, scenario->outputs + 1, scenario->count * sizeof(*scenario->outputs));
    size_t length = strlen(wanted);
    if (strncmp(scenario->last.what, wanted, length) != 0 ||
        (scenario->last.what[length] && scenario->last.what[length] != ' ')) {
        printf("%s:%d: wanted \"%s\", came \"%s\"\n%s\n", scenario->file, scenario->line, wanted,
               scenario->last.what, scenario->last.bytes);
        scenario->failures++;
        return;
    }
    if (contains && !strstr(scenario->last.bytes, contains + 6)) {
        printf("%s:%d: \"%s\" is not in\n%s\n", scenario->file, scenario->line, contains + 6,
               scenario->last.bytes);
        scenario->failures++;
    }
    if (lacks && strstr(scenario->last.bytes, lacks + 9))
        fail(scenario, "must not be there", lacks + 9);
}

static void expect_nothing(struct scenario *scenario)
{
    if (scenario->count)
        fail(scenario, "nothing was wanted, came", scenario->outputs[0].what);
    scenario->count = 0;
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
    else if (strncmp(line, "media ", 6) == 0)
        media(scenario, line + 6);
    else if (strncmp(line, "wait ", 5) == 0)
        wait_seconds(scenario, line + 5);
    else if (strncmp(line, "expect nothing", 14) == 0)
        expect_nothing(scenario);
    else if (strncmp(line, "expect ", 7) == 0)
        expect(scenario, line + 7);
    else
        fail(scenario, "unknown word", line);
}

static void play_short(struct scenario *scenario, const char *line)
{
    if (strcmp(line, "link up") == 0)
        link_up(scenario);
    else if (strcmp(line, "link lost") == 0)
        agent_link_lost(scenario->agent, scenario->now, "the connection broke");
    else if (strcmp(line, "hangup") == 0)
        hang_up(scenario);
    else if (strcmp(line, "own") == 0)
        agent_own(scenario->agent, scenario->call);
    else if (strcmp(line, "disown") == 0)
        agent_disown(scenario->agent, scenario->now, scenario->call);
    else if (strcmp(line, "default") == 0)
        agent_decide_default(scenario->agent, scenario->now, scenario->call);
    else if (strcmp(line, "reregister") == 0)
        agent_reregister(scenario->agent, scenario->now);
    else if (strcmp(line, "stop") == 0)
        agent_stop(scenario->agent, scenario->now);
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
    static const char *const headers[] = { "X-Door" };
    scenario->settings = (struct agent_settings){
        .line = "home",
        .aor = "sips:alice@example.com",
        .username = "alice",
        .password = "secret",
        .realm = "",
        .instance_id = "",
        .route = "",
        .expires_s = 600,
        .calls_max = 2,
        .incoming = { .kind = ACTION_REJECT, .code = 480 },
        .codecs = { SDP_CODEC_PCMA, SDP_CODEC_PCMU },
        .codec_count = 2,
        .export_headers = headers,
        .export_header_count = 1,
    };
    random_init_number(&scenario->random, 7);
    scenario->now = 1000000;
    scenario->arena = arena_new();
    scenario->agent = agent_new(&scenario->settings, &scenario->random);
}

static int run_file(const char *path)
{
    struct scenario *scenario = memory_new(sizeof(*scenario));
    char line[LINE_BYTES];
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
        if (line[0] && line[0] != '#')
            play_short(scenario, line);
    }
    expect_nothing(scenario);
    fclose(file);
    agent_free(scenario->agent);
    arena_free(scenario->arena);
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
