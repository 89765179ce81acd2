# SPDX-License-Identifier: ISC
# The tables of states, printed for ARCHITECTURE.
noinst_PROGRAMS += %D%/print_machines
%C%_print_machines_SOURCES = %D%/print_machines.c
%C%_print_machines_LDADD = $(LINK_AGENT)
dist_check_SCRIPTS += %D%/check_machines.sh
