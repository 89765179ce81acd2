# SPDX-License-Identifier: ISC
# desk: the commands, and one client's session. Only control_session.c sees jansson.
noinst_LIBRARIES += libdesk.a
libdesk_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
LINK_DESK = libdesk.a $(LINK_AGENT) $(JANSSON_LIBS)
libdesk_a_SOURCES =
libdesk_a_SOURCES += %D%/audio_words.c %D%/audio_words.h
libdesk_a_SOURCES += %D%/claims.c %D%/claims.h
libdesk_a_SOURCES += %D%/commands.c %D%/commands.h
libdesk_a_SOURCES += %D%/control_json.c %D%/control_json.h
libdesk_a_SOURCES += %D%/control_session.c %D%/control_session.h
libdesk_a_SOURCES += %D%/desk.c %D%/desk.h %D%/desk_private.h
libdesk_a_SOURCES += %D%/desk_audio.c
libdesk_a_SOURCES += %D%/desk_calls.c
libdesk_a_SOURCES += %D%/desk_events.c
libdesk_a_SOURCES += %D%/desk_line.c %D%/desk_words.h
libdesk_a_SOURCES += %D%/desk_pending.c
libdesk_a_SOURCES += %D%/desk_places.c
libdesk_a_SOURCES += %D%/dial_words.c %D%/dial_words.h
libdesk_a_SOURCES += %D%/rights.c %D%/rights.h
libdesk_a_SOURCES += %D%/test_words.c %D%/test_words.h
libdesk_a_SOURCES += %D%/trace_ring.c %D%/trace_ring.h
