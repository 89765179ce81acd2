// SPDX-License-Identifier: ISC
// The inside of the media ports, shared by media_port*.c only.
#pragma once

#include "daemon/media_port.h"
#include "daemon/media_program.h"
#include "hook/hook_left.h"
#include "media/early_packets.h"
#include "util/list.h"

enum {
    MEDIA_PROGRAM_KILL_MS = 5000 // from TERM to KILL
};

struct media_port {
    struct list_link link;
    struct media_ports *ports;
    uint32_t call;
    char id[CALL_ID_LENGTH + 1]; // what users know it by
    uint32_t program_rate;
    struct udp_pair pair;
    struct media_session *session; // NULL until the media is negotiated
    struct early_packets *early;   // what has come before that
    struct call_audio *audio;      // likewise
    struct audio_pipes *pipes;     // likewise
    struct media_program *program;
    time_ms connected_at; // TIME_NEVER until the call is up
    bool is_sending_digits;
    uint32_t bridged;                       // the call whose far end this one's hears; 0: none
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
    struct list programs;
    struct hook_left left; // what programs that have ended have left behind
    uint32_t last_program;
    struct loop_tick *tick; // only while there are sessions
};

// NULL when the call has none, or is over.
struct media_port *media_ports_find(const struct media_ports *ports, uint32_t call);
// From now on the far end of `port` hears that of `other`; NULL: nobody any more.
void media_port_set_bridge(struct media_port *port, const struct media_port *other);
// What the call's audio has come to is told, and pipes that nobody uses any more are closed.
void media_port_carry_out(struct media_port *port);
// The program of the call is no owner of it any more; the port may be gone then.
void media_port_program_ended(struct media_port *port);
// A closed port goes when neither a program nor what is still being said keeps it.
void media_port_free_when_done(struct media_port *port);
