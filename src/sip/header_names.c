// SPDX-License-Identifier: ISC
#include "sip/header_names.h"

enum rule {
    LIST = 1,  // #(values): commas separate entries
    SINGLE = 2 // a second one makes the message ambiguous
};

struct row {
    struct slice name;
    char compact;
    unsigned char rules;
};

#define ROW(name, compact, rules)                                                                  \
    {                                                                                              \
        SLICE_LITERAL(name), compact, rules                                                        \
    }

// Sorted by name, as is enum sip_header_id.
static const struct row rows[SIP_HEADER_COUNT] = {
    [SIP_HEADER_OTHER] = ROW("", 0, 0),
    [SIP_HEADER_ACCEPT] = ROW("Accept", 0, LIST),
    [SIP_HEADER_ACCEPT_ENCODING] = ROW("Accept-Encoding", 0, LIST),
    [SIP_HEADER_ACCEPT_LANGUAGE] = ROW("Accept-Language", 0, LIST),
    [SIP_HEADER_ALERT_INFO] = ROW("Alert-Info", 0, LIST),
    [SIP_HEADER_ALLOW] = ROW("Allow", 0, LIST),
    [SIP_HEADER_ALLOW_EVENTS] = ROW("Allow-Events", 'u', LIST),
    [SIP_HEADER_AUTHENTICATION_INFO] = ROW("Authentication-Info", 0, 0),
    [SIP_HEADER_AUTHORIZATION] = ROW("Authorization", 0, 0),
    [SIP_HEADER_CALL_ID] = ROW("Call-ID", 'i', SINGLE),
    [SIP_HEADER_CALL_INFO] = ROW("Call-Info", 0, LIST),
    [SIP_HEADER_CONTACT] = ROW("Contact", 'm', LIST),
    [SIP_HEADER_CONTENT_DISPOSITION] = ROW("Content-Disposition", 0, 0),
    [SIP_HEADER_CONTENT_ENCODING] = ROW("Content-Encoding", 'e', LIST),
    [SIP_HEADER_CONTENT_LANGUAGE] = ROW("Content-Language", 0, LIST),
    [SIP_HEADER_CONTENT_LENGTH] = ROW("Content-Length", 'l', SINGLE),
    [SIP_HEADER_CONTENT_TYPE] = ROW("Content-Type", 'c', SINGLE),
    [SIP_HEADER_CSEQ] = ROW("CSeq", 0, SINGLE),
    [SIP_HEADER_DATE] = ROW("Date", 0, 0),
    [SIP_HEADER_DIVERSION] = ROW("Diversion", 0, LIST),
    [SIP_HEADER_ERROR_INFO] = ROW("Error-Info", 0, LIST),
    [SIP_HEADER_EVENT] = ROW("Event", 'o', SINGLE),
    [SIP_HEADER_EXPIRES] = ROW("Expires", 0, SINGLE),
    [SIP_HEADER_FLOW_TIMER] = ROW("Flow-Timer", 0, 0),
    [SIP_HEADER_FROM] = ROW("From", 'f', SINGLE),
    [SIP_HEADER_HISTORY_INFO] = ROW("History-Info", 0, LIST),
    [SIP_HEADER_IDENTITY] = ROW("Identity", 'y', 0),
    [SIP_HEADER_IN_REPLY_TO] = ROW("In-Reply-To", 0, LIST),
    [SIP_HEADER_MAX_FORWARDS] = ROW("Max-Forwards", 0, SINGLE),
    [SIP_HEADER_MIME_VERSION] = ROW("MIME-Version", 0, 0),
    [SIP_HEADER_MIN_EXPIRES] = ROW("Min-Expires", 0, 0),
    [SIP_HEADER_MIN_SE] = ROW("Min-SE", 0, 0),
    [SIP_HEADER_ORGANIZATION] = ROW("Organization", 0, 0),
    [SIP_HEADER_P_ASSERTED_IDENTITY] = ROW("P-Asserted-Identity", 0, LIST),
    [SIP_HEADER_P_ASSOCIATED_URI] = ROW("P-Associated-URI", 0, LIST),
    [SIP_HEADER_P_PREFERRED_IDENTITY] = ROW("P-Preferred-Identity", 0, LIST),
    [SIP_HEADER_PATH] = ROW("Path", 0, LIST),
    [SIP_HEADER_PRIORITY] = ROW("Priority", 0, 0),
    [SIP_HEADER_PRIVACY] = ROW("Privacy", 0, 0),
    [SIP_HEADER_PROXY_AUTHENTICATE] = ROW("Proxy-Authenticate", 0, 0),
    [SIP_HEADER_PROXY_AUTHORIZATION] = ROW("Proxy-Authorization", 0, 0),
    [SIP_HEADER_PROXY_REQUIRE] = ROW("Proxy-Require", 0, LIST),
    [SIP_HEADER_RACK] = ROW("RAck", 0, SINGLE),
    [SIP_HEADER_REASON] = ROW("Reason", 0, LIST),
    [SIP_HEADER_RECORD_ROUTE] = ROW("Record-Route", 0, LIST),
    [SIP_HEADER_REFER_TO] = ROW("Refer-To", 'r', SINGLE),
    [SIP_HEADER_REFERRED_BY] = ROW("Referred-By", 'b', SINGLE),
    [SIP_HEADER_REPLACES] = ROW("Replaces", 0, SINGLE),
    [SIP_HEADER_REPLY_TO] = ROW("Reply-To", 0, 0),
    [SIP_HEADER_REQUIRE] = ROW("Require", 0, LIST),
    [SIP_HEADER_RETRY_AFTER] = ROW("Retry-After", 0, 0),
    [SIP_HEADER_ROUTE] = ROW("Route", 0, LIST),
    [SIP_HEADER_RSEQ] = ROW("RSeq", 0, SINGLE),
    [SIP_HEADER_SERVER] = ROW("Server", 0, 0),
    [SIP_HEADER_SERVICE_ROUTE] = ROW("Service-Route", 0, LIST),
    [SIP_HEADER_SESSION_EXPIRES] = ROW("Session-Expires", 'x', SINGLE),
    [SIP_HEADER_SUBJECT] = ROW("Subject", 's', 0),
    [SIP_HEADER_SUBSCRIPTION_STATE] = ROW("Subscription-State", 0, SINGLE),
    [SIP_HEADER_SUPPORTED] = ROW("Supported", 'k', LIST),
    [SIP_HEADER_TIMESTAMP] = ROW("Timestamp", 0, 0),
    [SIP_HEADER_TO] = ROW("To", 't', SINGLE),
    [SIP_HEADER_UNSUPPORTED] = ROW("Unsupported", 0, LIST),
    [SIP_HEADER_USER_AGENT] = ROW("User-Agent", 0, 0),
    [SIP_HEADER_USER_TO_USER] = ROW("User-to-User", 0, LIST),
    [SIP_HEADER_VIA] = ROW("Via", 'v', LIST),
    [SIP_HEADER_WARNING] = ROW("Warning", 0, LIST),
    [SIP_HEADER_WWW_AUTHENTICATE] = ROW("WWW-Authenticate", 0, 0),
};

