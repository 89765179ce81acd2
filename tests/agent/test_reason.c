// SPDX-License-Identifier: ISC
// Reason headers read and written (RFC 3326, Q.850).
#include "agent/reason.h"
#include "suite.h"

#include <stdio.h>

static const struct {
    const char *lines;
    bool is_there;
    uint32_t sip_code;
    uint32_t q850_cause;
    const char *text;
} rows[] = {
    { "", false, 0, 0, "" },
    { "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n", true, 200, 0,
      "Call completed elsewhere" },
    { "Reason: sip ; cause=486 ; text=busy\r\n", true, 486, 0, "busy" },
    { "Reason: SIP;cause=199\r\n", false, 0, 0, "" },
    { "Reason: SIP;cause=699\r\n", true, 699, 0, "" },
    { "Reason: SIP;cause=700\r\n", false, 0, 0, "" },
    { "Reason: SIP;cause=x\r\n", false, 0, 0, "" },
    { "Reason: Q.850;cause=16\r\n", true, 0, 16, "normal call clearing" },
    { "Reason: q.850;cause=17;text=\"besetzt\"\r\n", true, 0, 17, "besetzt" },
    { "Reason: Q.850;cause=127\r\n", true, 0, 127, "interworking, unspecified" },
    { "Reason: Q.850;cause=128\r\n", false, 0, 0, "" },
    { "Reason: Q.850;cause=99\r\n", true, 0, 99, "" },
    { "Reason: Q.850;cause=0\r\n", false, 0, 0, "" },
    { "Reason: Other;cause=17\r\n", false, 0, 0, "" },
    { "Reason: Other;cause=17;text=\"hm\"\r\n", true, 0, 0, "hm" },
    { "Reason: SIP;text=\"\"\r\n", false, 0, 0, "" },
    { "Reason: SIP\r\n", false, 0, 0, "" },
    { "Reason: SIP;cause=486, Q.850;cause=17;text=\"a\"\r\n", true, 486, 17, "a" },
    { "Reason: SIP;cause=486;text=\"b\"\r\nReason: Q.850;cause=17;text=\"a\"\r\n", true, 486, 17,
      "b" },
};

START_TEST(every_reason_is_read)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct arena *arena = arena_new();
        struct sip_message *message;
        struct reason reason;
        char text[1024];
        snprintf(
            text, sizeof(text),
            "BYE sip:a SIP/2.0\r\nVia: SIP/2.0/TLS h;branch=z9hG4bKx\r\nFrom: <sip:a>;tag=1\r\n"
            "To: <sip:b>;tag=2\r\nCall-ID: c\r\nCSeq: 1 BYE\r\n%sContent-Length: 0\r\n\r\n",
            rows[i].lines);
        ck_assert_int_eq(sip_message_parse(arena, slice_of(text), &message), STATUS_OK);
        ck_assert_msg(reason_read(message, &reason) == rows[i].is_there, "row %zu", i);
        ck_assert_msg(reason.sip_code == rows[i].sip_code, "row %zu", i);
        ck_assert_msg(reason.q850_cause == rows[i].q850_cause, "row %zu", i);
        ck_assert_msg(slice_equal(reason.text, slice_of(rows[i].text)), "row %zu: %.*s", i,
                      SLICE_PRINT(reason.text));
        arena_free(arena);
    }
}
END_TEST

START_TEST(failures_are_written_as_sip_and_all_else_as_a_normal_end)
{
    static const struct {
        uint32_t code;
        const char *text;
        const char *line;
    } written[] = {
        { 0, "x", "Reason: Q.850;cause=16;text=\"normal call clearing\"\r\n" },
        { 200, "hung up", "Reason: Q.850;cause=16;text=\"normal call clearing\"\r\n" },
        { 299, "x", "Reason: Q.850;cause=16;text=\"normal call clearing\"\r\n" },
        { 300, "x", "Reason: SIP;cause=300;text=\"x\"\r\n" },
        { 408, "no \"ACK\"", "Reason: SIP;cause=408;text=\"no \\\"ACK\\\"\"\r\n" },
    };
    for (size_t i = 0; i < sizeof(written) / sizeof(*written); i++) {
        struct sip_writer lines;
        sip_writer_init(&lines);
        reason_write(&lines, written[i].code, slice_of(written[i].text));
        ck_assert_msg(slice_equal(sip_writer_slice(&lines), slice_of(written[i].line)),
                      "row %zu: %.*s", i, SLICE_PRINT(sip_writer_slice(&lines)));
        sip_writer_free(&lines);
    }
}
END_TEST

START_TEST(the_causes_are_those_of_q850)
{
    static const struct {
        uint32_t cause;
        const char *text;
    } causes[] = {
        { 1, "unallocated number" },
        { 3, "no route to destination" },
        { 16, "normal call clearing" },
        { 17, "user busy" },
        { 18, "no user responding" },
        { 19, "no answer from user" },
        { 20, "subscriber absent" },
        { 21, "call rejected" },
        { 22, "number changed" },
        { 26, "non-selected user clearing" },
        { 27, "destination out of order" },
        { 28, "invalid number format" },
        { 29, "facility rejected" },
        { 31, "normal, unspecified" },
        { 34, "no circuit available" },
        { 38, "network out of order" },
        { 41, "temporary failure" },
        { 42, "switching equipment congestion" },
        { 47, "resource unavailable" },
        { 50, "facility not subscribed" },
        { 55, "incoming calls barred" },
        { 57, "bearer capability not authorized" },
        { 58, "bearer capability not available" },
        { 65, "bearer capability not implemented" },
        { 79, "service not implemented" },
        { 87, "user not member of closed group" },
        { 88, "incompatible destination" },
        { 102, "recovery on timer expiry" },
        { 111, "protocol error" },
        { 127, "interworking, unspecified" },
    };
    size_t next = 0;
    for (uint32_t cause = 0; cause < 200; cause++) {
        const char *text = "";
        if (next < sizeof(causes) / sizeof(*causes) && causes[next].cause == cause)
            text = causes[next++].text;
        ck_assert_str_eq(reason_cause_text(cause), text);
    }
}
END_TEST

SUITE_MAIN("agent/reason", every_reason_is_read,
           failures_are_written_as_sip_and_all_else_as_a_normal_end, the_causes_are_those_of_q850)
