# SPDX-License-Identifier: ISC
# control: the commands, and one client's session. Only control_session.c sees jansson.
noinst_LIBRARIES += libcontrol.a
libcontrol_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
LINK_CONTROL = libcontrol.a $(LINK_AGENT) $(JANSSON_LIBS)
libcontrol_a_SOURCES =
libcontrol_a_SOURCES += %D%/audio_words.c %D%/audio_words.h
libcontrol_a_SOURCES += %D%/claims.c %D%/claims.h
libcontrol_a_SOURCES += %D%/commands.c %D%/commands.h
libcontrol_a_SOURCES += %D%/control_json.c %D%/control_json.h
libcontrol_a_SOURCES += %D%/control_session.c %D%/control_session.h
libcontrol_a_SOURCES += %D%/dial_words.c %D%/dial_words.h
libcontrol_a_SOURCES += %D%/rights.c %D%/rights.h
libcontrol_a_SOURCES += %D%/test_words.c %D%/test_words.h
libcontrol_a_SOURCES += %D%/trace_ring.c %D%/trace_ring.h
