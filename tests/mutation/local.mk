# SPDX-License-Identifier: ISC
# make mutation: faults put into the core on purpose; how many do the tests notice?
EXTRA_DIST += %D%/mutate.py %D%/SURVIVORS
MUTATION =
.PHONY: mutation
mutation:
	@$(PYTHON3) $(srcdir)/%D%/mutate.py --source $(srcdir) --work $(builddir)/mutation $(MUTATION)
