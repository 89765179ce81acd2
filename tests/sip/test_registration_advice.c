// SPDX-License-Identifier: ISC
// What a person is told about each refusal, and what to do.
#include "sip/registration_advice.h"
#include "suite.h"

static const struct {
    uint32_t status;
    const char *advice; // a word of it
    const char *remedy; // likewise; "": none
} rows[] = {
    { 299, "refuses", "" },
    { 300, "redirects", "" },
    { 399, "redirects", "" },
    { 400, "refuses", "RFC 5626" },
    { 401, "refuses", "" },
    { 402, "refuses", "" },
    { 403, "check username and aor, then the password; or as many", "" },
    { 404, "check aor", "" },
    { 405, "refuses", "" },
    { 408, "has a fault", "" },
    { 409, "refuses", "" },
    { 420, "refuses", "registration.outbound" },
    { 421, "refuses", "security agreement" },
    { 422, "refuses", "" },
    { 423, "registration.expires", "" },
    { 480, "refuses", "tried again" },
    { 481, "refuses", "" },
    { 486, "refuses", "tried again" },
    { 487, "refuses", "" },
    { 491, "refuses", "tried again" },
    { 493, "refuses", "" },
    { 494, "refuses", "security agreement" },
    { 500, "has a fault", "" },
    { 501, "refuses", "" },
    { 503, "out of service", "" },
    { 504, "has a fault", "" },
    { 505, "refuses", "" },
    { 599, "refuses", "" },
    { 600, "refuses", "ask the provider" },
    { 603, "refuses", "ask the provider" },
};

START_TEST(every_refusal_has_an_advice_and_some_a_remedy)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const char *advice = registration_advice(rows[i].status);
        const char *remedy = registration_remedy(rows[i].status);
        ck_assert_msg(strstr(advice, rows[i].advice), "%u: %s", rows[i].status, advice);
        ck_assert_msg(!remedy[0] == !rows[i].remedy[0], "%u: %s", rows[i].status, remedy);
        ck_assert_msg(strstr(remedy, rows[i].remedy), "%u: %s", rows[i].status, remedy);
    }
}
END_TEST

START_TEST(a_refusal_that_speaks_of_the_route_is_known)
{
    ck_assert(registration_refuses_route(403, slice_of("Preload Route denied")));
    ck_assert(registration_refuses_route(400, slice_of("No preloaded ROUTES here")));
    ck_assert(!registration_refuses_route(403, slice_of("Forbidden")));
    ck_assert(!registration_refuses_route(403, slice_of("rout")));
    ck_assert(!registration_refuses_route(403, slice_empty()));
    ck_assert(!registration_refuses_route(503, slice_of("No route to host")));
}
END_TEST

SUITE_MAIN("sip/registration_advice", every_refusal_has_an_advice_and_some_a_remedy,
           a_refusal_that_speaks_of_the_route_is_known)
