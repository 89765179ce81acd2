# SPDX-License-Identifier: ISC
# Real files, sockets, processes; those of the network in one of their own, where root runs them.
EXTRA_DIST += %D%/private_network.h %D%/run_until.h tests/folder.h
if HAVE_CHECK
check_PROGRAMS += %D%/test_file
%C%_test_file_SOURCES = %D%/test_file.c tests/suite.h
%C%_test_file_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)
%C%_test_file_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_file_LDADD = $(LINK_IO) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_tls_settings
%C%_test_tls_settings_SOURCES = %D%/test_tls_settings.c tests/suite.h
%C%_test_tls_settings_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)
%C%_test_tls_settings_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_tls_settings_LDADD = $(LINK_IO) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_child_cage
%C%_test_child_cage_SOURCES = %D%/test_child_cage.c tests/suite.h
%C%_test_child_cage_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)
%C%_test_child_cage_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_child_cage_LDADD = $(LINK_IO) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_descriptors
%C%_test_descriptors_SOURCES = %D%/test_descriptors.c tests/suite.h
%C%_test_descriptors_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)
%C%_test_descriptors_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_descriptors_LDADD = $(LINK_IO) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_child_process
%C%_test_child_process_SOURCES = %D%/test_child_process.c tests/suite.h
%C%_test_child_process_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)
%C%_test_child_process_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_child_process_LDADD = $(LINK_IO) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_network_watch
%C%_test_network_watch_SOURCES = %D%/test_network_watch.c tests/suite.h
%C%_test_network_watch_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)
%C%_test_network_watch_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_network_watch_LDADD = $(LINK_IO) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_pipe_stream
%C%_test_pipe_stream_SOURCES = %D%/test_pipe_stream.c tests/suite.h
%C%_test_pipe_stream_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)
%C%_test_pipe_stream_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_pipe_stream_LDADD = $(LINK_IO) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_program_file
%C%_test_program_file_SOURCES = %D%/test_program_file.c tests/suite.h
%C%_test_program_file_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)
%C%_test_program_file_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_program_file_LDADD = $(LINK_IO) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_resolver
%C%_test_resolver_SOURCES = %D%/test_resolver.c tests/suite.h
%C%_test_resolver_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)
%C%_test_resolver_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_resolver_LDADD = $(LINK_IO) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_unix_descriptors
%C%_test_unix_descriptors_SOURCES = %D%/test_unix_descriptors.c tests/suite.h
%C%_test_unix_descriptors_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_unix_descriptors_LDADD = $(LINK_IO) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_unix_listener
%C%_test_unix_listener_SOURCES = %D%/test_unix_listener.c tests/suite.h
%C%_test_unix_listener_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)
%C%_test_unix_listener_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_unix_listener_LDADD = $(LINK_IO) $(CHECK_LIBS)
endif
