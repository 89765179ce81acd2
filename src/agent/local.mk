# SPDX-License-Identifier: ISC
# agent: the account and its calls; what happens next.
noinst_LIBRARIES += libagent.a
LINK_AGENT = libagent.a $(LINK_SDP) $(LINK_MEDIA) $(LINK_SIP)
libagent_a_SOURCES = \
	%D%/action.c %D%/action.h \
	%D%/event.c %D%/event.h
