// SPDX-License-Identifier: ISC
#include "desk/trace_ring.h"

#include "util/list.h"
#include "util/memory.h"

#include <stdlib.h>
#include <string.h>

enum {
    CUT = 8, // one message may fill this part of the ring
    CALL_BYTES = 16
};

struct entry {
    struct list_link link;
    uint64_t number;
    time_ms wall;
    enum trace_kind kind;
    char call[CALL_BYTES];
    size_t call_id_at;
    size_t call_id_length;
    size_t length;
    char bytes[];
};

struct trace_ring {
    struct list entries;
    size_t bytes_max;
    size_t bytes;
    uint64_t last;
};

struct trace_ring *trace_ring_new(size_t bytes_max)
{
    struct trace_ring *ring = memory_new(sizeof(*ring));
    list_init(&ring->entries);
    ring->bytes_max = bytes_max;
    return ring;
}

static void drop_oldest(struct trace_ring *ring)
{
    struct entry *oldest = list_entry(list_first(&ring->entries), struct entry, link);
    ring->bytes -= sizeof(*oldest) + oldest->length;
    list_remove(&ring->entries, &oldest->link);
    free(oldest);
}

static struct entry *put(struct trace_ring *ring, time_ms wall, enum trace_kind kind,
                         struct slice bytes)
{
    bytes = slice_first(bytes, ring->bytes_max / CUT);
    struct entry *entry = memory_new(sizeof(*entry) + bytes.length);
    entry->number = ++ring->last;
    entry->wall = wall;
    entry->kind = kind;
    entry->length = bytes.length;
    if (bytes.length)
        memcpy(entry->bytes, bytes.data, bytes.length);
    list_append(&ring->entries, &entry->link);
    ring->bytes += sizeof(*entry) + bytes.length;
    while (ring->bytes > ring->bytes_max && ring->entries.count > 1)
        drop_oldest(ring);
    return entry;
}

static void blank(struct slice text)
{
    memset((char *)text.data, '*', text.length);
}

/* response="…" of a digest: what could be tried against a dictionary. */
static void blank_response(struct slice line)
{
    static const char name[] = "response=";
    size_t at;
    if (!slice_find_text(line, slice_of(name), &at))
        return;
    struct slice value = slice_skip(line, at + sizeof(name) - 1);
    size_t length = 0;
    if (value.length && value.data[0] == '"')
        value = slice_skip(value, 1);
    while (length < value.length && !strchr("\", \r", value.data[length]))
        length++;
    blank(slice_first(value, length));
}

/* a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:KEY, and whatever else may be read as that: in any
 * case, with blanks, behind another key. */
static void blank_key(struct slice line)
{
    static const struct slice method = SLICE_LITERAL("inline:");
    if (!slice_starts_with_ignoring_case(line, slice_of("a=")))
        return;
    for (; line.length > method.length; line = slice_skip(line, 1))
        if (slice_starts_with_ignoring_case(line, method)) {
            blank(slice_skip(line, method.length));
            return;
        }
}

/* Signal=5 of application/dtmf-relay: what somebody types may be a PIN. In an INFO whatever is not
 * known to be none is taken for one. */
static void blank_digits(struct slice line, bool is_info)
{
    struct slice value;
    struct slice name = slice_trim(slice_cut(line, '=', &value));
    if (value.data && slice_equal_ignoring_case(name, slice_of("Signal")))
        blank(slice_trim(value));
    else if (is_info && !slice_equal_ignoring_case(name, slice_of("Duration")))
        blank(line);
}

static bool take_call_id(struct slice line, struct slice *value)
{
    size_t colon;
    if (!slice_find(line, ':', &colon))
        return false;
    struct slice name = slice_trim(slice_first(line, colon));
    if (!slice_equal_ignoring_case(name, slice_of("Call-ID")) &&
        !slice_equal_ignoring_case(name, slice_of("i")))
        return false;
    *value = slice_trim(slice_skip(line, colon + 1));
    return true;
}

/* Line by line, in the copy: the body begins behind the first empty line. */
static void read_message(struct entry *entry)
{
    struct slice rest = slice_make(entry->bytes, entry->length);
    bool is_info = slice_starts_with(rest, slice_of("INFO "));
    bool is_body = false;
    while (rest.length) {
        struct slice call_id;
        struct slice line = slice_trim(slice_cut(rest, '\n', &rest));
        blank_key(line);
        if (!is_body) {
            is_body = !line.length;
            blank_response(line);
            if (!entry->call_id_length && take_call_id(line, &call_id)) {
                entry->call_id_at = (size_t)(call_id.data - entry->bytes);
                entry->call_id_length = call_id.length;
            }
        } else {
            blank_digits(line, is_info);
        }
    }
}

static struct slice call_id_of(const struct entry *entry)
{
    return slice_make(entry->bytes + entry->call_id_at, entry->call_id_length);
}

static void set_call(struct entry *entry, struct slice call)
{
    call = slice_first(call, CALL_BYTES - 1);
    if (call.length)
        memcpy(entry->call, call.data, call.length);
    entry->call[call.length] = '\0';
}

void trace_ring_message(struct trace_ring *ring, time_ms wall, bool is_sent, struct slice bytes)
{
    struct entry *entry = put(ring, wall, is_sent ? TRACE_SENT : TRACE_RECEIVED, bytes);
    read_message(entry);
    if (!entry->call_id_length)
        return;
    /* The call is known when one of its messages is: the nearest one before. */
    for (struct list_link *link = entry->link.previous; link != &ring->entries.head;
         link = link->previous) {
        const struct entry *before = list_entry(link, struct entry, link);
        if (!slice_equal(call_id_of(before), call_id_of(entry)))
            continue;
        set_call(entry, slice_of(before->call));
        return;
    }
}

void trace_ring_note(struct trace_ring *ring, time_ms wall, enum trace_kind kind, struct slice call,
                     struct slice sentence)
{
    set_call(put(ring, wall, kind, sentence), call);
}

void trace_ring_call(struct trace_ring *ring, struct slice call, struct slice call_id)
{
    list_for_each(link, &ring->entries) {
        struct entry *entry = list_entry(link, struct entry, link);
        if (entry->call_id_length && slice_equal(call_id_of(entry), call_id))
            set_call(entry, call);
    }
}

bool trace_ring_next(const struct trace_ring *ring, struct slice call, uint64_t *after,
                     struct trace_entry *entry)
{
    list_for_each(link, &ring->entries) {
        const struct entry *found = list_entry(link, struct entry, link);
        if (found->number <= *after || (call.length && !slice_equal(slice_of(found->call), call)))
            continue;
        *after = found->number;
        *entry = (struct trace_entry){
            .kind = found->kind,
            .wall = found->wall,
            .call = slice_of(found->call),
            .call_id = call_id_of(found),
            .bytes = slice_make(found->bytes, found->length),
        };
        return true;
    }
    return false;
}

const char *trace_kind_text(enum trace_kind kind)
{
    static const char *const texts[] = {
        [TRACE_RECEIVED] = "received",
        [TRACE_SENT] = "sent",
        [TRACE_HOOK] = "hook",
        [TRACE_LINE] = "line",
    };
    return texts[kind];
}

void trace_ring_free(struct trace_ring *ring)
{
    if (!ring)
        return;
    while (!list_is_empty(&ring->entries))
        drop_oldest(ring);
    free(ring);
}
