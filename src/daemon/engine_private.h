// SPDX-License-Identifier: ISC
// The inside of the engine, shared by the files engine*.c only.
#pragma once

#include "daemon/control_server.h"
#include "daemon/engine.h"
#include "daemon/hook_runner.h"
#include "daemon/media_port.h"
#include "daemon/settings.h"

struct engine {
    const struct config *config;
    struct random random;
    struct loop *loop;
    struct loop_timer *timer;
    struct loop_signal *signals[3];
    struct child_reaper *reaper;
    struct resolver *resolver;
    struct agent_settings agent_settings;
    struct agent *agent;
    struct sip_link_settings link_settings;
    struct sip_link *link;
    struct net_address media_address;
    struct media_ports *media;
    struct hook_queue *hooks;
    struct hook_runner *runner;
    struct trace_ring *trace;
    struct control_server *control;
    struct control_server_settings control_settings;
    struct arena *arena;                          // of the message in hand
    const char *hidden[SETTINGS_SECRETS_MAX + 1]; // files that children must not read
    time_ms watchdog_period;
    time_ms watchdog_at; // TIME_NEVER when none is wanted
    time_ms stop_at;     // TIME_NEVER until asked to stop
    bool is_online;
};

// Carries out everything that the agent, hooks and clients want, until all are quiet.
void engine_pump(struct engine *engine, time_ms now);