// The first row of each letter, and behind the last letter the end, so that a name is compared
// with few rows only.
static const unsigned char first_rows[27] = {
    ['a' - 'a'] = SIP_HEADER_ACCEPT,
    ['b' - 'a'] = SIP_HEADER_CALL_ID,
    ['c' - 'a'] = SIP_HEADER_CALL_ID,
    ['d' - 'a'] = SIP_HEADER_DATE,
    ['e' - 'a'] = SIP_HEADER_ERROR_INFO,
    ['f' - 'a'] = SIP_HEADER_FLOW_TIMER,
    ['g' - 'a'] = SIP_HEADER_HISTORY_INFO,
    ['h' - 'a'] = SIP_HEADER_HISTORY_INFO,
    ['i' - 'a'] = SIP_HEADER_IDENTITY,
    ['j' - 'a'] = SIP_HEADER_MAX_FORWARDS,
    ['k' - 'a'] = SIP_HEADER_MAX_FORWARDS,
    ['l' - 'a'] = SIP_HEADER_MAX_FORWARDS,
    ['m' - 'a'] = SIP_HEADER_MAX_FORWARDS,
    ['n' - 'a'] = SIP_HEADER_ORGANIZATION,
    ['o' - 'a'] = SIP_HEADER_ORGANIZATION,
    ['p' - 'a'] = SIP_HEADER_P_ASSERTED_IDENTITY,
    ['q' - 'a'] = SIP_HEADER_RACK,
    ['r' - 'a'] = SIP_HEADER_RACK,
    ['s' - 'a'] = SIP_HEADER_SERVER,
    ['t' - 'a'] = SIP_HEADER_TIMESTAMP,
    ['u' - 'a'] = SIP_HEADER_UNSUPPORTED,
    ['v' - 'a'] = SIP_HEADER_VIA,
    ['w' - 'a'] = SIP_HEADER_WARNING,
    ['x' - 'a'] = SIP_HEADER_COUNT,
    ['y' - 'a'] = SIP_HEADER_COUNT,
    ['z' - 'a'] = SIP_HEADER_COUNT,
    [26] = SIP_HEADER_COUNT,
};

static enum sip_header_id id_from_compact(char letter)
{
    for (enum sip_header_id id = SIP_HEADER_OTHER + 1; id < SIP_HEADER_COUNT; id++)
        if (rows[id].compact == letter)
            return id;
    return SIP_HEADER_OTHER;
}

// Most peers write names as the RFCs do: compare as they are first.
static bool is_name(const struct slice *known, const struct slice *name)
{
    return known->length == name->length && (memcmp(known->data, name->data, name->length) == 0 ||
                                             slice_equal_ignoring_case(*known, *name));
}

enum sip_header_id sip_header_id_from_name(struct slice name)
{
    if (name.length == 0 || !ascii_is_letter(name.data[0]))
        return SIP_HEADER_OTHER;
    char letter = ascii_lower(name.data[0]);
    if (name.length == 1)
        return id_from_compact(letter);
    unsigned int end = first_rows[letter - 'a' + 1];
    for (unsigned int id = first_rows[letter - 'a']; id < end; id++)
        if (is_name(&rows[id].name, &name))
            return (enum sip_header_id)id;
    return SIP_HEADER_OTHER;
}

const char *sip_header_name(enum sip_header_id id)
{
    return rows[id].name.data;
}

bool sip_header_is_list(enum sip_header_id id)
{
    return (rows[id].rules & LIST) != 0;
}

bool sip_header_is_single(enum sip_header_id id)
{
    return (rows[id].rules & SINGLE) != 0;
}
