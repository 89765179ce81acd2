# SPDX-License-Identifier: ISC
# agent: the account and its calls; what happens next.
noinst_LIBRARIES += libagent.a
LINK_AGENT = libagent.a $(LINK_SDP) $(LINK_MEDIA) $(LINK_SIP)
libagent_a_SOURCES = \
	%D%/action.c %D%/action.h \
	%D%/event.c %D%/event.h
libagent_a_SOURCES += %D%/admission.c %D%/admission.h
libagent_a_SOURCES += %D%/agent.c %D%/agent.h
libagent_a_SOURCES += %D%/awaited_ack.c %D%/awaited_ack.h
libagent_a_SOURCES += %D%/call.c %D%/call.h %D%/call_private.h
libagent_a_SOURCES += %D%/call_answer.c
libagent_a_SOURCES += %D%/call_ending.c
libagent_a_SOURCES += %D%/call_facts.c %D%/call_facts.h
libagent_a_SOURCES += %D%/call_states.c %D%/call_states.h
libagent_a_SOURCES += %D%/call_table.c %D%/call_table.h
libagent_a_SOURCES += %D%/capabilities.c %D%/capabilities.h
libagent_a_SOURCES += %D%/negotiation.c %D%/negotiation.h
libagent_a_SOURCES += %D%/outbox.c %D%/outbox.h
libagent_a_SOURCES += %D%/settings.h
