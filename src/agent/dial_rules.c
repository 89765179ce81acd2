// SPDX-License-Identifier: ISC
#include "agent/dial_rules.h"

#include "sip/parameters.h"
#include "sip/uri.h"

enum {
    HOUR_MS = 3600 * 1000
};

static bool is_digit_of_number(char byte)
{
    return ascii_is_digit(byte) || (byte && strchr("*#+", byte));
}

static bool is_separator(char byte)
{
    return byte && strchr("-.() ", byte);
}

static bool is_number(struct slice text)
{
    size_t digits = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (!is_digit_of_number(text.data[i]) && !is_separator(text.data[i]))
            return false;
        if (text.data[i] == '+' && digits)
            return false;
        digits += is_digit_of_number(text.data[i]);
    }
    return digits != 0;
}

/* "#" has to be escaped in the user part (RFC 3261 25.1). */
static void append_number(struct buffer *text, struct slice number, bool is_escaped)
{
    for (size_t i = 0; i < number.length; i++) {
        if (is_separator(number.data[i]))
            continue;
        if (number.data[i] == '#' && is_escaped)
            buffer_append_text(text, "%23");
        else
            buffer_append_byte(text, number.data[i]);
    }
}

static struct sip_uri own_address(const struct agent_settings *settings)
{
    struct sip_uri aor;
    if (sip_uri_parse(slice_of(settings->aor), &aor) != STATUS_OK)
        aor = (struct sip_uri){ .host = slice_empty() };
    return aor;
}

static void write_number(const struct agent_settings *settings, struct slice number,
                         struct buffer *uri)
{
    struct sip_uri aor = own_address(settings);
    buffer_append_text(uri, aor.scheme == SIP_SCHEME_SIPS ? "sips:" : "sip:");
    append_number(uri, number, true);
    buffer_append_byte(uri, '@');
    buffer_append(uri, aor.host);
    buffer_append_text(uri, ";user=phone");
}

static enum status check(struct buffer *uri, const char **why)
{
    struct sip_uri parsed;
    *why = "this is no number and no SIP or tel URI";
    if (buffer_status(uri) != STATUS_OK || sip_uri_parse(buffer_slice(uri), &parsed) != STATUS_OK ||
        parsed.scheme == SIP_SCHEME_OTHER || parsed.headers.length)
        return STATUS_MALFORMED;
    return STATUS_OK;
}

enum status dial_rules_target(const struct agent_settings *settings, struct slice wanted,
                              struct buffer *uri, const char **why)
{
    struct sip_uri parsed;
    size_t index;
    wanted = slice_trim(wanted);
    buffer_clear(uri);
    if (is_number(wanted)) {
        write_number(settings, wanted, uri);
    } else if (sip_uri_parse(wanted, &parsed) == STATUS_OK && parsed.scheme == SIP_SCHEME_TEL) {
        write_number(settings, parsed.user, uri); /* 19.1.6: the proxy knows the rest */
    } else if (sip_uri_parse(wanted, &parsed) == STATUS_OK && parsed.scheme != SIP_SCHEME_OTHER) {
        buffer_append(uri, wanted);
    } else if (!slice_find(wanted, ':', &index)) {
        buffer_append_text(uri, own_address(settings).scheme == SIP_SCHEME_SIPS ? "sips:" : "sip:");
        buffer_append(uri, wanted);
        if (!slice_find(wanted, '@', &index)) {
            buffer_append_byte(uri, '@');
            buffer_append(uri, own_address(settings).host);
        }
    }
    return check(uri, why);
}

