# SPDX-License-Identifier: ISC
if HAVE_CHECK
check_PROGRAMS += %D%/test_offer_answer
%C%_test_offer_answer_SOURCES = %D%/test_offer_answer.c tests/suite.h
%C%_test_offer_answer_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_offer_answer_LDADD = $(LINK_SDP) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_session
%C%_test_session_SOURCES = %D%/test_session.c tests/suite.h
%C%_test_session_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_session_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_session_LDADD = $(LINK_SDP) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_agreement
%C%_test_agreement_SOURCES = %D%/test_agreement.c tests/suite.h
%C%_test_agreement_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
%C%_test_agreement_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_agreement_LDADD = $(LINK_SDP) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_crypto
%C%_test_crypto_SOURCES = %D%/test_crypto.c tests/suite.h
%C%_test_crypto_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_crypto_LDADD = $(LINK_SDP) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_encryption
%C%_test_encryption_SOURCES = %D%/test_encryption.c tests/suite.h
%C%_test_encryption_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_encryption_LDADD = $(LINK_SDP) $(CHECK_LIBS)
endif
