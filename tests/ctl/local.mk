# SPDX-License-Identifier: ISC
if HAVE_CHECK
check_PROGRAMS += %D%/test_audio_options
%C%_test_audio_options_SOURCES = %D%/test_audio_options.c tests/suite.h
%C%_test_audio_options_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_audio_options_LDADD = $(LINK_CTL) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_recording
%C%_test_recording_SOURCES = %D%/test_recording.c %D%/sound_folder.h tests/suite.h
%C%_test_recording_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_recording_LDADD = $(LINK_CTL) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_resampling
%C%_test_resampling_SOURCES = %D%/test_resampling.c tests/suite.h
%C%_test_resampling_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_resampling_LDADD = $(LINK_CTL) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_seconds
%C%_test_seconds_SOURCES = %D%/test_seconds.c tests/suite.h
%C%_test_seconds_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_seconds_LDADD = $(LINK_CTL) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_silence_detector
%C%_test_silence_detector_SOURCES = %D%/test_silence_detector.c tests/suite.h
%C%_test_silence_detector_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_silence_detector_LDADD = $(LINK_CTL) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_sound_source
%C%_test_sound_source_SOURCES = %D%/test_sound_source.c %D%/sound_folder.h tests/suite.h
%C%_test_sound_source_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_sound_source_LDADD = $(LINK_CTL) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_wav_header
%C%_test_wav_header_SOURCES = %D%/test_wav_header.c tests/suite.h
%C%_test_wav_header_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_wav_header_LDADD = $(LINK_CTL) $(CHECK_LIBS)
endif
