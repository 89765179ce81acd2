// SPDX-License-Identifier: ISC
// Records of calls: what is written is read back, what is not whole or not ours is refused.
#include "agent/call_record.h"
#include "tests/suite.h"
#include "util/limits.h"

#include <stdio.h>

#define INVITE                                                                                       \
    "INVITE sip:alice@192.0.2.7 SIP/2.0\r\n"                                                         \
    "Via: SIP/2.0/TLS proxy.example.com;branch=z9hG4bKin, SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx\r\n" \
    "From: \"A\\\"da\" <sip:ada@example.org>;tag=theirs\r\n"                                         \
    "To: <sip:alice@example.com>\r\n"                                                                \
    "Call-ID: call@example.org\r\n"                                                                  \
    "CSeq: 7 INVITE\r\n"                                                                             \
    "Max-Forwards: 70\r\n"                                                                           \
    "X-Secret: not to be kept\r\n"                                                                   \
    "Content-Length: 0\r\n\r\n"

static struct sip_dialog_state dialog_state(void)
{
    return (struct sip_dialog_state){
        .call_id = slice_of("call@example.org"),
        .local = slice_of("<sip:alice@example.com>;tag=ours"),
        .remote = slice_of("\"A\\\"da\" <sip:ada@example.org>;tag=theirs"),
        .local_tag = slice_of("ours"),
        .remote_tag = slice_of("theirs"),
        .target = slice_of("sip:ada@192.0.2.9:5060;x=y"),
        .routes = { slice_of("<sip:p1;lr>"), slice_of("<sip:p2;lr>;a=\"b,c\"") },
        .route_count = 2,
        .local_cseq = 12,
        .remote_cseq = 2147483647,
        .is_confirmed = true,
    };
}

static struct call_record plain(enum call_debt debt)
{
    return (struct call_record){
        .debt = debt,
        .id = slice_of("k3f9"),
        .arrived_at = 1700000000123,
        .answered_at = TIME_NEVER,
        .left_at = TIME_NEVER,
    };
}

static void assert_same(struct slice left, struct slice right)
{
    ck_assert_msg(slice_equal(left, right), "%.*s, not %.*s", SLICE_PRINT(left),
                  SLICE_PRINT(right));
}

static void write_record(const struct call_record *record, struct buffer *text)
{
    buffer_init(text, LIMIT_CALL_RECORD);
    ck_assert_int_eq(call_record_write(record, text), STATUS_OK);
}

/* Written, read and written again: the same. */
static struct call_record round_trip(struct arena *arena, const struct call_record *record)
{
    struct buffer text;
    struct buffer again;
    struct call_record read;
    const char *why;
    write_record(record, &text);
    ck_assert_msg(call_record_parse(arena, buffer_slice(&text), &read, &why) == STATUS_OK,
                  "%s\n%.*s", why, SLICE_PRINT(buffer_slice(&text)));
    write_record(&read, &again);
    assert_same(buffer_slice(&again), buffer_slice(&text));
    buffer_free(&text);
    buffer_free(&again);
    return read;
}

static void assert_same_dialog(const struct sip_dialog_state *left,
                               const struct sip_dialog_state *right)
{
    assert_same(left->call_id, right->call_id);
    assert_same(left->local, right->local);
    assert_same(left->remote, right->remote);
    assert_same(left->local_tag, right->local_tag);
    assert_same(left->remote_tag, right->remote_tag);
    assert_same(left->target, right->target);
    ck_assert_uint_eq(left->route_count, right->route_count);
    for (size_t i = 0; i < left->route_count; i++)
        assert_same(left->routes[i], right->routes[i]);
    ck_assert_uint_eq(left->local_cseq, right->local_cseq);
    ck_assert_uint_eq(left->remote_cseq, right->remote_cseq);
    ck_assert_int_eq(left->is_confirmed, right->is_confirmed);
}

static struct call_record answered(struct sip_dialog_state *dialog)
{
    struct call_record record = plain(CALL_OWES_BYE);
    *dialog = dialog_state();
    record.dialogs = dialog;
    record.dialog_count = 1;
    record.answered_at = 1700000005000;
    return record;
}

START_TEST(keeps_a_dialog)
{
    struct arena *arena = arena_new();
    struct sip_dialog_state dialog;
    struct call_record record = answered(&dialog);
    record.ack_cseq = 3;
    record.is_outgoing = true;
    struct call_record read = round_trip(arena, &record);
    ck_assert_int_eq(read.debt, CALL_OWES_BYE);
    ck_assert(read.is_outgoing);
    ck_assert_uint_eq(read.dialog_count, 1);
    assert_same_dialog(&read.dialogs[0], &dialog);
    ck_assert_int_eq(read.arrived_at, record.arrived_at);
    ck_assert_int_eq(read.answered_at, record.answered_at);
    ck_assert_int_eq(read.left_at, TIME_NEVER);
    ck_assert_uint_eq(read.ack_cseq, 3);
    ck_assert(!read.has_ended && !read.is_told);
    arena_free(arena);
}
END_TEST

