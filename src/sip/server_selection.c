// SPDX-License-Identifier: ISC
// One step after the other: NAPTR gives the names of SRV records, these give hosts with ports,
// these give addresses. What is missing is stepped over, down to the plain name with the default
// port.
#include "sip/server_selection.h"

#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TLS_PORT = 5061,
    TCP_PORT = 5060,
    SERVICES_MAX = 8,
    FAILURE_BYTES = 512,
    SILENT_MAX = 2 // queries in a row: then nobody answers
};

enum step {
    STEP_NAPTR,
    STEP_SRV,
    STEP_ADDRESSES,
    STEP_DONE
};

struct candidate {
    char host[SERVER_NAME_BYTES];
    uint16_t port;
};

struct server_selection {
    char host[SERVER_NAME_BYTES];
    bool is_tls;
    struct random *random;
    enum step step;
    char services[SERVICES_MAX][SERVER_NAME_BYTES]; // names of SRV records, in order
    size_t service_count;
    size_t service_index;
    struct candidate candidates[LIMIT_SERVER_TARGETS];
    size_t candidate_count;
    size_t candidate_index;
    bool used_srv;
    struct server_target targets[LIMIT_SERVER_TARGETS];
    size_t target_count;
    uint32_t ttl_s;
    unsigned silent; // in a row
    bool is_dns_down;
    char failure[FAILURE_BYTES];
};

/* False: empty, or longer than a name can be. A dot at the end is left out. */
static bool copy_name(char *to, const char *name)
{
    size_t length = strlen(name);
    if (length && name[length - 1] == '.')
        length--;
    if (!length || length >= SERVER_NAME_BYTES)
        return false;
    memcpy(to, name, length);
    to[length] = '\0';
    return true;
}

static uint16_t default_port(const struct server_selection *selection)
{
    return selection->is_tls ? TLS_PORT : TCP_PORT;
}

static bool add_candidate(struct server_selection *selection, const char *host, uint16_t port)
{
    if (selection->candidate_count == LIMIT_SERVER_TARGETS)
        return false;
    struct candidate *candidate = &selection->candidates[selection->candidate_count];
    if (!copy_name(candidate->host, host))
        return false;
    candidate->port = port;
    selection->candidate_count++;
    return true;
}

static void add_service(struct server_selection *selection, const char *name)
{
    for (size_t i = 0; i < selection->service_count; i++)
        if (slice_equal_ignoring_case(slice_of(selection->services[i]), slice_of(name)))
            return;
    if (selection->service_count < SERVICES_MAX &&
        copy_name(selection->services[selection->service_count], name))
        selection->service_count++;
}

/* RFC 3263 4.2: what stands for the missing NAPTR record. */
static void add_own_service(struct server_selection *selection)
{
    char name[SERVER_NAME_BYTES + 16];
    snprintf(name, sizeof(name), "%s.%s", selection->is_tls ? "_sips._tcp" : "_sip._tcp",
             selection->host);
    add_service(selection, name);
}

static void ask_addresses(struct server_selection *selection)
{
    if (!selection->candidate_count)
        add_candidate(selection, selection->host, default_port(selection));
    selection->step = STEP_ADDRESSES;
}

struct server_selection *server_selection_new(const struct server_wanted *wanted,
                                              struct random *random)
{
    struct server_selection *selection = memory_new(sizeof(*selection));
    struct net_address literal;
    uint16_t port = wanted->port;
    selection->is_tls = wanted->is_tls;
    selection->random = random;
    selection->ttl_s = UINT32_MAX;
    if (!port)
        port = default_port(selection);
    if (!copy_name(selection->host, wanted->host)) {
        snprintf(selection->failure, sizeof(selection->failure), "the server's name is too long");
        selection->step = STEP_DONE;
    } else if (net_address_parse(slice_of(wanted->host), port, &literal) == STATUS_OK) {
        selection->targets[0].address = literal;
        memcpy(selection->targets[0].host, selection->host, sizeof(selection->host));
        selection->target_count = 1;
        selection->step = STEP_DONE;
    } else if (wanted->port) {
        add_candidate(selection, selection->host, wanted->port);
        selection->step = STEP_ADDRESSES;
    } else if (wanted->has_transport) {
        add_own_service(selection);
        selection->step = STEP_SRV;
    }
    return selection;
}

bool server_selection_next_query(const struct server_selection *selection, struct dns_query *query)
{
    switch (selection->step) {
    case STEP_NAPTR:
        *query = (struct dns_query){ DNS_NAPTR, selection->host };
        return true;
    case STEP_SRV:
        *query = (struct dns_query){ DNS_SRV, selection->services[selection->service_index] };
        return true;
    case STEP_ADDRESSES:
        *query = (struct dns_query){ DNS_ADDRESSES,
                                     selection->candidates[selection->candidate_index].host };
        return true;
    case STEP_DONE:
        break;
    }
    return false;
}

