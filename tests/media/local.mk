# SPDX-License-Identifier: ISC
if HAVE_CHECK
check_PROGRAMS += %D%/test_call_audio
%C%_test_call_audio_SOURCES = %D%/test_call_audio.c tests/suite.h
%C%_test_call_audio_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_call_audio_LDADD = $(LINK_MEDIA) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_port_choice
%C%_test_port_choice_SOURCES = %D%/test_port_choice.c tests/suite.h
%C%_test_port_choice_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_port_choice_LDADD = $(LINK_MEDIA) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_rtp_packet
%C%_test_rtp_packet_SOURCES = %D%/test_rtp_packet.c tests/suite.h
%C%_test_rtp_packet_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_rtp_packet_LDADD = $(LINK_MEDIA) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_rtcp
%C%_test_rtcp_SOURCES = %D%/test_rtcp.c tests/suite.h
%C%_test_rtcp_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_rtcp_LDADD = $(LINK_MEDIA) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_jitter_buffer
%C%_test_jitter_buffer_SOURCES = %D%/test_jitter_buffer.c tests/suite.h
%C%_test_jitter_buffer_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_jitter_buffer_LDADD = $(LINK_MEDIA) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_telephone_event
%C%_test_telephone_event_SOURCES = %D%/test_telephone_event.c tests/suite.h
%C%_test_telephone_event_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_telephone_event_LDADD = $(LINK_MEDIA) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_dtmf_tone
%C%_test_dtmf_tone_SOURCES = %D%/test_dtmf_tone.c tests/suite.h
%C%_test_dtmf_tone_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_dtmf_tone_LDADD = $(LINK_MEDIA) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_dtmf_detector
%C%_test_dtmf_detector_SOURCES = %D%/test_dtmf_detector.c tests/suite.h
%C%_test_dtmf_detector_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_dtmf_detector_LDADD = $(LINK_MEDIA) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_codec_g711
%C%_test_codec_g711_SOURCES = %D%/test_codec_g711.c tests/suite.h
%C%_test_codec_g711_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_codec_g711_LDADD = $(LINK_MEDIA) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_playout
%C%_test_playout_SOURCES = %D%/test_playout.c %D%/far_end.h tests/suite.h
%C%_test_playout_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_playout_LDADD = $(LINK_MEDIA) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_codec
%C%_test_codec_SOURCES = %D%/test_codec.c %D%/far_end.h tests/suite.h
%C%_test_codec_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_codec_LDADD = $(LINK_MEDIA) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_lateness
%C%_test_lateness_SOURCES = %D%/test_lateness.c tests/suite.h
%C%_test_lateness_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_lateness_LDADD = $(LINK_MEDIA) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_resampler
%C%_test_resampler_SOURCES = %D%/test_resampler.c tests/suite.h
%C%_test_resampler_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_resampler_LDADD = $(LINK_MEDIA) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_source_guard
%C%_test_source_guard_SOURCES = %D%/test_source_guard.c tests/suite.h
%C%_test_source_guard_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_source_guard_LDADD = $(LINK_MEDIA) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_media_session
%C%_test_media_session_SOURCES = %D%/test_media_session.c %D%/far_end.h tests/suite.h
%C%_test_media_session_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_media_session_LDADD = $(LINK_MEDIA) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_media_reality
%C%_test_media_reality_SOURCES = %D%/test_media_reality.c %D%/far_end.h tests/suite.h
%C%_test_media_reality_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_media_reality_LDADD = $(LINK_MEDIA) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_digits
%C%_test_digits_SOURCES = %D%/test_digits.c %D%/far_end.h tests/suite.h
%C%_test_digits_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_digits_LDADD = $(LINK_MEDIA) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_replay_window
%C%_test_replay_window_SOURCES = %D%/test_replay_window.c tests/suite.h
%C%_test_replay_window_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_replay_window_LDADD = $(LINK_MEDIA) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_srtp
%C%_test_srtp_SOURCES = %D%/test_srtp.c tests/suite.h
%C%_test_srtp_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_srtp_LDADD = $(LINK_MEDIA) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_srtp_vectors
%C%_test_srtp_vectors_SOURCES = %D%/test_srtp_vectors.c tests/suite.h
%C%_test_srtp_vectors_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_srtp_vectors_LDADD = $(LINK_MEDIA) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_protection
%C%_test_protection_SOURCES = %D%/test_protection.c %D%/far_end.h tests/suite.h
%C%_test_protection_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_protection_LDADD = $(LINK_MEDIA) $(CHECK_LIBS)
endif

noinst_PROGRAMS += %D%/listen_for_digits
%C%_listen_for_digits_SOURCES = %D%/listen_for_digits.c
%C%_listen_for_digits_LDADD = $(LINK_MEDIA)
dist_check_SCRIPTS += %D%/test_talk_off.sh

# What is sent and taken, held against libsrtp2; without it the check is skipped.
check_PROGRAMS += %D%/test_srtp_differential
%C%_test_srtp_differential_SOURCES = %D%/test_srtp_differential.c
%C%_test_srtp_differential_LDADD = $(LINK_MEDIA)
if HAVE_SRTP2
%C%_test_srtp_differential_CPPFLAGS = $(AM_CPPFLAGS) -DHAVE_SRTP2
%C%_test_srtp_differential_CFLAGS = $(AM_CFLAGS) $(SRTP2_CFLAGS)
%C%_test_srtp_differential_LDADD += $(SRTP2_LIBS)
endif

.PHONY: srtp-differential
srtp-differential: %D%/test_srtp_differential
	%D%/test_srtp_differential 10000000