START_TEST(keeps_the_facts_and_the_end)
{
    static const struct slice names[] = { SLICE_LITERAL("X-Door"), SLICE_LITERAL("X-Empty") };
    static const struct slice values[] = { SLICE_LITERAL("front=left"), SLICE_LITERAL("") };
    static const char odd[] = "A\\da\r\nowes=nothing\0 \x7f\xc3\xa9";
    struct arena *arena = arena_new();
    struct call_record record = plain(CALL_OWES_NOTHING);
    record.has_ended = record.is_told = true;
    record.left_at = 1700000009999;
    record.facts = (struct event){
        .from = slice_of("+49301234"),
        .from_name = slice_make(odd, sizeof(odd) - 1),
        .result = slice_of("answered"),
        .code = slice_of("200"),
        .reason = slice_of("hung up"),
        .ended_by = slice_of("remote"),
        .talk_secs = slice_of("12"),
        .digits = slice_of("1234"),
        .token = slice_of("secret"),
        .header_names = names,
        .header_values = values,
        .header_count = 2,
    };
    struct call_record read = round_trip(arena, &record);
    ck_assert(read.has_ended && read.is_told);
    ck_assert_int_eq(read.left_at, record.left_at);
    assert_same(read.facts.from, record.facts.from);
    assert_same(read.facts.from_name, record.facts.from_name);
    assert_same(read.facts.talk_secs, record.facts.talk_secs);
    ck_assert_uint_eq(read.facts.header_count, 2);
    assert_same(read.facts.header_names[0], names[0]);
    assert_same(read.facts.header_values[0], values[0]);
    assert_same(read.facts.header_values[1], values[1]);
    ck_assert_uint_eq(read.facts.digits.length, 0);
    ck_assert_uint_eq(read.facts.token.length, 0);
    arena_free(arena);
}
END_TEST

static struct call_record calling(struct sip_dialog_state dialogs[2], const struct slice *routes)
{
    struct call_record record = plain(CALL_OWES_CANCEL);
    dialogs[0] = dialogs[1] = dialog_state();
    dialogs[1].remote_tag = slice_of("other");
    dialogs[1].route_count = 0;
    dialogs[1].is_confirmed = false;
    record.is_outgoing = true;
    record.dialogs = dialogs;
    record.dialog_count = 2;
    record.via = slice_of("SIP/2.0/TLS 192.0.2.7:40000;branch=z9hG4bKold;rport");
    record.sent = (struct sip_request){
        .uri = slice_of("sip:+4930111222@example.com"),
        .from = slice_of("<sips:alice@example.com>;tag=ours"),
        .to = slice_of("<sip:+4930111222@example.com>"),
        .call_id = slice_of("ourcall"),
        .cseq = 2,
        .routes = routes,
        .route_count = 2,
    };
    return record;
}

START_TEST(keeps_an_invite_of_ours_and_its_early_dialogs)
{
    static const struct slice routes[] = { SLICE_LITERAL("<sip:proxy;lr>"),
                                           SLICE_LITERAL("<sip:service;lr>") };
    struct sip_dialog_state dialogs[2];
    struct arena *arena = arena_new();
    struct call_record record = calling(dialogs, routes);
    struct call_record read = round_trip(arena, &record);
    assert_same(read.via, record.via);
    assert_same(read.sent.uri, record.sent.uri);
    assert_same(read.sent.from, record.sent.from);
    assert_same(read.sent.to, record.sent.to);
    assert_same(read.sent.call_id, record.sent.call_id);
    ck_assert_uint_eq(read.sent.cseq, 2);
    ck_assert_int_eq(read.sent.method, SIP_METHOD_INVITE);
    ck_assert_uint_eq(read.sent.route_count, 2);
    assert_same(read.sent.routes[1], routes[1]);
    ck_assert_uint_eq(read.dialog_count, 2);
    assert_same_dialog(&read.dialogs[0], &dialogs[0]);
    assert_same_dialog(&read.dialogs[1], &dialogs[1]);
    arena_free(arena);
}
END_TEST

static void write_head(struct arena *arena, struct sip_writer *writer)
{
    struct sip_message *invite;
    ck_assert_int_eq(sip_message_parse(arena, slice_of(INVITE), &invite), STATUS_OK);
    sip_writer_init(writer);
    call_record_write_invite(writer, invite);
    ck_assert_int_eq(sip_writer_status(writer), STATUS_OK);
}

