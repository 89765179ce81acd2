# SPDX-License-Identifier: ISC
# make contract: which sentence of the contract with users is kept, and which test says so. After
# make check, whose integration tests it does not repeat.
EXTRA_DIST += %D%
.PHONY: contract
contract: all $(check_PROGRAMS)
	@$(PYTHON3) $(srcdir)/tests/conformance/conformance.py --source $(srcdir) --build $(builddir) --tables %D%
