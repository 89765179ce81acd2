// SPDX-License-Identifier: ISC
// Who may be connected: so many clients, of whom those that have never said anything give way, and
// a few more of those that keep the daemon running.
#include "desk/desk_private.h"
#include "util/limits.h"

enum {
    SILENT_MS = 30000
};

static bool is_silent(const struct client *client)
{
    return client && !client->has_spoken && !client->is_dismissed;
}

static void dismiss(struct client *client, const char *why)
{
    client->is_dismissed = true;
    control_session_refuse(client->session, 0, "refused", why);
    control_session_end(client->session);
    client_tell(client);
}

/* NULL: everybody has spoken. */
static struct client *longest_silent(const struct desk *desk)
{
    struct client *found = NULL;
    for (size_t i = 0; i < DESK_PLACES; i++) {
        struct client *client = desk->clients[i];
        if (is_silent(client) && (!found || client->number < found->number))
            found = client;
    }
    return found;
}

static size_t count_staying(const struct desk *desk)
{
    size_t count = 0;
    for (size_t i = 0; i < DESK_PLACES; i++)
        count += desk->clients[i] && !desk->clients[i]->is_dismissed;
    return count;
}

bool desk_has_room(struct desk *desk, bool is_in_charge)
{
    struct client *silent;
    if (desk->client_count == DESK_PLACES)
        return false;
    if (count_staying(desk) < LIMIT_CONTROL_CLIENTS)
        return true;
    silent = longest_silent(desk);
    if (silent)
        dismiss(silent, "others want the place of a client that says nothing");
    return silent || is_in_charge;
}

void desk_drop_silent(struct desk *desk, time_ms now)
{
    for (size_t i = 0; i < DESK_PLACES; i++) {
        struct client *client = desk->clients[i];
        if (is_silent(client) && now - client->since >= SILENT_MS)
            dismiss(client, "no command came within 30 s");
    }
}

time_ms desk_silence_deadline(const struct desk *desk)
{
    const struct client *client = longest_silent(desk);
    return client ? client->since + SILENT_MS : TIME_NEVER;
}
