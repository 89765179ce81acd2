# SPDX-License-Identifier: ISC
if HAVE_CHECK
check_PROGRAMS += %D%/test_audio_pipes
%C%_test_audio_pipes_SOURCES = %D%/test_audio_pipes.c tests/suite.h
%C%_test_audio_pipes_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_audio_pipes_LDADD = $(LINK_DAEMON) $(CHECK_LIBS)
check_PROGRAMS += %D%/test_config
%C%_test_config_SOURCES = %D%/test_config.c tests/suite.h
%C%_test_config_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_config_LDADD = $(LINK_DAEMON) $(CHECK_LIBS)
check_PROGRAMS += %D%/test_config_changes
%C%_test_config_changes_SOURCES = %D%/test_config_changes.c tests/suite.h
%C%_test_config_changes_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_config_changes_LDADD = $(LINK_DAEMON) $(CHECK_LIBS)
check_PROGRAMS += %D%/test_expiry_watch
%C%_test_expiry_watch_SOURCES = %D%/test_expiry_watch.c tests/suite.h
%C%_test_expiry_watch_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_expiry_watch_LDADD = $(LINK_DAEMON) $(CHECK_LIBS)
check_PROGRAMS += %D%/test_call_journal
%C%_test_call_journal_SOURCES = %D%/test_call_journal.c tests/suite.h
%C%_test_call_journal_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)
%C%_test_call_journal_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_call_journal_LDADD = $(LINK_DAEMON) $(CHECK_LIBS)
check_PROGRAMS += %D%/test_kept_messages
%C%_test_kept_messages_SOURCES = %D%/test_kept_messages.c tests/suite.h
%C%_test_kept_messages_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)
%C%_test_kept_messages_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_kept_messages_LDADD = $(LINK_DAEMON) $(CHECK_LIBS)
check_PROGRAMS += %D%/test_instance_id
%C%_test_instance_id_SOURCES = %D%/test_instance_id.c tests/suite.h
%C%_test_instance_id_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)
%C%_test_instance_id_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_instance_id_LDADD = $(LINK_DAEMON) $(CHECK_LIBS)
endif
