# SPDX-License-Identifier: ISC
# The real daemon against real peers, all from Debian, started by the tests themselves.
EXTRA_DIST += %D%/lab.py
PY_LOG_COMPILER = $(PYTHON3)
dist_check_SCRIPTS += %D%/test_smoke.py
