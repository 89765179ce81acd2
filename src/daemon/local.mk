# SPDX-License-Identifier: ISC
# daemon: configuration, and the engine that joins core and io.
noinst_LIBRARIES += libdaemon.a
libdaemon_a_CPPFLAGS = $(AM_CPPFLAGS) -DBINDIR='"$(bindir)"' -DSYSCONFDIR='"$(sysconfdir)"'
libdaemon_a_CFLAGS = $(AM_CFLAGS) $(CONFIG_CFLAGS) $(SYSTEMD_CFLAGS)
LINK_DAEMON = libdaemon.a libhook.a libdesk.a libagent.a libsdp.a libmedia.a libsip.a libio.a \
	$(LINK_UTIL) $(SPEEXDSP_LIBS) $(OPUS_LIBS) $(SPANDSP_LIBS) $(NETTLE_LIBS) $(JANSSON_LIBS) \
	$(EVENT_LIBS) $(GNUTLS_LIBS) \
	$(CARES_LIBS) $(CONFIG_LIBS) $(SYSTEMD_LIBS) -lm
libdaemon_a_SOURCES =
libdaemon_a_SOURCES += %D%/audio_pipes.c %D%/audio_pipes.h
libdaemon_a_SOURCES += %D%/binding_file.c %D%/binding_file.h
libdaemon_a_SOURCES += %D%/call_journal.c %D%/call_journal.h
libdaemon_a_SOURCES += %D%/config.c %D%/config.h %D%/config_private.h
libdaemon_a_SOURCES += %D%/config_changes.c %D%/config_changes.h
libdaemon_a_SOURCES += %D%/config_finish.c
libdaemon_a_SOURCES += %D%/config_table.c %D%/config_table.h
libdaemon_a_SOURCES += %D%/control_reports.c %D%/control_reports.h
libdaemon_a_SOURCES += %D%/control_server.c %D%/control_server.h
libdaemon_a_SOURCES += %D%/engine.c %D%/engine.h
libdaemon_a_SOURCES += %D%/engine_desk.c
libdaemon_a_SOURCES += %D%/engine_outputs.c %D%/engine_private.h
libdaemon_a_SOURCES += %D%/engine_reload.c
libdaemon_a_SOURCES += %D%/expiry_watch.c %D%/expiry_watch.h
libdaemon_a_SOURCES += %D%/hook_folder.c %D%/hook_folder.h
libdaemon_a_SOURCES += %D%/hook_runner.c %D%/hook_runner.h
libdaemon_a_SOURCES += %D%/room.c %D%/room.h
libdaemon_a_SOURCES += %D%/kept_messages.c %D%/kept_messages.h
libdaemon_a_SOURCES += %D%/instance_id.c %D%/instance_id.h
libdaemon_a_SOURCES += %D%/log_sinks.c %D%/log_sinks.h
libdaemon_a_SOURCES += %D%/media_port.c %D%/media_port.h %D%/media_port_private.h
libdaemon_a_SOURCES += %D%/media_port_audio.c
libdaemon_a_SOURCES += %D%/media_program.c %D%/media_program.h
libdaemon_a_SOURCES += %D%/status_line.c %D%/status_line.h
libdaemon_a_SOURCES += %D%/notify.c %D%/notify.h
libdaemon_a_SOURCES += %D%/rehearsal.c %D%/rehearsal.h
libdaemon_a_SOURCES += %D%/settings.c %D%/settings.h
libdaemon_a_SOURCES += %D%/sip_link.c %D%/sip_link.h

sbin_PROGRAMS += offhookd
offhookd_SOURCES = %D%/main.c
offhookd_CPPFLAGS = $(AM_CPPFLAGS) -DSYSCONFDIR='"$(sysconfdir)"'
offhookd_LDADD = $(LINK_DAEMON)
