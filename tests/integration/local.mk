# SPDX-License-Identifier: ISC
# The real daemon against real peers, all from Debian, started by the tests themselves.
EXTRA_DIST += %D%/lab.py %D%/peers.py
EXTRA_DIST += %D%/sipp/call.xml %D%/sipp/late_offer.xml %D%/sipp/late_reinvite.xml
EXTRA_DIST += %D%/sipp/reliable.xml %D%/sipp/timer.xml %D%/sipp/hold.xml
PY_LOG_COMPILER = $(PYTHON3)
dist_check_SCRIPTS += %D%/test_smoke.py
dist_check_SCRIPTS += %D%/test_hooks.py
dist_check_SCRIPTS += %D%/test_line.py
dist_check_SCRIPTS += %D%/test_calls.py
dist_check_SCRIPTS += %D%/test_command.py
dist_check_SCRIPTS += %D%/test_dial.py
dist_check_SCRIPTS += %D%/test_peer.py
dist_check_SCRIPTS += %D%/test_valgrind.py
dist_check_SCRIPTS += %D%/test_baresip.py
dist_check_SCRIPTS += %D%/test_peers.py
dist_check_SCRIPTS += %D%/test_unit.sh
EXTRA_DIST += %D%/demo.py

# A real phone call on this machine, step by step.
.PHONY: demo
demo: all
	@srcdir='$(abs_srcdir)' builddir='$(abs_builddir)' $(PYTHON3) $(srcdir)/tests/integration/demo.py