/* Iterative: a star remembers where it may take one character more. */
static bool matches(struct slice pattern, struct slice text)
{
    size_t p = 0;
    size_t t = 0;
    size_t star = SIZE_MAX;
    size_t resume = 0;
    while (t < text.length) {
        if (p < pattern.length && pattern.data[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.length &&
                   (pattern.data[p] == '?' ||
                    ascii_lower(pattern.data[p]) == ascii_lower(text.data[t]))) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.length && pattern.data[p] == '*')
        p++;
    return p == pattern.length;
}

/* Pieces of a URI that take it to another place, or make another request of it, than user and host
 * say (19.1.1): whoever pays must have written them into a pattern, and no pattern can. */
static bool leads_elsewhere(const struct sip_uri *uri)
{
    static const char *const names[] = { "maddr", "method", "ttl" };
    struct slice value;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (sip_parameters_find(uri->parameters, names[i], &value))
            return true;
    return uri->headers.length || uri->password.length;
}

/* The line's own host and port, and no parameter but one that says what this is. */
static bool is_own_place(const struct agent_settings *settings, const struct sip_uri *uri)
{
    struct sip_uri own = own_address(settings);
    bool is_plain = !uri->parameters.length ||
                    slice_equal_ignoring_case(uri->parameters, slice_of(";user=phone"));
    bool is_port = !uri->port || uri->port == own.port;
    return is_plain && is_port && slice_equal_ignoring_case(uri->host, own.host);
}

/* Letters, digits and marks (25.1 unreserved, and what telephone keys have): nothing that begins
 * parameters, another number, or another line. */
static bool is_plain_user(struct slice user)
{
    static const char marks[] = "-_.!~*'()+#";
    for (size_t i = 0; i < user.length; i++)
        if (!ascii_is_letter(user.data[i]) && !ascii_is_digit(user.data[i]) &&
            !memchr(marks, user.data[i], sizeof(marks) - 1))
            return false;
    return true;
}

/* "+49*": digits, and no letter. */
static bool is_for_numbers(struct slice pattern)
{
    bool has_digit = false;
    for (size_t i = 0; i < pattern.length; i++) {
        if (ascii_is_letter(pattern.data[i]))
            return false;
        has_digit = has_digit || ascii_is_digit(pattern.data[i]);
    }
    return has_digit;
}

/* A pattern of digits decides on numbers and nothing else: what only begins like one may go on to
 * mean another to whoever reads it next. */
static bool fits(struct slice pattern, struct slice user)
{
    bool is_of_kind = is_for_numbers(pattern) ? is_number(user) : is_plain_user(user);
    return is_of_kind && matches(pattern, user);
}

static bool allows(const struct agent_settings *settings, const struct sip_uri *uri,
                   struct slice user)
{
    struct buffer whole;
    bool is_own = is_own_place(settings, uri);
    bool is_allowed = false;
    buffer_init(&whole, LIMIT_SIP_LINE);
    buffer_append(&whole, user);
    buffer_append_byte(&whole, '@');
    buffer_append(&whole, uri->host);
    for (size_t i = 0; i < settings->dial_allow_count && !is_allowed; i++) {
        struct slice pattern = slice_of(settings->dial_allow[i]);
        size_t index;
        if (slice_find(pattern, '@', &index))
            is_allowed = matches(pattern, buffer_slice(&whole));
        else
            is_allowed = is_own && fits(pattern, user);
    }
    buffer_free(&whole);
    return is_allowed;
}

bool dial_rules_allow(const struct agent_settings *settings, struct slice text)
{
    struct sip_uri uri;
    struct buffer user;
    if (sip_uri_parse(text, &uri) != STATUS_OK || leads_elsewhere(&uri))
        return false;
    /* "%2B49" and "+49-1" must not slip past a pattern. */
    struct arena *arena = arena_new();
    struct slice plain = sip_uri_unescape(arena, uri.user);
    buffer_init(&user, LIMIT_SIP_LINE);
    if (is_number(plain))
        append_number(&user, plain, false);
    else
        buffer_append(&user, plain);
    bool is_allowed = allows(settings, &uri, buffer_slice(&user));
    buffer_free(&user);
    arena_free(arena);
    return is_allowed;
}

enum status dial_rules_count(struct dial_rules *rules, time_ms now, uint32_t per_hour)
{
    size_t old = 0;
    while (old < rules->count && rules->dialled_at[old] <= now - HOUR_MS)
        old++;
    rules->count -= old;
    memmove(rules->dialled_at, rules->dialled_at + old, rules->count * sizeof(now));
    if (rules->count >= per_hour || rules->count == LIMIT_DIALS)
        return STATUS_REFUSED;
    rules->dialled_at[rules->count++] = now;
    return STATUS_OK;
}
