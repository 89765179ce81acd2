// SPDX-License-Identifier: ISC
#include "media/lateness.h"

enum {
    LOOK_TICKS = 25,
    AHEAD_FRAMES = 2,  // that one who answers may be ahead: what it had read and kept
    UNREAD_FRAMES = 2, // that one who is blocked has not read, all the time
    LEAST_FRAMES = 2   // waiting all the time: that is late
};

static void begin(struct lateness *lateness, const struct lateness_view *view)
{
    lateness->ticks = 0;
    lateness->least_waiting = view->waiting;
    lateness->least_unread = view->unread;
    lateness->read_before = view->read;
    lateness->is_ahead = false;
}

static int64_t lead_of(const struct lateness_view *view)
{
    return (int64_t)(view->written - view->read);
}

size_t lateness_tick(struct lateness *lateness, const struct lateness_view *view)
{
    int64_t lead = lead_of(view);
    if (view->waiting < view->frame) { /* less than a frame is none */
        lateness->base = lead;
        lateness->ticks = 0;
        return 0;
    }
    if (lateness->ticks == 0)
        begin(lateness, view);
    if (view->waiting < lateness->least_waiting)
        lateness->least_waiting = view->waiting;
    if (view->unread < lateness->least_unread)
        lateness->least_unread = view->unread;
    if (lead > lateness->base + (int64_t)(AHEAD_FRAMES * view->frame))
        lateness->is_ahead = true;
    if (++lateness->ticks < LOOK_TICKS)
        return 0;
    lateness->ticks = 0;
    bool is_blocked = lateness->least_unread >= UNREAD_FRAMES * view->frame &&
                      view->read - lateness->read_before >= LOOK_TICKS / 2 * view->frame;
    if (is_blocked)
        lateness->base = lead;
    bool answers = is_blocked || !lateness->is_ahead;
    size_t frames = lateness->least_waiting / view->frame;
    return answers && frames >= LEAST_FRAMES ? (frames - 1) * view->frame : 0;
}
