// SPDX-License-Identifier: ISC
// A registration led at random through whatever may happen to it: it goes through every cell of its
// table of states, and through no other.
#include "sip/registration.h"
#include "suite.h"

#include <stdio.h>

enum {
    LIVES = 400,
    STEPS = 60
};

#define CONTACT "sip:alice@192.0.2.7:40000;transport=tls"

struct line {
    struct random *random;
    struct arena *arena;
    struct sip_digest *digest;
    struct sip_registration *registration;
    time_ms now;
    uint32_t cseq;
    bool is_linked;
};

static void drain(struct line *line)
{
    struct sip_registration_output output;
    while (sip_registration_next_output(line->registration, &output))
        if (output.kind == REGISTRATION_SEND)
            line->cseq = output.request.cseq;
}

static void answer(struct line *line)
{
    static const char *const answers[] = {
        "200 OK\r\nContact: <" CONTACT ">;expires=600",
        "200 OK\r\nContact: <" CONTACT ">;expires=0",
        "100 Trying",
        "401 Who\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256",
        "403 No",
        "423 Short\r\nMin-Expires: 1200",
        "439 None",
        "500 Ill\r\nRetry-After: 20",
        "503 Busy",
    };
    char text[1024];
    struct sip_message *message;
    snprintf(text, sizeof(text),
             "SIP/2.0 %s\r\nVia: SIP/2.0/TLS h;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\n"
             "To: <sip:a@b>;tag=2\r\nCall-ID: c\r\nCSeq: %u REGISTER\r\nContent-Length: 0\r\n\r\n",
             answers[random_below(line->random, sizeof(answers) / sizeof(*answers))], line->cseq);
    ck_assert_int_eq(sip_message_parse(line->arena, slice_of(text), &message), STATUS_OK);
    sip_registration_response(line->registration, line->now, message);
}

static void pass_time(struct line *line)
{
    time_ms deadline = sip_registration_deadline(line->registration);
    line->now = deadline == TIME_NEVER || deadline < line->now ? line->now + 1000 : deadline;
    sip_registration_timeout(line->registration, line->now);
}

static void lose_link(struct line *line)
{
    sip_registration_link_lost(line->registration, line->now);
    line->is_linked = false;
}

static void connect_link(struct line *line)
{
    sip_registration_connected(line->registration, line->now, slice_of(CONTACT));
    line->is_linked = true;
}

static void step(struct line *line)
{
    switch (random_below(line->random, 16)) {
    case 0:
        if (line->is_linked)
            lose_link(line);
        break;
    case 1:
        sip_registration_refresh(line->registration, line->now);
        break;
    case 2:
        if (line->is_linked)
            sip_registration_failed(line->registration, line->now, STATUS_TIMED_OUT);
        break;
    case 3:
        if (!random_below(line->random, 4))
            sip_registration_stop(line->registration, line->now);
        break;
    case 4:
        if (sip_registration_state(line->registration) == REGISTRATION_IS_REGISTERED)
            sip_registration_move(line->registration, slice_of("sip:alice@198.51.100.1:4"));
        break;
    case 5: /* on the same link, too */
        connect_link(line);
        break;
    case 6:
        pass_time(line);
        break;
    default:
        if (!line->is_linked)
            connect_link(line);
        else
            answer(line);
        break;
    }
}

static void live(struct random *random, bool seen[][REGISTRATION_STATE_COUNT])
{
    struct line line = { .random = random, .arena = arena_new(), .now = 1000000 };
    struct sip_digest_settings credentials = { .username = slice_of("alice"),
                                               .password = slice_of("secret") };
    struct sip_registration_settings settings = { .aor = slice_of("sip:alice@example.com"),
                                                  .instance_id = slice_of("urn:uuid:1"),
                                                  .expires_s = 600 };
    line.digest = sip_digest_new(&credentials, random);
    line.registration = sip_registration_new(&settings, line.digest, random);
    sip_registration_set_other(line.registration, random_below(random, 2));
    for (int i = 0; i < STEPS; i++) {
        enum sip_registration_state before = sip_registration_state(line.registration);
        uint32_t cseq = line.cseq;
        step(&line);
        drain(&line);
        enum sip_registration_state after = sip_registration_state(line.registration);
        seen[before][after] |= before != after || line.cseq != cseq;
    }
    sip_registration_free(line.registration);
    sip_digest_free(line.digest);
    arena_free(line.arena);
}

START_TEST(every_cell_is_walked_and_no_other)
{
    static bool seen[REGISTRATION_STATE_COUNT][REGISTRATION_STATE_COUNT];
    struct random random;
    random_init_number(&random, 5);
    for (int i = 0; i < LIVES; i++)
        live(&random, seen);
    for (enum sip_registration_state from = 0; from < REGISTRATION_STATE_COUNT; from++)
        for (enum sip_registration_state to = 0; to < REGISTRATION_STATE_COUNT; to++)
            if (from != to) /* what is entered anew cannot always be seen */
                ck_assert_msg(seen[from][to] == sip_registration_may_become(from, to), "%s to %s",
                              sip_registration_state_text(from), sip_registration_state_text(to));
}
END_TEST

SUITE_MAIN("sip/registration_states", every_cell_is_walked_and_no_other)
