# SPDX-License-Identifier: ISC
# make conformance: which published case and which requirement is kept, and which test says so.
# After make check, whose integration tests it does not repeat. CONFORMANCE=--write writes RESULTS.
EXTRA_DIST += %D%
CONFORMANCE =
.PHONY: conformance
conformance: all $(check_PROGRAMS)
	@$(PYTHON3) $(srcdir)/%D%/conformance.py --source $(srcdir) --build $(builddir) $(CONFORMANCE)
