# SPDX-License-Identifier: ISC
# media: RTP, RTCP, jitter, codecs. Each library is seen by one file.
noinst_LIBRARIES += libmedia.a
libmedia_a_CFLAGS = $(AM_CFLAGS) $(SPEEXDSP_CFLAGS) $(OPUS_CFLAGS) $(SPANDSP_CFLAGS) \
	$(NETTLE_CFLAGS)
LINK_MEDIA = libmedia.a $(LINK_UTIL) $(SPEEXDSP_LIBS) $(OPUS_LIBS) $(SPANDSP_LIBS) \
	$(NETTLE_LIBS) -lm
libmedia_a_SOURCES =
libmedia_a_SOURCES += %D%/audio_listener.c %D%/audio_listener.h
libmedia_a_SOURCES += %D%/audio_speaker.c %D%/audio_speaker.h
libmedia_a_SOURCES += %D%/call_audio.c %D%/call_audio.h
libmedia_a_SOURCES += %D%/codec.c %D%/codec.h
libmedia_a_SOURCES += %D%/codec_g711.c %D%/codec_operations.h
libmedia_a_SOURCES += %D%/codec_g722.c
libmedia_a_SOURCES += %D%/codec_l16.c
libmedia_a_SOURCES += %D%/codec_opus.c
libmedia_a_SOURCES += %D%/dtmf_detector.c %D%/dtmf_detector.h
libmedia_a_SOURCES += %D%/dtmf_tone.c %D%/dtmf_tone.h
libmedia_a_SOURCES += %D%/early_packets.c %D%/early_packets.h
libmedia_a_SOURCES += %D%/jitter_buffer.c %D%/jitter_buffer.h
libmedia_a_SOURCES += %D%/lateness.c %D%/lateness.h
libmedia_a_SOURCES += %D%/media_session.c %D%/media_session.h
libmedia_a_SOURCES += %D%/playout.c %D%/playout.h
libmedia_a_SOURCES += %D%/port_choice.c %D%/port_choice.h
libmedia_a_SOURCES += %D%/protection.c %D%/protection.h
libmedia_a_SOURCES += %D%/replay_window.c %D%/replay_window.h
libmedia_a_SOURCES += %D%/resampler.c %D%/resampler.h
libmedia_a_SOURCES += %D%/rtcp.c %D%/rtcp.h
libmedia_a_SOURCES += %D%/rtp_packet.c %D%/rtp_packet.h
libmedia_a_SOURCES += %D%/shorten.c %D%/shorten.h
libmedia_a_SOURCES += %D%/source_guard.c %D%/source_guard.h
libmedia_a_SOURCES += %D%/srtp.c %D%/srtp.h
libmedia_a_SOURCES += %D%/srtp_cipher.c %D%/srtp_cipher.h
libmedia_a_SOURCES += %D%/telephone_event.c %D%/telephone_event.h
