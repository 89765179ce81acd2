# SPDX-License-Identifier: ISC
EXTRA_DIST += %D%/corpus.h tests/data/rfc4475 tests/data/rfc5118 tests/data/sip
if HAVE_CHECK

# The grammar.
check_PROGRAMS += %D%/test_server_selection
%C%_test_server_selection_SOURCES = %D%/test_server_selection.c tests/suite.h
%C%_test_server_selection_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_server_selection_LDADD = $(LINK_SIP) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_torture
%C%_test_torture_SOURCES = %D%/test_torture.c tests/suite.h
%C%_test_torture_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_torture_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_torture_LDADD = $(LINK_SIP) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_stream
%C%_test_stream_SOURCES = %D%/test_stream.c tests/suite.h
%C%_test_stream_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_stream_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_stream_LDADD = $(LINK_SIP) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_uri
%C%_test_uri_SOURCES = %D%/test_uri.c tests/suite.h
%C%_test_uri_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_uri_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_uri_LDADD = $(LINK_SIP) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_address
%C%_test_address_SOURCES = %D%/test_address.c tests/suite.h
%C%_test_address_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_address_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_address_LDADD = $(LINK_SIP) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_via
%C%_test_via_SOURCES = %D%/test_via.c tests/suite.h
%C%_test_via_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_via_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_via_LDADD = $(LINK_SIP) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_parameters
%C%_test_parameters_SOURCES = %D%/test_parameters.c tests/suite.h
%C%_test_parameters_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_parameters_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_parameters_LDADD = $(LINK_SIP) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_names
%C%_test_names_SOURCES = %D%/test_names.c tests/suite.h
%C%_test_names_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_names_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_names_LDADD = $(LINK_SIP) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_message
%C%_test_message_SOURCES = %D%/test_message.c tests/suite.h
%C%_test_message_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_message_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_message_LDADD = $(LINK_SIP) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_multipart
%C%_test_multipart_SOURCES = %D%/test_multipart.c tests/suite.h
%C%_test_multipart_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_multipart_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_multipart_LDADD = $(LINK_SIP) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_writer
%C%_test_writer_SOURCES = %D%/test_writer.c tests/suite.h
%C%_test_writer_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_writer_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_writer_LDADD = $(LINK_SIP) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_response
%C%_test_response_SOURCES = %D%/test_response.c tests/suite.h
%C%_test_response_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_response_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_response_LDADD = $(LINK_SIP) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_transaction
%C%_test_transaction_SOURCES = %D%/test_transaction.c tests/suite.h
%C%_test_transaction_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_transaction_LDADD = $(LINK_SIP) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_reliable_provisional
%C%_test_reliable_provisional_SOURCES = %D%/test_reliable_provisional.c tests/suite.h
%C%_test_reliable_provisional_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_reliable_provisional_LDADD = $(LINK_SIP) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_session_timer
%C%_test_session_timer_SOURCES = %D%/test_session_timer.c tests/suite.h
%C%_test_session_timer_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_session_timer_LDADD = $(LINK_SIP) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_digest
%C%_test_digest_SOURCES = %D%/test_digest.c tests/suite.h
%C%_test_digest_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(NETTLE_CFLAGS)
%C%_test_digest_LDADD = $(LINK_SIP) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_endpoint
%C%_test_endpoint_SOURCES = %D%/test_endpoint.c tests/suite.h
%C%_test_endpoint_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_endpoint_LDADD = $(LINK_SIP) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_dialog
%C%_test_dialog_SOURCES = %D%/test_dialog.c tests/suite.h
%C%_test_dialog_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_dialog_LDADD = $(LINK_SIP) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_keep_alive
%C%_test_keep_alive_SOURCES = %D%/test_keep_alive.c tests/suite.h
%C%_test_keep_alive_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_keep_alive_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_keep_alive_LDADD = $(LINK_SIP) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_flow_recovery
%C%_test_flow_recovery_SOURCES = %D%/test_flow_recovery.c tests/suite.h
%C%_test_flow_recovery_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_flow_recovery_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_flow_recovery_LDADD = $(LINK_SIP) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_challenge
%C%_test_challenge_SOURCES = %D%/test_challenge.c tests/suite.h
%C%_test_challenge_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_challenge_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_challenge_LDADD = $(LINK_SIP) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_digest_realms
%C%_test_digest_realms_SOURCES = %D%/test_digest_realms.c tests/suite.h
%C%_test_digest_realms_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_digest_realms_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_digest_realms_LDADD = $(LINK_SIP) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_registration
%C%_test_registration_SOURCES = %D%/test_registration.c tests/suite.h
%C%_test_registration_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_registration_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_registration_LDADD = $(LINK_SIP) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_character
%C%_test_character_SOURCES = %D%/test_character.c tests/suite.h
%C%_test_character_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_character_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_character_LDADD = $(LINK_SIP) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_ends
%C%_test_ends_SOURCES = %D%/test_ends.c tests/suite.h
%C%_test_ends_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_ends_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_ends_LDADD = $(LINK_SIP) $(CHECK_LIBS)

endif

check_PROGRAMS += %D%/test_registration_advice
%C%_test_registration_advice_SOURCES = %D%/test_registration_advice.c tests/suite.h
%C%_test_registration_advice_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_registration_advice_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_registration_advice_LDADD = $(LINK_SIP) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_link_states
%C%_test_link_states_SOURCES = %D%/test_link_states.c tests/suite.h
%C%_test_link_states_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_link_states_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_link_states_LDADD = $(LINK_SIP) $(CHECK_LIBS)
check_PROGRAMS += %D%/test_registration_states
%C%_test_registration_states_SOURCES = %D%/test_registration_states.c tests/suite.h
%C%_test_registration_states_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_registration_states_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_registration_states_LDADD = $(LINK_SIP) $(CHECK_LIBS)
check_PROGRAMS += %D%/test_link
%C%_test_link_SOURCES = %D%/test_link.c tests/suite.h
%C%_test_link_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_link_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_link_LDADD = $(LINK_SIP) $(CHECK_LIBS)
check_PROGRAMS += %D%/test_registration_contacts
%C%_test_registration_contacts_SOURCES = %D%/test_registration_contacts.c tests/suite.h
%C%_test_registration_contacts_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_registration_contacts_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_registration_contacts_LDADD = $(LINK_SIP) $(CHECK_LIBS)
check_PROGRAMS += %D%/test_registration_record
%C%_test_registration_record_SOURCES = %D%/test_registration_record.c tests/suite.h
%C%_test_registration_record_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_registration_record_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_registration_record_LDADD = $(LINK_SIP) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_registration_waits
%C%_test_registration_waits_SOURCES = %D%/test_registration_waits.c tests/suite.h
%C%_test_registration_waits_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_registration_waits_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_registration_waits_LDADD = $(LINK_SIP) $(CHECK_LIBS)
