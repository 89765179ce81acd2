# SPDX-License-Identifier: ISC
if HAVE_CHECK
check_PROGRAMS += %D%/test_call_facts
%C%_test_call_facts_SOURCES = %D%/test_call_facts.c tests/suite.h
%C%_test_call_facts_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_call_facts_LDADD = $(LINK_AGENT) $(CHECK_LIBS)
endif

check_PROGRAMS += %D%/test_state_matrix
%C%_test_state_matrix_SOURCES = %D%/test_state_matrix.c
%C%_test_state_matrix_LDADD = $(LINK_HOOK)
