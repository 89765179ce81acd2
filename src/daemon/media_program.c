// SPDX-License-Identifier: ISC
#include "daemon/media_port_private.h"
#include "io/clock.h"
#include "util/log.h"
#include "util/memory.h"

#include <signal.h>
#include <stdlib.h>

struct media_program {
    struct list_link link;
    struct media_ports *ports;
    struct media_port *port; // NULL when it has ended
    uint32_t number;
    struct child_process *child;
};

static void program_free(struct media_program *program)
{
    list_remove(&program->ports->programs, &program->link);
    free(program);
}

static void on_group_gone(void *user)
{
    struct media_program *program = user;
    uint32_t call;
    (void)hook_left_gone(&program->ports->left, program->number, &call);
    program_free(program);
}

static void on_exit_of(void *user, int exit_code, int signal)
{
    struct media_program *program = user;
    struct media_port *port = program->port;
    const struct media_ports *ports = program->ports;
    LOG(INFO, "media program ended", TEXT("call", port->id), NUMBER("exit", exit_code),
        NUMBER("signal", signal));
    port->program = NULL;
    program->port = NULL;
    if (child_process_has_left(program->child))
        hook_left_add(&program->ports->left, program->number, port->call,
                      port->is_closed ? clock_now() + ports->settings.linger_ms : TIME_NEVER);
    else
        program_free(program);
    media_port_program_ended(port);
}

struct media_program *media_program_new(struct media_port *port,
                                        const struct child_settings *settings, int *error)
{
    struct media_ports *ports = port->ports;
    struct media_program *program = memory_new(sizeof(*program));
    program->ports = ports;
    program->port = port;
    program->number = ++ports->last_program;
    list_append(&ports->programs, &program->link);
    program->child =
        child_process_new(ports->reaper, settings, on_exit_of, on_group_gone, program, error);
    if (program->child)
        return program;
    program_free(program);
    return NULL;
}

void media_program_signal(struct media_program *program, int signal)
{
    child_process_signal(program->child, signal);
}

void media_programs_call_over(struct media_ports *ports, time_ms now, uint32_t call)
{
    hook_left_call_over(&ports->left, call, now + ports->settings.linger_ms);
}

static void signal_left(struct media_ports *ports, uint32_t number, enum hook_run_verdict verdict)
{
    list_for_each(link, &ports->programs) {
        struct media_program *program = list_entry(link, struct media_program, link);
        if (program->number == number)
            media_program_signal(program, verdict == HOOK_RUN_KILL ? SIGKILL : SIGTERM);
    }
}

void media_programs_timeout(struct media_ports *ports, time_ms now)
{
    enum hook_run_verdict verdict;
    uint32_t number;
    while (hook_left_timeout(&ports->left, now, MEDIA_PROGRAM_KILL_MS, &number, &verdict))
        signal_left(ports, number, verdict);
}

time_ms media_programs_deadline(const struct media_ports *ports)
{
    return hook_left_deadline(&ports->left);
}

void media_programs_free(struct media_ports *ports)
{
    hook_left_clear(&ports->left);
    while (!list_is_empty(&ports->programs)) {
        struct media_program *program =
            list_entry(list_first(&ports->programs), struct media_program, link);
        media_program_signal(program, SIGKILL);
        child_process_forget(program->child);
        program_free(program);
    }
}