static bool is_usable(const struct server_selection *selection, const struct dns_naptr *record)
{
    const char *service = selection->is_tls ? "SIPS+D2T" : "SIP+D2T";
    return slice_equal_ignoring_case(slice_of(record->flags), slice_of("s")) &&
           slice_equal_ignoring_case(slice_of(record->service), slice_of(service)) &&
           record->replacement[0];
}

/* The usable one of the lowest order, then preference, that is not taken yet; `count` when none. */
static size_t best_naptr(const struct server_selection *selection, const struct dns_naptr *records,
                         const bool *is_taken, size_t count)
{
    size_t best = count;
    for (size_t i = 0; i < count; i++) {
        if (is_taken[i] || !is_usable(selection, &records[i]))
            continue;
        if (best == count || records[i].order < records[best].order ||
            (records[i].order == records[best].order &&
             records[i].preference < records[best].preference))
            best = i;
    }
    return best;
}

static void take_naptr(struct server_selection *selection, const struct dns_naptr *records,
                       size_t count)
{
    bool is_taken[LIMIT_SERVER_RECORDS] = { false };
    size_t best;
    if (count > LIMIT_SERVER_RECORDS)
        count = LIMIT_SERVER_RECORDS;
    while ((best = best_naptr(selection, records, is_taken, count)) < count) {
        is_taken[best] = true;
        add_service(selection, records[best].replacement);
    }
    /* None that we can use: as if there were none (4.1). */
    if (!selection->service_count)
        add_own_service(selection);
    selection->step = STEP_SRV;
}

static void next_service(struct server_selection *selection)
{
    if (++selection->service_index < selection->service_count &&
        selection->candidate_count < LIMIT_SERVER_TARGETS)
        return;
    ask_addresses(selection);
}

/* RFC 2782: of those with the lowest priority, those of weight 0 first, one by chance. */
static size_t choose(const struct dns_srv *records, const bool *is_taken, size_t count,
                     uint16_t priority, struct random *random)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < count; i++)
        if (!is_taken[i] && records[i].priority == priority)
            sum += records[i].weight;
    uint32_t limit = random_below(random, sum + 1);
    uint32_t running = 0;
    size_t last = count;
    for (int has_weight = 0; has_weight <= 1; has_weight++) {
        for (size_t i = 0; i < count; i++) {
            if (is_taken[i] || records[i].priority != priority ||
                (records[i].weight != 0) != has_weight)
                continue;
            last = i;
            running += records[i].weight;
            if (running >= limit)
                return i;
        }
    }
    return last;
}

static bool lowest_priority(const struct dns_srv *records, const bool *is_taken, size_t count,
                            uint16_t *priority)
{
    bool is_found = false;
    for (size_t i = 0; i < count; i++) {
        if (is_taken[i] || (is_found && records[i].priority >= *priority))
            continue;
        *priority = records[i].priority;
        is_found = true;
    }
    return is_found;
}

static bool is_root(const char *host)
{
    return !host[0] || strcmp(host, ".") == 0;
}

static void take_srv(struct server_selection *selection, const struct dns_srv *records,
                     size_t count)
{
    bool is_taken[LIMIT_SERVER_RECORDS] = { false };
    uint16_t priority = 0;
    if (count > LIMIT_SERVER_RECORDS)
        count = LIMIT_SERVER_RECORDS;
    if (count == 1 && is_root(records[0].host)) {
        /* "." says that the service is decidedly not here. */
        snprintf(selection->failure, sizeof(selection->failure),
                 "\"%s\" offers no SIP over %s: ask the provider for the outbound_proxy",
                 selection->host, selection->is_tls ? "TLS" : "TCP");
        if (selection->service_index + 1 >= selection->service_count &&
            !selection->candidate_count) {
            selection->step = STEP_DONE;
            return;
        }
    }
    while (lowest_priority(records, is_taken, count, &priority)) {
        size_t chosen = choose(records, is_taken, count, priority, selection->random);
        is_taken[chosen] = true;
        if (!is_root(records[chosen].host) && records[chosen].port &&
            add_candidate(selection, records[chosen].host, records[chosen].port))
            selection->used_srv = true;
    }
    next_service(selection);
}

