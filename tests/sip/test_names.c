// SPDX-License-Identifier: ISC
// The tables of names: headers, methods and reason phrases.
#include "sip/header_names.h"
#include "sip/method.h"
#include "sip/status_text.h"
#include "suite.h"

#include <stdio.h>

START_TEST(every_header_name_is_found_in_any_case)
{
    ck_assert_str_eq(sip_header_name(SIP_HEADER_OTHER), "");
    for (enum sip_header_id id = SIP_HEADER_OTHER + 1; id < SIP_HEADER_COUNT; id++) {
        char text[64];
        struct slice name = slice_of(sip_header_name(id));
        ck_assert_msg(name.length > 0 && name.length < sizeof(text), "id %d", (int)id);
        ck_assert_msg(sip_header_id_from_name(name) == id, "%s", name.data);
        for (size_t i = 0; i < name.length; i++)
            text[i] = ascii_lower(name.data[i]);
        ck_assert(sip_header_id_from_name(slice_make(text, name.length)) == id);
        for (size_t i = 0; i < name.length; i++)
            text[i] = ascii_is_letter(text[i]) ? (char)(text[i] - 32) : text[i];
        ck_assert(sip_header_id_from_name(slice_make(text, name.length)) == id);
        ck_assert(name.length == 2 || // "T" is To
                  sip_header_id_from_name(slice_first(name, name.length - 1)) != id);
        text[name.length] = 'x';
        ck_assert(sip_header_id_from_name(slice_make(text, name.length + 1)) != id);
    }
}
END_TEST

START_TEST(compact_forms_are_those_of_the_registry)
{
    static const struct {
        char letter;
        enum sip_header_id id;
    } rows[] = {
        { 'b', SIP_HEADER_REFERRED_BY },
        { 'c', SIP_HEADER_CONTENT_TYPE },
        { 'e', SIP_HEADER_CONTENT_ENCODING },
        { 'f', SIP_HEADER_FROM },
        { 'i', SIP_HEADER_CALL_ID },
        { 'k', SIP_HEADER_SUPPORTED },
        { 'l', SIP_HEADER_CONTENT_LENGTH },
        { 'm', SIP_HEADER_CONTACT },
        { 'o', SIP_HEADER_EVENT },
        { 'r', SIP_HEADER_REFER_TO },
        { 's', SIP_HEADER_SUBJECT },
        { 't', SIP_HEADER_TO },
        { 'u', SIP_HEADER_ALLOW_EVENTS },
        { 'v', SIP_HEADER_VIA },
        { 'x', SIP_HEADER_SESSION_EXPIRES },
        { 'y', SIP_HEADER_IDENTITY },
        { 'z', SIP_HEADER_OTHER },
        { 'g', SIP_HEADER_OTHER },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char upper = (char)(rows[i].letter - 32);
        ck_assert_int_eq(sip_header_id_from_name(slice_make(&rows[i].letter, 1)), rows[i].id);
        ck_assert_int_eq(sip_header_id_from_name(slice_make(&upper, 1)), rows[i].id);
    }
}
END_TEST

