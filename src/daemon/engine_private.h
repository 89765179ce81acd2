// SPDX-License-Identifier: ISC
// The inside of the engine, shared by the files engine*.c only.
#pragma once

#include "daemon/binding_file.h"
#include "daemon/call_journal.h"
#include "daemon/control_server.h"
#include "daemon/engine.h"
#include "daemon/expiry_watch.h"
#include "daemon/hook_runner.h"
#include "daemon/instance_id.h"
#include "daemon/kept_messages.h"
#include "daemon/media_port.h"
#include "daemon/settings.h"
#include "daemon/status_line.h"
#include "desk/desk.h"
#include "io/network_watch.h"

enum {
    ENGINE_PATH_BYTES = 4096
};

struct engine {
    struct settings *settings;
    char instance_id[INSTANCE_ID_BYTES];
    const struct config_source *source;
    struct config_trouble trouble;
    struct status_line_facts shown; // to systemd
    bool wants_reload;              // SIGHUP has come
    struct random random;
    struct loop *loop;
    struct loop_timer *timer;
    struct loop_signal *signals[3];
    struct child_reaper *reaper;
    struct agent *agent;
    struct call_journal *journal;
    struct sip_link *link;
    struct net_address local; // of the connection; NET_NONE until there was one
    struct net_address media_address;
    struct media_ports *media;
    struct hook_queue *hooks;
    struct kept_messages *kept;
    struct hook_runner *runner;
    struct trace_ring *trace;
    struct network_watch *network;
    struct rehearsals *rehearsals;
    struct expiry_watch expiry;
    struct desk *desk;
    struct control_server *control;
    time_ms started_at;
    struct arena *arena; // of the message in hand
    time_ms watchdog_period;
    time_ms watchdog_at;    // TIME_NEVER when none is wanted
    time_ms stop_at;        // TIME_NEVER until asked to stop
    bool has_agent_stopped; // every call and the registration
    bool is_online;
};

// Carries out everything that the agent, hooks and clients want, until all are quiet.
void engine_pump(struct engine *engine, time_ms now);

// Where the hooks of a call work; 0: of the line.
void engine_call_folder(const struct engine *engine, uint32_t call, char path[ENGINE_PATH_BYTES]);

// engine_desk.c
// Carries out what clients want. True when there was anything.
bool engine_pump_desk(struct engine *engine, time_ms now);
// What the hooks of the event are told; hook_environment_free.
char **engine_environment(const struct engine *engine, const struct event *event);
// A sentence in the trace.
void engine_trace_decision(struct engine *engine, uint32_t call, const char *who, const char *what);

// engine_reload.c
// Reads the configuration again and applies what has changed. OK: `report` has the inside of the
// answer's JSON object. REFUSED: everything stays as it is, `report` has the one line that says
// why.
enum status engine_reload(void *engine, time_ms now, struct buffer *report);
// Whether a reload would take it. REFUSED: `report` has the one line.
enum status engine_check(void *engine, struct buffer *report);
// Where RTP is received: audio.address, else the address of the connection.
void engine_set_media_address(struct engine *engine);