static void add_target(struct server_selection *selection, const struct net_address *address)
{
    const struct candidate *candidate = &selection->candidates[selection->candidate_index];
    struct server_target target = { .address = *address };
    target.address.port = candidate->port;
    memcpy(target.host, candidate->host, sizeof(target.host));
    for (size_t i = 0; i < selection->target_count; i++)
        if (net_address_equal(&selection->targets[i].address, &target.address))
            return;
    if (selection->target_count < LIMIT_SERVER_TARGETS)
        selection->targets[selection->target_count++] = target;
}

static const struct net_address *nth_of_family(const struct net_address *addresses, size_t count,
                                               enum net_family family, size_t index)
{
    for (size_t i = 0; i < count; i++)
        if (addresses[i].family == family && index-- == 0)
            return &addresses[i];
    return NULL;
}

static void next_candidate(struct server_selection *selection)
{
    selection->candidate_index++;
    if (selection->candidate_index < selection->candidate_count &&
        selection->target_count < LIMIT_SERVER_TARGETS)
        return;
    selection->step = STEP_DONE;
}

static void take_addresses(struct server_selection *selection, const struct net_address *addresses,
                           size_t count, uint32_t ttl_s)
{
    for (size_t i = 0; i < count && i < LIMIT_SERVER_TARGETS; i++) {
        const struct net_address *six = nth_of_family(addresses, count, NET_IPV6, i);
        const struct net_address *four = nth_of_family(addresses, count, NET_IPV4, i);
        if (six)
            add_target(selection, six);
        if (four)
            add_target(selection, four);
    }
    if (ttl_s < selection->ttl_s)
        selection->ttl_s = ttl_s;
    next_candidate(selection);
}

static void explain(struct server_selection *selection, enum dns_outcome why)
{
    const char *name = selection->step == STEP_ADDRESSES
                           ? selection->candidates[selection->candidate_index].host
                           : selection->host;
    size_t size = sizeof(selection->failure);
    selection->is_dns_down = why != DNS_ABSENT;
    switch (why) {
    case DNS_ABSENT:
        snprintf(selection->failure, size,
                 "the name \"%s\" does not exist or has no address: check outbound_proxy and aor",
                 name);
        break;
    case DNS_BROKEN:
        snprintf(selection->failure, size,
                 "no DNS server can say where \"%s\" is: if that stays, check "
                 "/etc/resolv.conf",
                 name);
        break;
    case DNS_FOUND:
    case DNS_SILENT:
        snprintf(selection->failure, size,
                 "no DNS server answers when asked for \"%s\": check the network and "
                 "/etc/resolv.conf",
                 name);
        break;
    }
}

static void take_failure(struct server_selection *selection, enum dns_outcome why)
{
    explain(selection, why);
    selection->silent = why == DNS_SILENT ? selection->silent + 1 : 0;
    if (selection->silent >= SILENT_MAX && selection->step != STEP_SRV) {
        selection->step = STEP_DONE;
        return;
    }
    switch (selection->step) {
    case STEP_NAPTR:
        take_naptr(selection, NULL, 0);
        break;
    case STEP_SRV:
        if (selection->silent >= SILENT_MAX) /* the plain name may stand in /etc/hosts */
            ask_addresses(selection);
        else
            next_service(selection);
        break;
    case STEP_ADDRESSES:
        next_candidate(selection);
        break;
    case STEP_DONE:
        break;
    }
}

void server_selection_take(struct server_selection *selection, const struct dns_answer *answer)
{
    if (answer->outcome != DNS_FOUND || !answer->count) {
        take_failure(selection, answer->outcome == DNS_FOUND ? DNS_ABSENT : answer->outcome);
        return;
    }
    selection->silent = 0;
    if (selection->step == STEP_NAPTR)
        take_naptr(selection, answer->naptr, answer->count);
    else if (selection->step == STEP_SRV)
        take_srv(selection, answer->srv, answer->count);
    else if (selection->step == STEP_ADDRESSES)
        take_addresses(selection, answer->addresses, answer->count, answer->ttl_s);
}

size_t server_selection_count(const struct server_selection *selection)
{
    return selection->step == STEP_DONE ? selection->target_count : 0;
}

const struct server_target *server_selection_target(const struct server_selection *selection,
                                                    size_t index)
{
    return index < selection->target_count ? &selection->targets[index] : NULL;
}

uint32_t server_selection_ttl(const struct server_selection *selection)
{
    return selection->ttl_s;
}

bool server_selection_used_srv(const struct server_selection *selection)
{
    return selection->used_srv;
}

const char *server_selection_failure(const struct server_selection *selection)
{
    return selection->target_count ? "" : selection->failure;
}

bool server_selection_is_dns_down(const struct server_selection *selection)
{
    return !selection->target_count && selection->is_dns_down;
}

void server_selection_free(struct server_selection *selection)
{
    free(selection);
}
