// SPDX-License-Identifier: ISC
// Whom to believe and where to send. Anybody can send a packet to a port; evidence decides whose
// stream it is, and nothing that was learnt is for ever. The rules, the first that fits:
//   1. The address that signalling named is believed at once, and at any time.
//   2. A source that goes on with the SSRC and the sequence of the one that is believed, which has
//      fallen silent, is that one at another port or address. Who is not on the path cannot know
//      these numbers.
//   3. While nobody is believed, two packets in a row are enough: of the far end's host, or of any
//      other. A port that was left by a new description has to wait for a second.
//   4. The far end's host, as signalling knows it, wins over any other that was learnt.
//   5. One that was learnt and has been silent for two seconds gives way; when it speaks again, it
//      is believed again if more was heard of it. The address of rule 1, once it has spoken, gives
//      way to its own host only.
// With SRTP there is one rule: a packet that proves to be genuine is of the one source there is,
// and where the newest of them came from is where it is.
#pragma once

#include "media/rtp_packet.h"
#include "util/net_address.h"
#include "util/time_ms.h"

enum {
    SOURCE_GUARD_SOURCES = 8
};

struct source {
    struct net_address address; // family NET_NONE: none
    uint32_t ssrc;
    uint16_t sequence; // the newest
    uint32_t run;      // packets that followed each other
    uint32_t heard;    // packets that were believed
    time_ms last;      // when one came
};

struct source_guard {
    struct net_address negotiated;
    struct net_address former; // believed before the description changed
    time_ms changed_at;
    struct source sources[SOURCE_GUARD_SOURCES];
    struct source *believed; // one of them; NULL: nobody
};

// A new negotiated address opens the guard again; the same one changes nothing.
void source_guard_set(struct source_guard *guard, time_ms now,
                      const struct net_address *negotiated);
// Whether a valid packet from there is to be played.
bool source_guard_admits(struct source_guard *guard, time_ms now, const struct net_address *from,
                         const struct rtp_packet *packet);
// A packet that has proved to be genuine, which is played.
void source_guard_prove(struct source_guard *guard, time_ms now, const struct net_address *from,
                        const struct rtp_packet *packet);
// Where to send: to the source that is believed, else to the negotiated address.
const struct net_address *source_guard_destination(const struct source_guard *guard);
