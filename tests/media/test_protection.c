// SPDX-License-Identifier: ISC
// Two media sessions that speak SRTP with each other: what is on the wire, what is heard, what is
// dropped, and new keys in mid-call.
#include "media/protection.h"
#include "tests/media/far_end.h"

enum {
    PACKETS_MAX = 64
};

struct world {
    struct srtp_key keys[3];
    struct media_session *ours;
    struct media_session *theirs;
    time_ms now;
    double phase;
    size_t length; // of the last packet on the wire
    bool has_leaked;
};

static struct random chance; // of both sessions

static struct media_parameters parameters_of(struct world *world, uint8_t far_end, int send,
                                             int receive)
{
    struct media_parameters parameters = parameters_to(address_of(far_end, 4000));
    parameters.send_key = send < 0 ? NULL : &world->keys[send];
    parameters.receive_key = receive < 0 ? NULL : &world->keys[receive];
    return parameters;
}

static struct world world_new(enum srtp_suite suite)
{
    struct world world = { .now = 1000 };
    random_init_number(&chance, 3);
    for (int i = 0; i < 3; i++) {
        world.keys[i].suite = suite;
        random_bytes(&chance, world.keys[i].master, srtp_suite_master_length(suite));
    }
    struct media_parameters ours = parameters_of(&world, 2, 0, 1);
    struct media_parameters theirs = parameters_of(&world, 1, 1, 0);
    world.ours = media_session_new(&chance, world.now, &ours);
    world.theirs = media_session_new(&chance, world.now, &theirs);
    return world;
}

static void world_free(struct world *world)
{
    media_session_free(world->ours);
    media_session_free(world->theirs);
}

static struct media_statistics statistics_of(const struct media_session *session)
{
    struct media_statistics statistics;
    media_session_statistics(session, &statistics);
    return statistics;
}

/* The encoded sine has nothing of its own on the wire: no 20 bytes of it. */
static void look(struct world *world, const struct media_packet *packet)
{
    static const uint8_t silence[20] = {
        0xd5, 0xd5, 0xd5, 0xd5, 0xd5, 0xd5, 0xd5, 0xd5, 0xd5, 0xd5,
        0xd5, 0xd5, 0xd5, 0xd5, 0xd5, 0xd5, 0xd5, 0xd5, 0xd5, 0xd5
    };
    size_t index;
    world->length = packet->bytes.length;
    if (slice_find_text(packet->bytes, slice_make((const char *)silence, 20), &index))
        world->has_leaked = true;
}

static void carry(struct world *world, struct media_session *from, struct media_session *to,
                  uint8_t host)
{
    struct media_packet packet;
    struct net_address source = address_of(host, 4000);
    for (int i = 0; i < PACKETS_MAX && media_session_next_packet(from, &packet); i++) {
        look(world, &packet);
        source.port = packet.is_rtcp ? 4001 : 4000;
        media_session_receive(to, world->now, packet.is_rtcp, packet.bytes, &source);
    }
}

/* Ours says a sine; the correlation of what they hear, and silence the other way. */
static double talk(struct world *world, int ticks)
{
    static int16_t said[100 * FRAME];
    static int16_t heard[100 * FRAME];
    int16_t back[FRAME];
    ck_assert_int_le(ticks, 100);
    for (int i = 0; i < ticks; i++) {
        sine(&world->phase, 8000, said + FRAME * i, FRAME);
        media_session_tick(world->ours, world->now, said + FRAME * i, back);
        media_session_tick(world->theirs, world->now, NULL, heard + FRAME * i);
        carry(world, world->ours, world->theirs, 1);
        carry(world, world->theirs, world->ours, 2);
        world->now += MEDIA_FRAME_MS;
    }
    size_t count = (size_t)(ticks / 2) * FRAME;
    return best_correlation(said, heard, count, (size_t)(ticks / 4) * FRAME);
}

START_TEST(what_is_said_is_heard_and_nothing_of_it_is_on_the_wire)
{
    for (enum srtp_suite suite = SRTP_NONE + 1; suite < SRTP_SUITE_COUNT; suite++) {
        struct world world = world_new(suite);
        ck_assert(talk(&world, 60) > 0.99);
        ck_assert(!world.has_leaked);
        ck_assert_uint_eq(world.length, 12 + FRAME + srtp_suite_facts(suite)->rtp_tag_length);
        ck_assert_uint_eq(statistics_of(world.theirs).packets_refused, 0);
        ck_assert_uint_ge(statistics_of(world.theirs).packets_received, 59);
        world_free(&world);
    }
}
END_TEST

START_TEST(reports_are_read_and_digits_are_heard)
{
    struct world world = world_new(SRTP_AEAD_AES_128_GCM);
    char digit = 0;
    ck_assert(media_session_send_digit(world.ours, '5', 100, 100));
    for (int i = 0; i < 6; i++)
        (void)talk(&world, 100);
    ck_assert(media_session_next_digit(world.theirs, &digit));
    ck_assert_int_eq(digit, '5');
    ck_assert_uint_gt(statistics_of(world.ours).packets_received, 0);
    ck_assert_uint_eq(statistics_of(world.ours).packets_refused, 0);
    ck_assert_uint_eq(statistics_of(world.ours).packets_invalid, 0);
    world_free(&world);
}
END_TEST

