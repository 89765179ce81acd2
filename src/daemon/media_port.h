// SPDX-License-Identifier: ISC
// The media of calls on this machine: sockets, the 20 ms tick for all of them, media programs, and
// who speaks and listens on which call (contract, "Audio").
#pragma once

#include "agent/agent.h"
#include "daemon/audio_pipes.h"
#include "io/child_process.h"
#include "io/udp_port.h"

struct media_ports;

struct media_ports_settings {
    uint16_t first_port;
    uint16_t last_port;
    uint32_t program_rate;
    uint32_t grace_ms; // from hangup to closing the program's output
    time_ms linger_ms; // what a program leaves behind lives on after the call
};

struct media_ports_events {
    void (*program_ended)(void *user, uint32_t call);                 // the owner is gone
    void (*drained)(void *user, uint32_t call);                       // of media_ports_drain
    void (*played_out)(void *user, uint32_t call, uint32_t heard_ms); // of media_ports_play_out
    void (*flushed)(void *user, uint32_t call, uint32_t heard_ms);    // of media_ports_flush
    void (*digit)(void *user, uint32_t call, char digit); // the far end has pressed a key
    void (*digits_sent)(void *user, uint32_t call, bool have_left);
};

struct media_ports *media_ports_new(struct loop *loop, struct child_reaper *reaper,
                                    struct random *random,
                                    const struct media_ports_settings *settings,
                                    const struct media_ports_events *events, void *user);
// For the calls whose ports are opened from now on; the grace of all.
void media_ports_reconfigure(struct media_ports *ports,
                             const struct media_ports_settings *settings);
// Samples per second that programs of this call hear and speak.
uint32_t media_ports_rate(const struct media_ports *ports, uint32_t call);
// Opens a port pair for a call, which users know by `id`, on `address`. REFUSED when the range is
// used up.
MUST_USE enum status media_ports_open(struct media_ports *ports, uint32_t call, const char *id,
                                      const struct net_address *address, struct net_address *rtp,
                                      uint16_t *rtcp_port);
// Media may flow, or its parameters have changed.
void media_ports_start(struct media_ports *ports, time_ms now, uint32_t call,
                       const struct media_parameters *parameters);
// What is said may go to the far end, after a moment of settling: the call is up, or its early
// media is.
void media_ports_connected(struct media_ports *ports, time_ms now, uint32_t call);
// Starts a program on the call's audio, in the place of whoever speaks. Otherwise *why says why
// not.
MUST_USE enum status media_ports_run(struct media_ports *ports, uint32_t call,
                                     const struct child_settings *program, const char **why);
// Pipes for a client: see audio_pipes_attach. A rate of 0 becomes that of the call's programs.
MUST_USE enum status media_ports_attach(struct media_ports *ports, uint32_t call,
                                        struct audio_request *request, struct audio_ends *ends,
                                        const char **why);
// That client is gone.
void media_ports_release(struct media_ports *ports, uint32_t call, uint32_t owner);
// Drops what is queued; `flushed` tells when it has gone, within a tick or three. REFUSED: *why is
// a constant sentence, as in what follows.
MUST_USE enum status media_ports_flush(struct media_ports *ports, uint32_t call, const char **why);
// `played_out` tells when nothing is queued any more.
MUST_USE enum status media_ports_play_out(struct media_ports *ports, uint32_t call,
                                          const char **why);
// A muted call sends silence; whoever speaks does not notice.
MUST_USE enum status media_ports_mute(struct media_ports *ports, uint32_t call, bool is_muted,
                                      const char **why);
// The far ends of two calls hear each other until media_ports_unbridge or the end of one call.
MUST_USE enum status media_ports_bridge(struct media_ports *ports, uint32_t call, uint32_t with,
                                        const char **why);
void media_ports_unbridge(struct media_ports *ports, uint32_t call);
// Queues the digits of an OUTBOX_MEDIA_DIGITS; tells `digits_sent` when the last has left, or when
// one cannot.
void media_ports_send_digits(struct media_ports *ports, const struct outbox_item *order);
// Tells `drained` when everything that was said is played out, and a moment has passed.
void media_ports_drain(struct media_ports *ports, time_ms now, uint32_t call);
// False when the call has no media.
bool media_ports_statistics(const struct media_ports *ports, uint32_t call,
                            struct media_statistics *statistics);
// Likewise, of those who speak and listen.
bool media_ports_audio_figures(const struct media_ports *ports, uint32_t call,
                               struct audio_figures *figures);
// The call is over: ports closed at once, the program hears the end of file and is seen off.
void media_ports_close(struct media_ports *ports, time_ms now, uint32_t call);
// No call has a port, and no program outlives its call.
bool media_ports_is_idle(const struct media_ports *ports);
// Programs that outlive their call.
void media_ports_timeout(struct media_ports *ports, time_ms now);
time_ms media_ports_deadline(const struct media_ports *ports, time_ms now);
void media_ports_free(struct media_ports *ports);
