# SPDX-License-Identifier: ISC
# Faults of the network, counted. Not part of check: it takes two minutes of waiting, and root.
EXTRA_DIST += %D%/test_resilience.py

.PHONY: resilience soak
resilience: all
	@srcdir='$(abs_srcdir)' builddir='$(abs_builddir)' rounds=$(ROUNDS) \
		$(PYTHON3) $(srcdir)/tests/resilience/test_resilience.py
ROUNDS = 1
# An hour of the same.
soak:
	@$(MAKE) resilience ROUNDS=30
