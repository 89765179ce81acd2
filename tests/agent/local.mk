# SPDX-License-Identifier: ISC
if HAVE_CHECK
check_PROGRAMS += %D%/test_call_facts
%C%_test_call_facts_SOURCES = %D%/test_call_facts.c tests/suite.h
%C%_test_call_facts_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_call_facts_LDADD = $(LINK_AGENT) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_awaited_ack
%C%_test_awaited_ack_SOURCES = %D%/test_awaited_ack.c tests/suite.h
%C%_test_awaited_ack_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_awaited_ack_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_awaited_ack_LDADD = $(LINK_AGENT) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_event
%C%_test_event_SOURCES = %D%/test_event.c tests/suite.h
%C%_test_event_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_event_LDADD = $(LINK_AGENT) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_call_record
%C%_test_call_record_SOURCES = %D%/test_call_record.c tests/suite.h
%C%_test_call_record_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_call_record_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_call_record_LDADD = $(LINK_AGENT) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_crash
%C%_test_crash_SOURCES = %D%/test_crash.c %D%/line_settings.h tests/suite.h
%C%_test_crash_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_crash_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_crash_LDADD = $(LINK_AGENT) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_digit_collection
%C%_test_digit_collection_SOURCES = %D%/test_digit_collection.c tests/suite.h
%C%_test_digit_collection_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_digit_collection_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_digit_collection_LDADD = $(LINK_AGENT) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_dial_rules
%C%_test_dial_rules_SOURCES = %D%/test_dial_rules.c tests/suite.h
%C%_test_dial_rules_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_dial_rules_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_dial_rules_LDADD = $(LINK_AGENT) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_owners
%C%_test_owners_SOURCES = %D%/test_owners.c tests/suite.h
%C%_test_owners_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_owners_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_owners_LDADD = $(LINK_AGENT) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_reason
%C%_test_reason_SOURCES = %D%/test_reason.c tests/suite.h
%C%_test_reason_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_reason_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_reason_LDADD = $(LINK_AGENT) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_agent
%C%_test_agent_SOURCES = %D%/test_agent.c tests/suite.h
%C%_test_agent_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_agent_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_agent_LDADD = $(LINK_AGENT) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_vocabulary
%C%_test_vocabulary_SOURCES = %D%/test_vocabulary.c tests/suite.h
%C%_test_vocabulary_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_vocabulary_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_vocabulary_LDADD = $(LINK_AGENT) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_requests
%C%_test_requests_SOURCES = %D%/test_requests.c %D%/line_settings.h tests/suite.h
%C%_test_requests_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_requests_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_requests_LDADD = $(LINK_AGENT) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_call_change
%C%_test_call_change_SOURCES = %D%/test_call_change.c %D%/line_settings.h tests/suite.h
%C%_test_call_change_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_call_change_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_call_change_LDADD = $(LINK_AGENT) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_flawed_calls
%C%_test_flawed_calls_SOURCES = %D%/test_flawed_calls.c %D%/line_settings.h tests/sip/corpus.h tests/suite.h
%C%_test_flawed_calls_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_flawed_calls_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_flawed_calls_LDADD = $(LINK_AGENT) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_negotiation
%C%_test_negotiation_SOURCES = %D%/test_negotiation.c tests/suite.h
%C%_test_negotiation_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_negotiation_LDADD = $(LINK_AGENT) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_verb
%C%_test_verb_SOURCES = %D%/test_verb.c tests/suite.h
%C%_test_verb_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_verb_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_verb_LDADD = $(LINK_AGENT) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_decision
%C%_test_decision_SOURCES = %D%/test_decision.c tests/suite.h
%C%_test_decision_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_decision_LDADD = $(LINK_AGENT) $(CHECK_LIBS)
endif

check_PROGRAMS += %D%/test_state_matrix
%C%_test_state_matrix_SOURCES = %D%/test_state_matrix.c
%C%_test_state_matrix_LDADD = $(LINK_HOOK)
