// SPDX-License-Identifier: ISC
#include "daemon/expiry_watch.h"

#include "util/log.h"

#include <time.h>

enum {
    WARN_DAYS = 14,
    LAST_SECOND_MS = 1000 /* is still within (RFC 5280 4.1.2.5) */
};

#define DAY_MS ((time_ms)24 * 3600 * 1000)

static const struct {
    const char *whose;
    const char *advice;
    const char *aftermath;
} owners[] = {
    [EXPIRY_SERVER] = { "the server's certificate", "tell the provider",
                        "the next connection will be refused: tell the provider" },
    [EXPIRY_OWN] = { "our own certificate", "renew tls.cert_file and reload",
                     "the server may refuse us: renew tls.cert_file and reload" },
};

void expiry_watch_init(struct expiry_watch *watch)
{
    for (int i = 0; i < EXPIRY_OWNER_COUNT; i++)
        watch->expires[i] = watch->look_at[i] = TIME_NEVER;
}

/* The same certificate again, over a new connection, is no news. */
void expiry_watch_set(struct expiry_watch *watch, enum expiry_owner owner, time_ms expires)
{
    if (watch->expires[owner] == expires)
        return;
    watch->expires[owner] = expires;
    watch->look_at[owner] = expires == TIME_NEVER ? TIME_NEVER : 0;
}

enum expiry_stage expiry_watch_stage(const struct expiry_watch *watch, enum expiry_owner owner,
                                     time_ms wall)
{
    time_ms expires = watch->expires[owner];
    if (expires == TIME_NEVER || expires - wall > WARN_DAYS * DAY_MS)
        return EXPIRY_FAR;
    return wall < expires + LAST_SECOND_MS ? EXPIRY_NEAR : EXPIRY_OVER;
}

bool expiry_watch_text(const struct expiry_watch *watch, enum expiry_owner owner, time_ms wall,
                       struct buffer *text)
{
    time_t seconds = (time_t)(watch->expires[owner] / 1000);
    struct tm local;
    char date[32];
    enum expiry_stage stage = expiry_watch_stage(watch, owner, wall);
    if (stage == EXPIRY_FAR)
        return false;
    localtime_r(&seconds, &local);
    strftime(date, sizeof(date), "%Y-%m-%d %H:%M", &local);
    buffer_append_text(text, owners[owner].whose);
    buffer_append_text(text, stage == EXPIRY_OVER ? " has expired on " : " expires on ");
    buffer_append_text(text, date);
    buffer_append_text(text, ": ");
    buffer_append_text(text, stage == EXPIRY_OVER ? owners[owner].aftermath : owners[owner].advice);
    return true;
}

static void warn(const struct expiry_watch *watch, enum expiry_owner owner, time_ms wall)
{
    struct buffer text;
    buffer_init(&text, 256);
    if (expiry_watch_text(watch, owner, wall, &text))
        LOG(WARNING, "a certificate expires", SLICE("what", buffer_slice(&text)),
            NUMBER("days", (watch->expires[owner] - wall) / DAY_MS));
    buffer_free(&text);
}

/* At each change of stage; and as the wall clock may jump, once a day at least. */
static time_ms wait_ms(const struct expiry_watch *watch, enum expiry_owner owner, time_ms wall)
{
    time_ms to_over = watch->expires[owner] + LAST_SECOND_MS - wall;
    time_ms to_near = watch->expires[owner] - wall - WARN_DAYS * DAY_MS;
    time_ms wait = to_near > 0 ? to_near : to_over > 0 ? to_over : DAY_MS;
    return time_earliest(wait, DAY_MS);
}

void expiry_watch_timeout(struct expiry_watch *watch, time_ms now, time_ms wall)
{
    for (int i = 0; i < EXPIRY_OWNER_COUNT; i++) {
        if (now < watch->look_at[i])
            continue;
        warn(watch, (enum expiry_owner)i, wall);
        watch->look_at[i] = now + wait_ms(watch, (enum expiry_owner)i, wall);
    }
}

time_ms expiry_watch_deadline(const struct expiry_watch *watch)
{
    return time_earliest(watch->look_at[EXPIRY_SERVER], watch->look_at[EXPIRY_OWN]);
}
