# SPDX-License-Identifier: ISC
# Whole registrations and calls against the pure core, with a fake clock.
noinst_PROGRAMS += %D%/scenario_runner
%C%_scenario_runner_SOURCES = %D%/scenario_runner.c %D%/clients.c %D%/clients.h
%C%_scenario_runner_LDADD = $(LINK_DESK)
dist_check_SCRIPTS += %D%/run.sh
EXTRA_DIST += %D%/README
# Every file counts: no list to be kept.
dist-hook: dist-scenarios
dist-scenarios:
	cp $(srcdir)/%D%/*.scenario $(distdir)/%D%/
