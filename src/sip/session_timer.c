// SPDX-License-Identifier: ISC
#include "sip/session_timer.h"

#include "sip/character.h"
#include "sip/parameters.h"

enum {
    INTERVAL_MIN_S = 90,    // and Min-SE where it is not written (4, 5)
    INTERVAL_MAX_S = 86400, // an answer reduces to it what a peer asks for (9)
    MARGIN_MAX_MS = 32000,  // 10
};

enum refresher {
    REFRESHER_UNSAID,
    REFRESHER_UAC,
    REFRESHER_UAS,
};

static uint32_t larger(uint32_t left, uint32_t right)
{
    return left > right ? left : right;
}

static uint32_t smaller(uint32_t left, uint32_t right)
{
    return left < right ? left : right;
}

/* delta-seconds *( SEMI parameter ); a number that is too large counts as the largest, as
   RFC 3261 20.19 says of Expires. */
static bool read_seconds(const struct sip_message *message, enum sip_header_id id,
                         uint32_t *seconds, struct slice *parameters)
{
    struct slice value = sip_message_value(message, id);
    size_t digits = 0;
    while (digits < value.length && ascii_is_digit(value.data[digits]))
        digits++;
    struct slice rest = sip_character_skip_blanks(slice_skip(value, digits));
    if (digits == 0 || (rest.length && rest.data[0] != ';'))
        return false;
    if (slice_to_uint32(slice_first(value, digits), seconds) != STATUS_OK)
        *seconds = UINT32_MAX;
    *parameters = rest;
    return true;
}

static bool read_session_expires(const struct sip_message *message, uint32_t *seconds,
                                 enum refresher *refresher)
{
    struct slice parameters, value;
    *refresher = REFRESHER_UNSAID;
    if (!read_seconds(message, SIP_HEADER_SESSION_EXPIRES, seconds, &parameters))
        return false;
    if (!sip_parameters_find(parameters, "refresher", &value))
        return true;
    if (slice_equal_ignoring_case(value, slice_of("uac")))
        *refresher = REFRESHER_UAC;
    else if (slice_equal_ignoring_case(value, slice_of("uas")))
        *refresher = REFRESHER_UAS;
    return true;
}

static uint32_t read_minimum(const struct sip_message *message)
{
    struct slice parameters;
    uint32_t seconds = 0;
    (void)read_seconds(message, SIP_HEADER_MIN_SE, &seconds, &parameters);
    return larger(seconds, INTERVAL_MIN_S);
}

static void start(struct sip_session_timer *timer, time_ms now, uint32_t interval_s,
                  bool is_refresher)
{
    timer->interval_s = interval_s;
    timer->started = now;
    timer->is_refresher = is_refresher;
    timer->is_refresh_due = is_refresher;
    timer->has_been_refused = false;
}

static void write_session_expires(struct sip_writer *lines, uint32_t seconds, const char *refresher)
{
    struct buffer value;
    buffer_init(&value, 64);
    buffer_append_number(&value, seconds);
    if (refresher) {
        buffer_append_text(&value, ";refresher=");
        buffer_append_text(&value, refresher);
    }
    sip_writer_header(lines, SIP_HEADER_SESSION_EXPIRES, buffer_slice(&value));
    buffer_free(&value);
}

void sip_session_timer_init(struct sip_session_timer *timer, uint32_t wanted_s)
{
    *timer =
        (struct sip_session_timer){ .wanted_s = wanted_s ? larger(wanted_s, INTERVAL_MIN_S) : 0 };
}

/* The larger of the interval and Min-SE (7.1, 7.4); 0: none is asked for. */
static uint32_t asked_s(const struct sip_session_timer *timer)
{
    uint32_t seconds = timer->interval_s ? timer->interval_s : timer->wanted_s;
    return seconds ? larger(seconds, timer->minimum_s) : 0;
}

void sip_session_timer_write_request(const struct sip_session_timer *timer,
                                     struct sip_writer *lines)
{
    uint32_t seconds = asked_s(timer);
    const char *refresher = NULL;
    if (timer->interval_s)
        refresher = timer->is_refresher ? "uac" : "uas"; /* 7.4: so that the roles stay */
    if (seconds)
        write_session_expires(lines, seconds, refresher);
    if (timer->minimum_s > INTERVAL_MIN_S)
        sip_writer_header_number(lines, SIP_HEADER_MIN_SE, timer->minimum_s);
}

enum status sip_session_timer_refused(struct sip_session_timer *timer,
                                      const struct sip_message *response)
{
    uint32_t minimum_s = read_minimum(response);
    if (timer->has_been_refused || !asked_s(timer) || minimum_s <= asked_s(timer))
        return STATUS_REFUSED;
    timer->has_been_refused = true;
    timer->minimum_s = larger(timer->minimum_s, minimum_s);
    return STATUS_OK;
}