START_TEST(packets_in_clear_of_strangers_and_again_are_dropped_and_counted)
{
    struct world world = world_new(SRTP_AES_CM_128_HMAC_SHA1_80);
    struct net_address from = address_of(2, 4000);
    uint8_t payload[FRAME] = { 0 };
    struct media_packet packet;
    (void)talk(&world, 10);
    uint64_t received = statistics_of(world.ours).packets_received;
    for (uint16_t i = 0; i < 1000; i++)
        give(world.ours, world.now, &from,
             (struct rtp_packet){ .payload_type = PT_AUDIO, .sequence = i, .ssrc = 7 }, payload,
             FRAME);
    ck_assert_uint_eq(statistics_of(world.ours).packets_refused, 1000);
    ck_assert_uint_eq(statistics_of(world.ours).packets_received, received);
    media_session_tick(world.theirs, world.now, NULL, (int16_t[FRAME]){ 0 });
    ck_assert(media_session_next_packet(world.theirs, &packet));
    for (int i = 0; i < 5; i++)
        media_session_receive(world.ours, world.now, false, packet.bytes, &from);
    ck_assert_uint_eq(statistics_of(world.ours).packets_received, received + 1);
    ck_assert_uint_eq(statistics_of(world.ours).packets_repeated, 4);
    ck_assert(talk(&world, 60) > 0.99);
    world_free(&world);
}
END_TEST

START_TEST(a_description_without_keys_changes_nothing)
{
    struct world world = world_new(SRTP_AES_CM_128_HMAC_SHA1_80);
    ck_assert(talk(&world, 40) > 0.99);
    struct media_parameters clear = parameters_of(&world, 2, -1, -1);
    media_session_update(world.ours, world.now, &clear);
    ck_assert(talk(&world, 60) > 0.99);
    ck_assert_uint_eq(world.length, 12 + FRAME + 10);
    world_free(&world);
}
END_TEST

/* The same keys in a re-INVITE: roll-over counter and window go on. */
START_TEST(the_same_keys_again_go_on_where_they_were)
{
    struct world world = world_new(SRTP_AES_CM_128_HMAC_SHA1_80);
    ck_assert(talk(&world, 40) > 0.99);
    struct media_parameters same = parameters_of(&world, 2, 0, 1);
    media_session_update(world.ours, world.now, &same);
    ck_assert(talk(&world, 60) > 0.99);
    ck_assert_uint_eq(statistics_of(world.theirs).packets_refused, 0);
    ck_assert_uint_eq(statistics_of(world.theirs).packets_repeated, 0);
    world_free(&world);
}
END_TEST

START_TEST(the_old_key_serves_until_the_new_one_is_used)
{
    struct world world = world_new(SRTP_AES_CM_128_HMAC_SHA1_80);
    ck_assert(talk(&world, 40) > 0.99);
    struct media_parameters theirs = parameters_of(&world, 1, 1, 2);
    media_session_update(world.theirs, world.now, &theirs); /* they await our new key */
    ck_assert(talk(&world, 60) > 0.99);
    struct media_parameters ours = parameters_of(&world, 2, 2, 1);
    media_session_update(world.ours, world.now, &ours);
    ck_assert(talk(&world, 60) > 0.99);
    ck_assert_uint_eq(statistics_of(world.theirs).packets_refused, 0);
    ours.send_key = &world.keys[0];
    media_session_update(world.ours, world.now, &ours); /* the old one is done with */
    (void)talk(&world, 10);
    ck_assert_uint_ge(statistics_of(world.theirs).packets_refused, 10);
    world_free(&world);
}
END_TEST

/* A NAT that gives the stream another port: the next packet says so. */
START_TEST(a_genuine_packet_says_where_the_far_end_is)
{
    struct world world = world_new(SRTP_AEAD_AES_256_GCM);
    struct media_packet packet;
    int16_t frame[FRAME] = { 0 };
    (void)talk(&world, 10);
    struct net_address elsewhere = address_of(77, 9000);
    media_session_tick(world.theirs, world.now, NULL, frame);
    ck_assert(media_session_next_packet(world.theirs, &packet));
    media_session_receive(world.ours, world.now, false, packet.bytes, &elsewhere);
    media_session_tick(world.ours, world.now, NULL, frame);
    ck_assert(media_session_next_packet(world.ours, &packet));
    ck_assert(net_address_equal(&packet.to, &elsewhere));
    world_free(&world);
}
END_TEST

SUITE_MAIN("media/protection", what_is_said_is_heard_and_nothing_of_it_is_on_the_wire,
           reports_are_read_and_digits_are_heard,
           packets_in_clear_of_strangers_and_again_are_dropped_and_counted,
           a_description_without_keys_changes_nothing, the_same_keys_again_go_on_where_they_were,
           the_old_key_serves_until_the_new_one_is_used, a_genuine_packet_says_where_the_far_end_is)