START_TEST(what_is_no_name_is_other)
{
    static const char *const rows[] = {
        "", "1", "-", "\xff", "{", "@", "[x", "X-Via", "Vi", "Viaa"
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        ck_assert_int_eq(sip_header_id_from_name(slice_of(rows[i])), SIP_HEADER_OTHER);
}
END_TEST

START_TEST(challenges_and_credentials_are_no_lists)
{
    ck_assert(sip_header_is_list(SIP_HEADER_VIA) && sip_header_is_list(SIP_HEADER_CONTACT));
    ck_assert(!sip_header_is_list(SIP_HEADER_WWW_AUTHENTICATE));
    ck_assert(!sip_header_is_list(SIP_HEADER_PROXY_AUTHENTICATE));
    ck_assert(!sip_header_is_list(SIP_HEADER_AUTHORIZATION));
    ck_assert(!sip_header_is_list(SIP_HEADER_PROXY_AUTHORIZATION));
    ck_assert(!sip_header_is_list(SIP_HEADER_AUTHENTICATION_INFO));
    ck_assert(!sip_header_is_list(SIP_HEADER_DATE) && !sip_header_is_list(SIP_HEADER_OTHER));
}
END_TEST

START_TEST(what_routing_depends_on_is_single)
{
    ck_assert(sip_header_is_single(SIP_HEADER_FROM) && sip_header_is_single(SIP_HEADER_TO));
    ck_assert(sip_header_is_single(SIP_HEADER_CALL_ID) && sip_header_is_single(SIP_HEADER_CSEQ));
    ck_assert(sip_header_is_single(SIP_HEADER_CONTENT_LENGTH));
    ck_assert(!sip_header_is_single(SIP_HEADER_VIA) && !sip_header_is_single(SIP_HEADER_OTHER));
    for (enum sip_header_id id = SIP_HEADER_OTHER; id < SIP_HEADER_COUNT; id++)
        ck_assert(!(sip_header_is_single(id) && sip_header_is_list(id)));
}
END_TEST

START_TEST(every_list_and_every_single_header_is_named_here)
{
    static const char lists[] =
        "|Accept|Accept-Encoding|Accept-Language|Alert-Info|Allow|Allow-Events|Call-Info|Contact|"
        "Content-Encoding|Content-Language|Diversion|Error-Info|History-Info|In-Reply-To|"
        "P-Asserted-Identity|P-Associated-URI|P-Preferred-Identity|Path|Proxy-Require|Reason|"
        "Record-Route|Require|Route|Service-Route|Supported|Unsupported|User-to-User|Via|Warning|";
    static const char singles[] =
        "|Call-ID|Content-Length|Content-Type|CSeq|Event|Expires|From|Max-Forwards|RAck|Refer-To|"
        "Referred-By|Replaces|RSeq|Session-Expires|Subscription-State|To|";
    for (enum sip_header_id id = SIP_HEADER_OTHER + 1; id < SIP_HEADER_COUNT; id++) {
        char name[64];
        snprintf(name, sizeof(name), "|%s|", sip_header_name(id));
        ck_assert_msg(sip_header_is_list(id) == (strstr(lists, name) != NULL), "%s", name);
        ck_assert_msg(sip_header_is_single(id) == (strstr(singles, name) != NULL), "%s", name);
    }
}
END_TEST

START_TEST(methods_are_found_with_case)
{
    for (enum sip_method method = SIP_METHOD_INVITE; method < SIP_METHOD_COUNT; method++)
        ck_assert_int_eq(sip_method_from_text(slice_of(sip_method_text(method))), method);
    ck_assert_int_eq(sip_method_from_text(slice_of("invite")), SIP_METHOD_UNKNOWN);
    ck_assert_int_eq(sip_method_from_text(slice_of("INVIT")), SIP_METHOD_UNKNOWN);
    ck_assert_int_eq(sip_method_from_text(slice_of("INVITED")), SIP_METHOD_UNKNOWN);
    ck_assert_int_eq(sip_method_from_text(slice_empty()), SIP_METHOD_UNKNOWN);
    ck_assert_str_eq(sip_method_text(SIP_METHOD_UNKNOWN), "");
}
END_TEST

START_TEST(the_phrases_are_those_of_the_registry)
{
    static const struct {
        uint32_t status;
        const char *phrase;
    } rows[] = {
        { 100, "Trying" },
        { 180, "Ringing" },
        { 181, "Call Is Being Forwarded" },
        { 182, "Queued" },
        { 183, "Session Progress" },
        { 199, "Early Dialog Terminated" },
        { 200, "OK" },
        { 202, "Accepted" },
        { 204, "No Notification" },
        { 300, "Multiple Choices" },
        { 301, "Moved Permanently" },
        { 302, "Moved Temporarily" },
        { 305, "Use Proxy" },
        { 380, "Alternative Service" },
        { 400, "Bad Request" },
        { 401, "Unauthorized" },
        { 402, "Payment Required" },
        { 403, "Forbidden" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 406, "Not Acceptable" },
        { 407, "Proxy Authentication Required" },
        { 408, "Request Timeout" },
        { 410, "Gone" },
        { 412, "Conditional Request Failed" },
        { 413, "Request Entity Too Large" },
        { 414, "Request-URI Too Long" },
        { 415, "Unsupported Media Type" },
        { 416, "Unsupported URI Scheme" },
        { 417, "Unknown Resource-Priority" },
        { 420, "Bad Extension" },
        { 421, "Extension Required" },
        { 422, "Session Interval Too Small" },
        { 423, "Interval Too Brief" },
        { 424, "Bad Location Information" },
        { 425, "Bad Alert Message" },
        { 428, "Use Identity Header" },
        { 429, "Provide Referrer Identity" },
        { 430, "Flow Failed" },
        { 433, "Anonymity Disallowed" },
        { 436, "Bad Identity Info" },
        { 437, "Unsupported Credential" },
        { 438, "Invalid Identity Header" },
        { 439, "First Hop Lacks Outbound Support" },
        { 440, "Max-Breadth Exceeded" },
        { 469, "Bad Info Package" },
        { 470, "Consent Needed" },
        { 480, "Temporarily Unavailable" },
        { 481, "Call/Transaction Does Not Exist" },
        { 482, "Loop Detected" },
        { 483, "Too Many Hops" },
        { 484, "Address Incomplete" },
        { 485, "Ambiguous" },
        { 486, "Busy Here" },
        { 487, "Request Terminated" },
        { 488, "Not Acceptable Here" },
        { 489, "Bad Event" },
        { 491, "Request Pending" },
        { 493, "Undecipherable" },
        { 494, "Security Agreement Required" },
        { 500, "Server Internal Error" },
        { 501, "Not Implemented" },
        { 502, "Bad Gateway" },
        { 503, "Service Unavailable" },
        { 504, "Server Time-out" },
        { 505, "Version Not Supported" },
        { 513, "Message Too Large" },
        { 555, "Push Notification Service Not Supported" },
        { 580, "Precondition Failure" },
        { 600, "Busy Everywhere" },
        { 603, "Decline" },
        { 604, "Does Not Exist Anywhere" },
        { 606, "Not Acceptable" },
        { 607, "Unwanted" },
        { 608, "Rejected" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        ck_assert_str_eq(sip_status_text(rows[i].status), rows[i].phrase);
}
END_TEST

START_TEST(every_status_has_a_phrase)
{
    ck_assert_str_eq(sip_status_text(200), "OK");
    ck_assert_str_eq(sip_status_text(486), "Busy Here");
    ck_assert_str_eq(sip_status_text(499), "Bad Request");
    ck_assert_str_eq(sip_status_text(699), "Busy Everywhere");
    for (uint32_t status = 0; status < 1000; status++)
        ck_assert(sip_status_text(status)[0] != '\0');
}
END_TEST

SUITE_MAIN("sip/names", every_header_name_is_found_in_any_case,
           compact_forms_are_those_of_the_registry, what_is_no_name_is_other,
           challenges_and_credentials_are_no_lists, what_routing_depends_on_is_single,
           every_list_and_every_single_header_is_named_here, methods_are_found_with_case,
           the_phrases_are_those_of_the_registry, every_status_has_a_phrase)
