# SPDX-License-Identifier: ISC
if HAVE_CHECK
check_PROGRAMS += %D%/test_audio_words
%C%_test_audio_words_SOURCES = %D%/test_audio_words.c tests/suite.h
%C%_test_audio_words_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_audio_words_LDADD = $(LINK_DESK) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_claims
%C%_test_claims_SOURCES = %D%/test_claims.c tests/suite.h
%C%_test_claims_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_claims_LDADD = $(LINK_DESK) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_control_session
%C%_test_control_session_SOURCES = %D%/test_control_session.c tests/suite.h
%C%_test_control_session_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_control_session_LDADD = $(LINK_DESK) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_control_json
%C%_test_control_json_SOURCES = %D%/test_control_json.c tests/suite.h
%C%_test_control_json_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_control_json_LDADD = $(LINK_DESK) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_dial_words
%C%_test_dial_words_SOURCES = %D%/test_dial_words.c tests/suite.h
%C%_test_dial_words_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_dial_words_LDADD = $(LINK_DESK) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_rights
%C%_test_rights_SOURCES = %D%/test_rights.c tests/suite.h
%C%_test_rights_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_rights_LDADD = $(LINK_DESK) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_trace_ring
%C%_test_trace_ring_SOURCES = %D%/test_trace_ring.c tests/suite.h
%C%_test_trace_ring_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_trace_ring_LDADD = $(LINK_DESK) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_test_words
%C%_test_test_words_SOURCES = %D%/test_test_words.c tests/suite.h
%C%_test_test_words_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_test_words_LDADD = $(LINK_DESK) $(CHECK_LIBS)
endif
