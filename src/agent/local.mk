# SPDX-License-Identifier: ISC
# agent: the account and its calls; what happens next.
noinst_LIBRARIES += libagent.a
LINK_AGENT = libagent.a $(LINK_SDP) $(LINK_MEDIA) $(LINK_SIP)
libagent_a_SOURCES = \
	%D%/action.c %D%/action.h \
	%D%/event.c %D%/event.h
libagent_a_SOURCES += %D%/admission.c %D%/admission.h
libagent_a_SOURCES += %D%/agent.c %D%/agent.h %D%/agent_private.h
libagent_a_SOURCES += %D%/agent_contact.c
libagent_a_SOURCES += %D%/agent_dial.c
libagent_a_SOURCES += %D%/agent_messages.c
libagent_a_SOURCES += %D%/agent_probe.c
libagent_a_SOURCES += %D%/agent_receive.c
libagent_a_SOURCES += %D%/agent_reconfigure.c
libagent_a_SOURCES += %D%/agent_records.c
libagent_a_SOURCES += %D%/awaited_ack.c %D%/awaited_ack.h
libagent_a_SOURCES += %D%/call.c %D%/call.h %D%/call_left_over.h %D%/call_parts.h \
	%D%/call_place.h %D%/call_private.h
libagent_a_SOURCES += %D%/call_answer.c
libagent_a_SOURCES += %D%/call_change.c
libagent_a_SOURCES += %D%/call_their_change.c
libagent_a_SOURCES += %D%/call_dial.c
libagent_a_SOURCES += %D%/call_digits.c
libagent_a_SOURCES += %D%/call_ending.c
libagent_a_SOURCES += %D%/call_facts.c %D%/call_facts.h
libagent_a_SOURCES += %D%/call_keeping.c
libagent_a_SOURCES += %D%/call_left_over.c
libagent_a_SOURCES += %D%/call_record.c %D%/call_record.h
libagent_a_SOURCES += %D%/call_reliable.c
libagent_a_SOURCES += %D%/call_requests.c
libagent_a_SOURCES += %D%/call_timers.c
libagent_a_SOURCES += %D%/call_transfer.c
libagent_a_SOURCES += %D%/call_verbs.c
libagent_a_SOURCES += %D%/call_states.c %D%/call_states.h
libagent_a_SOURCES += %D%/call_table.c %D%/call_table.h
libagent_a_SOURCES += %D%/capabilities.c %D%/capabilities.h
libagent_a_SOURCES += %D%/decision.c %D%/decision.h
libagent_a_SOURCES += %D%/dial_rules.c %D%/dial_rules.h
libagent_a_SOURCES += %D%/digit_collection.c %D%/digit_collection.h
libagent_a_SOURCES += %D%/digit_twins.c %D%/digit_twins.h
libagent_a_SOURCES += %D%/early_dialogs.c %D%/early_dialogs.h
libagent_a_SOURCES += %D%/initial_request.c %D%/initial_request.h
libagent_a_SOURCES += %D%/negotiation.c %D%/negotiation.h
libagent_a_SOURCES += %D%/outbox.c %D%/outbox.h
libagent_a_SOURCES += %D%/owners.c %D%/owners.h
libagent_a_SOURCES += %D%/own_request.c %D%/own_request.h
libagent_a_SOURCES += %D%/reason.c %D%/reason.h
libagent_a_SOURCES += %D%/refused_calls.c %D%/refused_calls.h
libagent_a_SOURCES += %D%/settings.h
libagent_a_SOURCES += %D%/told.c %D%/told.h
libagent_a_SOURCES += %D%/verb.c %D%/verb.h
