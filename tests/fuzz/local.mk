# SPDX-License-Identifier: ISC
# A target is tests/fuzz/fuzz_NAME.c with LLVMFuzzerTestOneInput, a folder corpus/NAME and three lines
# below. Without --enable-fuzzing each is a check that replays its corpus (replay_corpus.c); with it,
# each is a libFuzzer program, to be run by hand:
#     tests/fuzz/fuzz_uri -max_total_time=60 NEW_CORPUS tests/fuzz/corpus/uri
EXTRA_DIST += %D%/corpus

fuzz_programs =
if FUZZING
FUZZ_MAIN =
noinst_PROGRAMS += $(fuzz_programs)
else
FUZZ_MAIN = %D%/replay_corpus.c
check_PROGRAMS += $(fuzz_programs)
endif

fuzz_programs += %D%/fuzz_sip_message
%C%_fuzz_sip_message_SOURCES = %D%/fuzz_sip_message.c %D%/fuzz.h $(FUZZ_MAIN)
%C%_fuzz_sip_message_LDADD = $(LINK_SIP) $(FUZZ_LIBS)

fuzz_programs += %D%/fuzz_sip_stream
%C%_fuzz_sip_stream_SOURCES = %D%/fuzz_sip_stream.c %D%/fuzz.h $(FUZZ_MAIN)
%C%_fuzz_sip_stream_LDADD = $(LINK_SIP) $(FUZZ_LIBS)

fuzz_programs += %D%/fuzz_uri
%C%_fuzz_uri_SOURCES = %D%/fuzz_uri.c %D%/fuzz.h $(FUZZ_MAIN)
%C%_fuzz_uri_LDADD = $(LINK_SIP) $(FUZZ_LIBS)

fuzz_programs += %D%/fuzz_rtp
%C%_fuzz_rtp_SOURCES = %D%/fuzz_rtp.c %D%/fuzz.h $(FUZZ_MAIN)
%C%_fuzz_rtp_LDADD = $(LINK_MEDIA) $(FUZZ_LIBS)

fuzz_programs += %D%/fuzz_sdp
%C%_fuzz_sdp_SOURCES = %D%/fuzz_sdp.c %D%/fuzz.h $(FUZZ_MAIN)
%C%_fuzz_sdp_LDADD = $(LINK_SDP) $(FUZZ_LIBS)

fuzz_programs += %D%/fuzz_srtp
%C%_fuzz_srtp_SOURCES = %D%/fuzz_srtp.c %D%/fuzz.h $(FUZZ_MAIN)
%C%_fuzz_srtp_LDADD = $(LINK_MEDIA) $(FUZZ_LIBS)

fuzz_programs += %D%/fuzz_certificate_names
%C%_fuzz_certificate_names_SOURCES = %D%/fuzz_certificate_names.c %D%/fuzz.h $(FUZZ_MAIN)
%C%_fuzz_certificate_names_LDADD = $(LINK_UTIL) $(FUZZ_LIBS)

fuzz_programs += %D%/fuzz_call_record
%C%_fuzz_call_record_SOURCES = %D%/fuzz_call_record.c %D%/fuzz.h $(FUZZ_MAIN)
%C%_fuzz_call_record_LDADD = $(LINK_AGENT) $(FUZZ_LIBS)

fuzz_programs += %D%/fuzz_config
%C%_fuzz_config_SOURCES = %D%/fuzz_config.c %D%/fuzz.h $(FUZZ_MAIN)
%C%_fuzz_config_LDADD = $(LINK_DAEMON) $(FUZZ_LIBS)

fuzz_programs += %D%/fuzz_control
%C%_fuzz_control_SOURCES = %D%/fuzz_control.c %D%/fuzz.h $(FUZZ_MAIN)
%C%_fuzz_control_LDADD = libhook.a $(LINK_DESK) $(FUZZ_LIBS)
