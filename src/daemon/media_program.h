// SPDX-License-Identifier: ISC
// The program of `answer` on the audio of a call, and what it leaves behind in its process group.
#pragma once

#include "io/child_process.h"

struct media_port;
struct media_ports;
struct media_program;

// Starts it. NULL when it could not be started; *error is the errno. When it has ended
// media_port_program_ended is called, and it is gone.
struct media_program *media_program_new(struct media_port *port,
                                        const struct child_settings *settings, int *error);
// To its whole process group.
void media_program_signal(struct media_program *program, int signal);
// What programs of the call have left behind has the time of a hook's from now on.
void media_programs_call_over(struct media_ports *ports, time_ms now, uint32_t call);
void media_programs_timeout(struct media_ports *ports, time_ms now);
time_ms media_programs_deadline(const struct media_ports *ports);
// All are killed.
void media_programs_free(struct media_ports *ports);
