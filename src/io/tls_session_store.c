// SPDX-License-Identifier: ISC
#include "io/tls_session_store.h"

#include "util/limits.h"
#include "util/memory.h"

#include <gnutls/gnutls.h>

#include <stdlib.h>
#include <string.h>

struct tls_session_store {
    struct net_address server;
    char *data; // secret; NULL: none
    size_t size;
};

struct tls_session_store *tls_session_store_new(void)
{
    return memory_new(sizeof(struct tls_session_store));
}

void tls_session_store_forget(struct tls_session_store *store)
{
    if (!store->data)
        return;
    memory_erase(store->data, store->size);
    free(store->data);
    store->data = NULL;
}

void tls_session_store_keep(struct tls_session_store *store, gnutls_session_t session,
                            const struct net_address *server)
{
    gnutls_datum_t data = { .data = NULL };
    if (gnutls_session_get_data2(session, &data) != 0)
        return;
    if (data.size && data.size <= LIMIT_TLS_SESSION) {
        tls_session_store_forget(store);
        store->data = memory_new(data.size);
        store->size = data.size;
        store->server = *server;
        memcpy(store->data, data.data, data.size);
    }
    memory_erase(data.data, data.size);
    gnutls_free(data.data);
}

bool tls_session_store_offer(struct tls_session_store *store, gnutls_session_t session,
                             const struct net_address *server)
{
    if (!store->data || !net_address_equal(&store->server, server))
        return false;
    bool is_offered = gnutls_session_set_data(session, store->data, store->size) == 0;
    tls_session_store_forget(store);
    return is_offered;
}

void tls_session_store_free(struct tls_session_store *store)
{
    if (!store)
        return;
    tls_session_store_forget(store);
    free(store);
}