void sip_session_timer_accepted(struct sip_session_timer *timer, time_ms now,
                                const struct sip_message *response)
{
    uint32_t seconds;
    enum refresher refresher;
    bool was_ours = !timer->interval_s || timer->is_refresher;
    timer->has_been_refused = false;
    if (!read_session_expires(response, &seconds, &refresher)) {
        sip_session_timer_stop(timer);
        return;
    }
    start(timer, now, larger(seconds, INTERVAL_MIN_S),
          refresher == REFRESHER_UNSAID ? was_ours : refresher == REFRESHER_UAC);
}

uint32_t sip_session_timer_check(const struct sip_message *request, struct sip_writer *lines)
{
    uint32_t seconds;
    enum refresher refresher;
    if (!read_session_expires(request, &seconds, &refresher) || seconds >= INTERVAL_MIN_S ||
        !sip_message_has_token(request, SIP_HEADER_SUPPORTED, "timer"))
        return 0;
    sip_writer_header_number(lines, SIP_HEADER_MIN_SE, INTERVAL_MIN_S);
    return 422;
}

/* Never more than the peer asks for, never less than the Min-SE of this request (9); 0: none. */
static uint32_t answered_s(const struct sip_session_timer *timer, const struct sip_message *request,
                           bool is_supported)
{
    uint32_t seconds;
    enum refresher refresher;
    uint32_t minimum_s = read_minimum(request);
    if (read_session_expires(request, &seconds, &refresher))
        return seconds < INTERVAL_MIN_S ? 0 : smaller(seconds, larger(INTERVAL_MAX_S, minimum_s));
    seconds = timer->interval_s ? timer->interval_s : timer->wanted_s;
    return seconds && (is_supported || timer->interval_s) ? larger(seconds, minimum_s) : 0;
}

/* Table 2 of section 9. Where it leaves the choice, the roles stay, and at first we refresh: that
   depends on nobody else. */
static bool answered_role(const struct sip_session_timer *timer, const struct sip_message *request,
                          bool is_supported)
{
    uint32_t seconds;
    enum refresher refresher;
    if (!is_supported)
        return true;
    (void)read_session_expires(request, &seconds, &refresher);
    if (refresher == REFRESHER_UNSAID)
        return !timer->interval_s || timer->is_refresher;
    return refresher == REFRESHER_UAS;
}

void sip_session_timer_answer(struct sip_session_timer *timer, time_ms now,
                              const struct sip_message *request, struct sip_writer *lines)
{
    bool is_supported = sip_message_has_token(request, SIP_HEADER_SUPPORTED, "timer") ||
                        sip_message_has_token(request, SIP_HEADER_REQUIRE, "timer");
    uint32_t seconds = answered_s(timer, request, is_supported);
    timer->minimum_s = larger(timer->minimum_s, read_minimum(request));
    if (!seconds) {
        sip_session_timer_stop(timer);
        return;
    }
    start(timer, now, seconds, answered_role(timer, request, is_supported));
    write_session_expires(lines, seconds, timer->is_refresher ? "uas" : "uac");
    if (is_supported)
        sip_writer_header_text(lines, SIP_HEADER_REQUIRE, "timer");
}

static time_ms refresh_at(const struct sip_session_timer *timer)
{
    return timer->started + (time_ms)timer->interval_s * 1000 / 2;
}

time_ms sip_session_timer_expires_at(const struct sip_session_timer *timer)
{
    if (!timer->interval_s)
        return TIME_NEVER;
    time_ms interval = (time_ms)timer->interval_s * 1000;
    return timer->started + interval - time_earliest(MARGIN_MAX_MS, interval / 3);
}

time_ms sip_session_timer_deadline(const struct sip_session_timer *timer)
{
    if (!timer->interval_s)
        return TIME_NEVER;
    return timer->is_refresh_due ? refresh_at(timer) : sip_session_timer_expires_at(timer);
}

enum sip_session_timer_verdict sip_session_timer_timeout(struct sip_session_timer *timer,
                                                         time_ms now)
{
    if (now < sip_session_timer_deadline(timer))
        return SESSION_TIMER_WAIT;
    if (now >= sip_session_timer_expires_at(timer)) {
        sip_session_timer_stop(timer);
        return SESSION_TIMER_EXPIRED;
    }
    timer->is_refresh_due = false;
    return SESSION_TIMER_REFRESH;
}

bool sip_session_timer_is_running(const struct sip_session_timer *timer)
{
    return timer->interval_s != 0;
}

bool sip_session_timer_is_refresher(const struct sip_session_timer *timer)
{
    return timer->is_refresher;
}

bool sip_session_timer_is_overdue(const struct sip_session_timer *timer)
{
    return timer->interval_s && timer->is_refresher && !timer->is_refresh_due;
}

uint32_t sip_session_timer_interval_s(const struct sip_session_timer *timer)
{
    return timer->interval_s;
}

void sip_session_timer_stop(struct sip_session_timer *timer)
{
    timer->interval_s = 0;
    timer->is_refresher = false;
    timer->is_refresh_due = false;
}
