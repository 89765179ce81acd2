// SPDX-License-Identifier: ISC
// The inside of the media ports, shared by media_port*.c only.
#pragma once

#include "daemon/media_port.h"
#include "util/list.h"

struct media_port {
    struct list_link link;
    struct media_ports *ports;
    uint32_t call;
    uint32_t program_rate;
    struct udp_pair pair;
    struct media_session *session; // NULL until the media is negotiated
    struct audio_pipes *audio;     // likewise
    struct child_process *program;

    time_ms talk_at; // nothing is sent before; TIME_NEVER until the call is up
    bool is_sending_digits;
    bool is_draining;
    time_ms quiet_since;   // nothing more is said
    time_ms drain_until;   // and what still is must end
    bool is_flush_awaited; // a client waits for `flushed`
    bool is_drain_awaited; // and for `played_out`
    uint32_t heard_ms;     // of what was flushed
    bool is_muted;
    uint32_t bridged;                       // the call whose far end this one's hears; 0: none
    struct resampler *bridge;               // from that call's rate to this one's
    int16_t heard[MEDIA_FRAME_SAMPLES_MAX]; // in the last tick
    bool is_closed;                         // the call is over
    time_ms close_output_at;
    time_ms kill_at;
};

struct media_ports {
    struct loop *loop;
    struct child_reaper *reaper;
    struct random *random;
    struct media_ports_settings settings;
    struct media_ports_events events;
    void *user;
    struct list list;
    struct loop_tick *tick; // only while there are sessions
};

// NULL when the call has none, or is over.
struct media_port *media_ports_find(const struct media_ports *ports, uint32_t call);
// From now on the far end of `port` hears that of `other`; NULL: nobody any more.
void media_port_set_bridge(struct media_port *port, const struct media_port *other);
// A closed port goes when neither a program nor what is still being said keeps it.
void media_port_free_when_done(struct media_port *port);