START_TEST(keeps_what_an_answer_to_an_invite_needs)
{
    struct sip_dialog_state dialog = dialog_state();
    struct sip_writer head;
    struct sip_message *invite;
    struct arena *arena = arena_new();
    struct call_record record = plain(CALL_OWES_REFUSAL);
    write_head(arena, &head);
    record.dialogs = &dialog;
    record.dialog_count = 1;
    record.invite = sip_writer_slice(&head);
    struct call_record read = round_trip(arena, &record);
    ck_assert_int_eq(sip_message_parse(arena, read.invite, &invite), STATUS_OK);
    ck_assert_uint_eq(invite->defect, 0);
    ck_assert_uint_eq(sip_message_count(invite, SIP_HEADER_VIA), 2);
    assert_same(invite->from_tag, slice_of("theirs"));
    assert_same(sip_message_value(invite, SIP_HEADER_FROM),
                slice_of("\"A\\\"da\" <sip:ada@example.org>;tag=theirs"));
    ck_assert_uint_eq(invite->cseq, 7);
    ck_assert_ptr_null(sip_message_header_named(invite, slice_of("X-Secret"), 0));
    sip_writer_free(&head);
    arena_free(arena);
}
END_TEST

static enum status parse(struct arena *arena, struct slice text)
{
    struct call_record read;
    const char *why = NULL;
    enum status status = call_record_parse(arena, text, &read, &why);
    ck_assert_ptr_nonnull(why);
    ck_assert_int_eq(why[0] != '\0', status != STATUS_OK);
    return status;
}

START_TEST(refuses_what_is_cut_at_any_byte)
{
    static const struct slice routes[] = { SLICE_LITERAL("<sip:proxy;lr>"),
                                           SLICE_LITERAL("<sip:service;lr>") };
    struct sip_dialog_state dialogs[2];
    struct buffer text;
    struct arena *arena = arena_new();
    struct call_record record = calling(dialogs, routes);
    write_record(&record, &text);
    for (size_t i = 0; i < text.length; i++) {
        ck_assert_int_eq(parse(arena, slice_first(buffer_slice(&text), i)), STATUS_MALFORMED);
        arena_reset(arena);
    }
    ck_assert_int_eq(parse(arena, buffer_slice(&text)), STATUS_OK);
    buffer_free(&text);
    arena_free(arena);
}
END_TEST

START_TEST(survives_any_byte_that_is_another)
{
    static const char others[] = { '\0', '\n', '=', '\\', '<', ';', '9', '\xff' };
    struct sip_dialog_state dialog;
    struct buffer text;
    struct arena *arena = arena_new();
    struct call_record record = answered(&dialog);
    write_record(&record, &text);
    for (size_t i = 0; i < text.length; i++) {
        char kept = text.data[i];
        for (size_t k = 0; k < sizeof(others); k++) {
            text.data[i] = others[k];
            (void)!parse(arena, buffer_slice(&text));
            arena_reset(arena);
        }
        text.data[i] = kept;
    }
    buffer_free(&text);
    arena_free(arena);
}
END_TEST

#define BEGIN "offhook-call=1\nid=k3f9\ndirection=in\narrived=5\n"
#define DIALOG                                                                                     \
    "dialog=c\nlocal=<sip:a@b>;tag=u\nremote=<sip:c@d>;tag=t\nlocal_tag=u\nremote_tag=t\n"         \
    "target=sip:c@1.2.3.4\nlocal_cseq=1\n"
#define SENT                                                                                       \
    "sent=sip:c@d\nsent_via=SIP/2.0/TLS h;branch=z9hG4bKb\nsent_from=<sip:a@b>;tag=u\n"            \
    "sent_to=<sip:c@d>\nsent_call_id=c\nsent_cseq=1\n"
#define END "end=yes\n"

