# SPDX-License-Identifier: ISC
if HAVE_CHECK
check_PROGRAMS += %D%/test_hook_queue
%C%_test_hook_queue_SOURCES = %D%/test_hook_queue.c tests/suite.h
%C%_test_hook_queue_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_hook_queue_LDADD = $(LINK_HOOK) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_hook_figures
%C%_test_hook_figures_SOURCES = %D%/test_hook_figures.c tests/suite.h
%C%_test_hook_figures_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_hook_figures_LDADD = $(LINK_HOOK) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_hook_names
%C%_test_hook_names_SOURCES = %D%/test_hook_names.c tests/suite.h
%C%_test_hook_names_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_hook_names_LDADD = $(LINK_HOOK) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_environment
%C%_test_environment_SOURCES = %D%/test_environment.c tests/suite.h
%C%_test_environment_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_environment_LDADD = $(LINK_HOOK) $(CHECK_LIBS)
endif
