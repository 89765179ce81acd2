# SPDX-License-Identifier: ISC
# Whole registrations and calls against the pure core, with a fake clock.
noinst_PROGRAMS += %D%/scenario_runner
%C%_scenario_runner_SOURCES = %D%/scenario_runner.c
%C%_scenario_runner_LDADD = $(LINK_HOOK)
dist_check_SCRIPTS += %D%/run.sh
EXTRA_DIST += %D%/README
EXTRA_DIST += \
	%D%/call_answer.scenario \
	%D%/call_bye_before_ack.scenario \
	%D%/call_bye_early.scenario \
	%D%/call_cancel.scenario \
	%D%/call_cancel_unknown.scenario \
	%D%/call_default.scenario \
	%D%/call_drain.scenario \
	%D%/call_drain_owned_again.scenario \
	%D%/call_hangup_before_ack.scenario \
	%D%/call_hold.scenario \
	%D%/call_identity.scenario \
	%D%/call_ignore.scenario \
	%D%/call_late_offer.scenario \
	%D%/call_late_offer_unanswered.scenario \
	%D%/call_limit.scenario \
	%D%/call_link_lost.scenario \
	%D%/call_media_failed.scenario \
	%D%/call_no_ack.scenario \
	%D%/call_old_cseq.scenario \
	%D%/call_progress.scenario \
	%D%/call_record_route.scenario \
	%D%/call_redirect.scenario \
	%D%/call_refused_offers.scenario \
	%D%/call_reject.scenario \
	%D%/call_ring_again.scenario \
	%D%/call_second_media.scenario \
	%D%/call_stop.scenario \
	%D%/register_challenge.scenario \
	%D%/register_forbidden.scenario \
	%D%/register_interval.scenario \
	%D%/register_link_lost.scenario \
	%D%/register_md5.scenario \
	%D%/register_password.scenario \
	%D%/register_retry_after.scenario \
	%D%/register_timeout.scenario \
	%D%/request_merged.scenario \
	%D%/request_refusals.scenario
