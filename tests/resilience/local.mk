# SPDX-License-Identifier: ISC
# Faults of the network, of the DNS and of clocks, counted; needs root, and mostly waits. EXTENT is
# full (a quarter of an hour), short (two minutes; a step of .ci/run) or soak (an hour of the same).
EXTRA_DIST += %D%/clocks.py
EXTRA_DIST += %D%/dns_cases.py
EXTRA_DIST += %D%/measure.py
EXTRA_DIST += %D%/test_resilience.py
EXTRA_DIST += %D%/world.py
EXTRA_PROGRAMS += %D%/other_clock
CLEANFILES += %D%/other_clock
%C%_other_clock_SOURCES = %D%/other_clock.c
EXTENT = full

.PHONY: resilience soak
resilience: all %D%/other_clock$(EXEEXT)
	@srcdir='$(abs_srcdir)' builddir='$(abs_builddir)' OFFHOOK_EXTENT=$(EXTENT) \
		$(PYTHON3) $(srcdir)/tests/resilience/test_resilience.py
	@test $(EXTENT) = short || srcdir='$(abs_srcdir)' builddir='$(abs_builddir)' OFFHOOK_KILLS=200 \
		$(PYTHON3) $(srcdir)/tests/integration/test_crash.py
	@test $(EXTENT) = short || srcdir='$(abs_srcdir)' builddir='$(abs_builddir)' OFFHOOK_KILLS=200 \
		$(PYTHON3) $(srcdir)/tests/integration/test_one_contact.py
soak:
	@$(MAKE) resilience EXTENT=soak
