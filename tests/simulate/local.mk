# SPDX-License-Identifier: ISC
# make simulate SEEDS=N: the agent in a world that does anything; run.sh lives a few such lives.
noinst_PROGRAMS += %D%/simulate
%C%_simulate_SOURCES = %D%/simulate.c %D%/far_end.c %D%/far_end.h tests/agent/line_settings.h
%C%_simulate_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)
%C%_simulate_LDADD = $(LINK_AGENT)
dist_check_SCRIPTS += %D%/run_simulate.sh
SEEDS = 10000
.PHONY: simulate
simulate: %D%/simulate$(EXEEXT)
	@%D%/simulate 1 $(SEEDS)
