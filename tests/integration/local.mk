# SPDX-License-Identifier: ISC
# The real daemon against real peers, all from Debian, started by the tests themselves.
EXTRA_DIST += %D%/attachments.py %D%/unit_lab.py
EXTRA_DIST += %D%/booted.sh
EXTRA_DIST += tests/data/json/protocol.schema.json
EXTRA_DIST += %D%/certificates.py %D%/lab.py %D%/peers.py %D%/registrar.py %D%/schema.py
EXTRA_DIST += %D%/sipp/call.xml
EXTRA_DIST += %D%/sipp/called.xml
EXTRA_DIST += %D%/sipp/called_busy.xml
EXTRA_DIST += %D%/sipp/called_bye.xml
EXTRA_DIST += %D%/sipp/called_hold.xml
EXTRA_DIST += %D%/sipp/cancel.xml
EXTRA_DIST += %D%/sipp/far_bye.xml
EXTRA_DIST += %D%/sipp/hold.xml
EXTRA_DIST += %D%/sipp/late_offer.xml
EXTRA_DIST += %D%/sipp/late_reinvite.xml
EXTRA_DIST += %D%/sipp/refused_486.xml
EXTRA_DIST += %D%/sipp/refused_603.xml
EXTRA_DIST += %D%/sipp/reliable.xml
EXTRA_DIST += %D%/sipp/timer.xml
PY_LOG_COMPILER = $(PYTHON3)
# What judges sound wants a processor: two of these at a time, however many jobs make has. Each waits
# for the one before it, where that is asked for at all. All others mostly wait for something.
dist_check_SCRIPTS += %D%/test_audio.py
dist_check_SCRIPTS += %D%/test_misbehaviour.py
%D%/test_misbehaviour.log: | $(filter %D%/test_audio.log,$(TEST_LOGS))
dist_check_SCRIPTS += %D%/test_clients.py
%D%/test_clients.log: | $(filter %D%/test_misbehaviour.log,$(TEST_LOGS))
dist_check_SCRIPTS += %D%/test_baresip.py
%D%/test_baresip.log: | $(filter %D%/test_clients.log,$(TEST_LOGS))
dist_check_SCRIPTS += %D%/test_codecs.py
%D%/test_codecs.log: | $(filter %D%/test_baresip.log,$(TEST_LOGS))
dist_check_SCRIPTS += %D%/test_descriptors.py
dist_check_SCRIPTS += %D%/test_audio_changes.py
%D%/test_audio_changes.log: | $(filter %D%/test_descriptors.log,$(TEST_LOGS))
dist_check_SCRIPTS += %D%/test_peers.py
%D%/test_peers.log: | $(filter %D%/test_audio_changes.log,$(TEST_LOGS))
dist_check_SCRIPTS += %D%/test_srtp.py
%D%/test_srtp.log: | $(filter %D%/test_peers.log,$(TEST_LOGS))
dist_check_SCRIPTS += %D%/test_calls.py
%D%/test_calls.log: | $(filter %D%/test_srtp.log,$(TEST_LOGS))
dist_check_SCRIPTS += %D%/test_interleaved.py
%D%/test_interleaved.log: | $(filter %D%/test_calls.log,$(TEST_LOGS))

dist_check_SCRIPTS += %D%/test_smoke.py
dist_check_SCRIPTS += %D%/test_audio_verbs.py
dist_check_SCRIPTS += %D%/test_hooks.py
dist_check_SCRIPTS += %D%/test_strangers.py
dist_check_SCRIPTS += %D%/test_contract.py
dist_check_SCRIPTS += %D%/test_examples.py
dist_check_SCRIPTS += %D%/test_line.py
dist_check_SCRIPTS += %D%/test_reload.py
dist_check_SCRIPTS += %D%/test_stop.py
dist_check_SCRIPTS += %D%/test_claim.py
dist_check_SCRIPTS += %D%/test_pipelined.py
dist_check_SCRIPTS += %D%/test_output.py
dist_check_SCRIPTS += %D%/test_command.py
dist_check_SCRIPTS += %D%/test_flood.py
dist_check_SCRIPTS += %D%/test_screens.py
dist_check_SCRIPTS += %D%/test_crash.py
dist_check_SCRIPTS += %D%/test_one_contact.py
dist_check_SCRIPTS += %D%/test_dial.py
dist_check_SCRIPTS += %D%/test_digits.py
dist_check_SCRIPTS += %D%/test_bindings.py
dist_check_SCRIPTS += %D%/test_dns.py
dist_check_SCRIPTS += %D%/test_status.py
dist_check_SCRIPTS += %D%/test_registrar_answers.py
dist_check_SCRIPTS += %D%/test_trace.py
dist_check_SCRIPTS += %D%/test_rehearsal.py
dist_check_SCRIPTS += %D%/test_peer.py
dist_check_SCRIPTS += %D%/test_certificates.py
dist_check_SCRIPTS += %D%/test_rotation.py
dist_check_SCRIPTS += %D%/test_credentials.py
dist_check_SCRIPTS += %D%/test_valgrind.py
dist_check_SCRIPTS += %D%/test_unit.sh
dist_check_SCRIPTS += %D%/test_unit_limits.py
dist_check_SCRIPTS += %D%/test_unit_lines.py
EXTRA_DIST += %D%/demo.py
EXTRA_DIST += %D%/dns_server.py

# A real phone call on this machine, step by step.
.PHONY: demo
demo: all
	@srcdir='$(abs_srcdir)' builddir='$(abs_builddir)' $(PYTHON3) $(srcdir)/tests/integration/demo.py
