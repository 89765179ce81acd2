// SPDX-License-Identifier: ISC
#include "daemon/room.h"

#include "io/descriptors.h"
#include "util/limits.h"
#include "util/log.h"

enum {
    OWN_DESCRIPTORS = 64,
    PER_CALL = 6, // RTP, RTCP, and the pipes of a program and of those who listen
    PER_HOOK = 4,
    PER_CLIENT = 2,
    PORTS_PER_CALL = 2
};

static void check_descriptors(const struct config *config)
{
    size_t wanted = OWN_DESCRIPTORS + (LIMIT_CONTROL_CLIENTS + LIMIT_CONTROL_KEPT) * PER_CLIENT +
                    (size_t)config->limits_calls * PER_CALL + (size_t)config->hooks_max * PER_HOOK;
    size_t allowed = descriptors_allow(wanted);
    if (allowed < wanted)
        LOG(WARNING,
            "limits.calls and hooks.max may need more descriptors than are allowed: raise "
            "LimitNOFILE of the unit",
            NUMBER("wanted", (int64_t)wanted), NUMBER("allowed", (int64_t)allowed));
}

static void check_ports(const struct config *config)
{
    unsigned ports = (unsigned)(config->last_port - config->first_port + 1);
    if (ports < config->limits_calls * PORTS_PER_CALL)
        LOG(WARNING, "audio.ports has fewer than two ports for each of limits.calls",
            NUMBER("ports", ports), NUMBER("calls", config->limits_calls));
}

void room_make(const struct config *config)
{
    check_descriptors(config);
    check_ports(config);
}
