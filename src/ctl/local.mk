# SPDX-License-Identifier: ISC
# ctl: offhookctl. The verbs that read and write sound files are a program of their own, which
# offhookctl becomes: the libraries of such files would make every verb twice as slow to start.
noinst_LIBRARIES += libctl.a libctlsound.a
libctl_a_CPPFLAGS = $(AM_CPPFLAGS) -DSBINDIR='"$(sbindir)"'
libctl_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
libctl_a_SOURCES =
libctl_a_SOURCES += %D%/attachment.c %D%/attachment.h
libctl_a_SOURCES += %D%/audio_options.c %D%/audio_options.h
libctl_a_SOURCES += %D%/completion.c %D%/completion.h
libctl_a_SOURCES += %D%/configuration.c %D%/configuration.h
libctl_a_SOURCES += %D%/connection.c %D%/connection.h
libctl_a_SOURCES += %D%/dial.c %D%/dial.h
libctl_a_SOURCES += %D%/metrics.c %D%/metrics.h
libctl_a_SOURCES += %D%/output.c %D%/output.h
libctl_a_SOURCES += %D%/pcap.c %D%/pcap.h
libctl_a_SOURCES += %D%/program.c %D%/program.h
libctl_a_SOURCES += %D%/pumping.c %D%/pumping.h
libctl_a_SOURCES += %D%/rehearsal.c %D%/rehearsal.h
libctl_a_SOURCES += %D%/reports.c %D%/reports.h
libctl_a_SOURCES += %D%/seconds.c %D%/seconds.h
libctl_a_SOURCES += %D%/sound.h
libctl_a_SOURCES += %D%/status.c %D%/status.h
libctl_a_SOURCES += %D%/stop_signals.c %D%/stop_signals.h
libctl_a_SOURCES += %D%/trace.c %D%/trace.h
libctl_a_SOURCES += %D%/verb_table.c
libctl_a_SOURCES += %D%/verbs.c %D%/verbs.h
libctl_a_SOURCES += %D%/waiting.c %D%/waiting.h
libctl_a_SOURCES += %D%/wall_time.c %D%/wall_time.h

libctlsound_a_CPPFLAGS = $(AM_CPPFLAGS) -DSOUNDS_FOLDER='"$(sysconfdir)/offhookd/sounds"'
libctlsound_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(SNDFILE_CFLAGS) $(SPEEXDSP_CFLAGS)
libctlsound_a_SOURCES =
libctlsound_a_SOURCES += %D%/ask.c %D%/ask.h
libctlsound_a_SOURCES += %D%/play.c %D%/play.h
libctlsound_a_SOURCES += %D%/record.c %D%/record.h
libctlsound_a_SOURCES += %D%/recording.c %D%/recording.h
libctlsound_a_SOURCES += %D%/resampling.c %D%/resampling.h
libctlsound_a_SOURCES += %D%/silence_detector.c %D%/silence_detector.h
libctlsound_a_SOURCES += %D%/sound.c
libctlsound_a_SOURCES += %D%/sound_reader.c %D%/sound_reader.h
libctlsound_a_SOURCES += %D%/sound_source.c %D%/sound_source.h
libctlsound_a_SOURCES += %D%/sound_stream.c %D%/sound_stream.h
libctlsound_a_SOURCES += %D%/speaking.c %D%/speaking.h
libctlsound_a_SOURCES += %D%/wav_header.c %D%/wav_header.h

bin_PROGRAMS += offhookctl
offhookctl_SOURCES = %D%/main.c %D%/sound_elsewhere.c
offhookctl_CPPFLAGS = $(AM_CPPFLAGS) -DPKGLIBEXECDIR='"$(pkglibexecdir)"'
offhookctl_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
offhookctl_LDADD = libctl.a $(LINK_UTIL) $(JANSSON_LIBS)

pkglibexec_PROGRAMS += offhookctl-sound
offhookctl_sound_SOURCES = %D%/main.c
offhookctl_sound_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
LINK_CTL = libctl.a libctlsound.a libctl.a $(LINK_UTIL) $(JANSSON_LIBS) $(SNDFILE_LIBS) $(SPEEXDSP_LIBS) -lm
offhookctl_sound_LDADD = $(LINK_CTL)