static const struct {
    const char *text;
    bool is_fine;
} judged[] = {
    { BEGIN "owes=nothing\n" END, true },
    { BEGIN "owes=bye\n" DIALOG END, true },
    { BEGIN "owes=cancel\n" SENT END, true },
    { "", false },
    { "offhook-call=1\n", false },
    { "offhook-call=1\nend=yes\n", false },
    { "offhook-call=2\nid=k3f9\ndirection=in\narrived=5\nowes=nothing\n" END, false },
    { "offhook-call=1\nid=k3f9\ndirection=in\nowes=nothing\n" END, false },
    { "offhook-call=1\ndirection=in\narrived=5\nowes=nothing\n" END, false },
    { "offhook-call=1\nid=../../etc\ndirection=in\narrived=5\nowes=nothing\n" END, false },
    { BEGIN "owes=money\n" END, false },
    { BEGIN "owes=bye\n" END, false },
    { BEGIN "owes=bye\n" DIALOG DIALOG END, false },
    { BEGIN "owes=bye\n" DIALOG "target=no uri\n" END, false },
    { BEGIN "owes=bye\n" DIALOG "route=nothing <\n" END, false },
    { BEGIN "owes=bye\n" DIALOG "local=*\n" END, false },
    { BEGIN "owes=bye\n" DIALOG "local_cseq=4294967296\n" END, false },
    { BEGIN "owes=bye\n" DIALOG "local_cseq=-1\n" END, false },
    { BEGIN "owes=bye\nroute=<sip:p;lr>\n" DIALOG END, false },
    { BEGIN "owes=bye\ntarget=sip:a@b\n" DIALOG END, false },
    { BEGIN "owes=refusal\n" DIALOG END, false },
    { BEGIN "owes=refusal\n" DIALOG "invite=BYE sip:a@b SIP/2.0\\0d\\0a\\0d\\0a\n" END, false },
    { BEGIN "owes=nothing\ninvite=x\n" END, false },
    { BEGIN "owes=cancel\n" END, false },
    { BEGIN "owes=cancel\n" SENT "sent_via=SIP/2.0/TLS h\n" END, false },
    { BEGIN "owes=cancel\n" SENT "sent_cseq=0\n" END, false },
    { BEGIN "owes=nothing\nunknown=x\n" END, false },
    { BEGIN "owes=nothing\nfrom\n" END, false },
    { BEGIN "owes=nothing\nfrom=\\\n" END, false },
    { BEGIN "owes=nothing\nfrom=\\0\n" END, false },
    { BEGIN "owes=nothing\nfrom=\\0G\n" END, false },
    { BEGIN "owes=nothing\nfrom=a\rb\n" END, false },
    { BEGIN "owes=nothing\ntold=no\n" END, false },
    { BEGIN "owes=nothing\nheader_value=x\n" END, false },
    { BEGIN "owes=nothing\n\n" END, false },
    { BEGIN "owes=nothing\n" END END, false },
};

START_TEST(believes_only_what_is_whole)
{
    struct arena *arena = arena_new();
    for (size_t i = 0; i < sizeof(judged) / sizeof(*judged); i++)
        ck_assert_msg((parse(arena, slice_of(judged[i].text)) == STATUS_OK) == judged[i].is_fine,
                      "%s", judged[i].text);
    arena_free(arena);
}
END_TEST

START_TEST(bounds_what_a_file_can_ask_for)
{
    static const char *const many[] = { DIALOG, "header=X\n", "sent_route=<sip:p;lr>\n" };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < sizeof(many) / sizeof(*many); i++) {
        struct buffer text;
        buffer_init(&text, LIMIT_CALL_RECORD);
        buffer_append_text(&text, BEGIN "owes=nothing\n");
        for (size_t k = 0; k < 100; k++)
            buffer_append_text(&text, many[i]);
        buffer_append_text(&text, END);
        ck_assert_int_eq(buffer_status(&text), STATUS_OK);
        ck_assert_int_eq(parse(arena, buffer_slice(&text)), STATUS_MALFORMED);
        buffer_free(&text);
    }
    arena_free(arena);
}
END_TEST

START_TEST(leaves_the_facts_out_where_they_do_not_fit)
{
    static char name[2048];
    struct sip_dialog_state dialog;
    struct buffer text;
    struct call_record read;
    const char *why;
    struct arena *arena = arena_new();
    struct call_record record = answered(&dialog);
    memset(name, 'x', sizeof(name));
    record.facts.from_name = slice_make(name, sizeof(name));
    buffer_init(&text, 1024);
    ck_assert_int_eq(call_record_write(&record, &text), STATUS_OK);
    ck_assert_int_eq(call_record_parse(arena, buffer_slice(&text), &read, &why), STATUS_OK);
    assert_same_dialog(&read.dialogs[0], &dialog);
    ck_assert_uint_eq(read.facts.from_name.length, 0);
    buffer_free(&text);
    buffer_init(&text, 100);
    ck_assert_int_eq(call_record_write(&record, &text), STATUS_TOO_LARGE);
    buffer_free(&text);
    arena_free(arena);
}
END_TEST

SUITE_MAIN("agent/call_record", keeps_a_dialog, keeps_the_facts_and_the_end,
           keeps_an_invite_of_ours_and_its_early_dialogs, keeps_what_an_answer_to_an_invite_needs,
           refuses_what_is_cut_at_any_byte, survives_any_byte_that_is_another,
           believes_only_what_is_whole, bounds_what_a_file_can_ask_for,
           leaves_the_facts_out_where_they_do_not_fit)
