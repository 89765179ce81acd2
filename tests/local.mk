# SPDX-License-Identifier: ISC
# One Check suite a module; each links only its layer and what is below it.
EXTRA_DIST += %D%/suite.h
include tests/util/local.mk
include tests/sip/local.mk
include tests/sdp/local.mk
include tests/media/local.mk
include tests/agent/local.mk
include tests/hook/local.mk
include tests/desk/local.mk
include tests/ctl/local.mk
include tests/io/local.mk
include tests/daemon/local.mk
include tests/fuzz/local.mk
include tests/bench/local.mk
include tests/scenarios/local.mk
include tests/machines/local.mk
include tests/simulate/local.mk
include tests/mutation/local.mk
include tests/conformance/local.mk
include tests/contract/local.mk
include tests/integration/local.mk
include tests/resilience/local.mk

EXTRA_DIST += %D%/check_package.sh
dist_check_SCRIPTS += %D%/check_banned.sh
dist_check_SCRIPTS += %D%/check_conformance.sh
dist_check_SCRIPTS += %D%/check_contract.sh
dist_check_SCRIPTS += %D%/check_documents.sh
dist_check_SCRIPTS += %D%/check_format.sh
dist_check_SCRIPTS += %D%/check_hardening.sh
dist_check_SCRIPTS += %D%/check_headers.sh
EXTRA_DIST += %D%/check_bare_root.sh
EXTRA_DIST += %D%/check_install.sh
dist_check_SCRIPTS += %D%/check_layers.sh
dist_check_SCRIPTS += %D%/check_manual.py
dist_check_SCRIPTS += %D%/check_purity.sh
dist_check_SCRIPTS += %D%/check_sizes.sh
dist_check_SCRIPTS += %D%/check_tables.py
dist_check_SCRIPTS += %D%/check_tests.py
dist_check_SCRIPTS += %D%/check_units.sh
