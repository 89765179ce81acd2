# SPDX-License-Identifier: ISC
# sip: RFC 3261 and family, without sockets, clock or chance. Only digest_hash.c sees nettle.
noinst_LIBRARIES += libsip.a
libsip_a_CFLAGS = $(AM_CFLAGS) $(NETTLE_CFLAGS)
LINK_SIP = libsip.a $(LINK_UTIL) $(NETTLE_LIBS)
libsip_a_SOURCES =

# The grammar: bytes to messages and back.
libsip_a_SOURCES += %D%/address.c %D%/address.h
libsip_a_SOURCES += %D%/character.c %D%/character.h
libsip_a_SOURCES += %D%/header_names.c %D%/header_names.h
libsip_a_SOURCES += %D%/host.c %D%/host.h
libsip_a_SOURCES += %D%/message.c %D%/message.h
libsip_a_SOURCES += %D%/method.c %D%/method.h
libsip_a_SOURCES += %D%/multipart.c %D%/multipart.h
libsip_a_SOURCES += %D%/parameters.c %D%/parameters.h
libsip_a_SOURCES += %D%/parser.c %D%/parser.h
libsip_a_SOURCES += %D%/product.c %D%/product.h
libsip_a_SOURCES += %D%/request.c %D%/request.h
libsip_a_SOURCES += %D%/response.c %D%/response.h
libsip_a_SOURCES += %D%/status_text.c %D%/status_text.h
libsip_a_SOURCES += %D%/stream.c %D%/stream.h
libsip_a_SOURCES += %D%/uri.c %D%/uri.h
libsip_a_SOURCES += %D%/uri_equal.c
libsip_a_SOURCES += %D%/via.c %D%/via.h
libsip_a_SOURCES += %D%/writer.c %D%/writer.h

# Transactions and dialogs.
libsip_a_SOURCES += %D%/dialog.c %D%/dialog.h
libsip_a_SOURCES += %D%/endpoint.c %D%/endpoint.h %D%/endpoint_private.h
libsip_a_SOURCES += %D%/endpoint_actions.c
libsip_a_SOURCES += %D%/endpoint_matching.c
libsip_a_SOURCES += %D%/endpoint_requests.c
libsip_a_SOURCES += %D%/invite_client_transaction.c %D%/invite_client_transaction.h
libsip_a_SOURCES += %D%/invite_server_transaction.c %D%/invite_server_transaction.h
libsip_a_SOURCES += %D%/non_invite_client_transaction.c %D%/non_invite_client_transaction.h
libsip_a_SOURCES += %D%/non_invite_server_transaction.c %D%/non_invite_server_transaction.h
libsip_a_SOURCES += %D%/link.c %D%/link.h %D%/link_private.h
libsip_a_SOURCES += %D%/link_servers.c
libsip_a_SOURCES += %D%/link_states.c
libsip_a_SOURCES += %D%/reliable_provisional.c %D%/reliable_provisional.h
libsip_a_SOURCES += %D%/route_set.c %D%/route_set.h
libsip_a_SOURCES += %D%/server_race.c %D%/server_race.h
libsip_a_SOURCES += %D%/server_selection.c %D%/server_selection.h
libsip_a_SOURCES += %D%/session_timer.c %D%/session_timer.h
libsip_a_SOURCES += %D%/transaction.c %D%/transaction.h

# Authentication and registration.
libsip_a_SOURCES += %D%/challenge.c %D%/challenge.h
libsip_a_SOURCES += %D%/digest.c %D%/digest.h
libsip_a_SOURCES += %D%/digest_hash.c %D%/digest_hash.h
libsip_a_SOURCES += %D%/digest_realm.c %D%/digest_realm.h
libsip_a_SOURCES += %D%/flow_recovery.c %D%/flow_recovery.h
libsip_a_SOURCES += %D%/idle_limit.c %D%/idle_limit.h
libsip_a_SOURCES += %D%/keep_alive.c %D%/keep_alive.h
libsip_a_SOURCES += %D%/registration.c %D%/registration.h
libsip_a_SOURCES += %D%/registration_advice.c %D%/registration_advice.h
libsip_a_SOURCES += %D%/registration_answers.c
libsip_a_SOURCES += %D%/registration_binding.c %D%/registration_binding.h
libsip_a_SOURCES += %D%/registration_contacts.c %D%/registration_contacts.h
libsip_a_SOURCES += %D%/registration_facts.c %D%/registration_private.h
libsip_a_SOURCES += %D%/registration_record.c
libsip_a_SOURCES += %D%/registration_states.c
libsip_a_SOURCES += %D%/registration_waits.c %D%/registration_waits.h
