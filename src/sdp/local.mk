# SPDX-License-Identifier: ISC
# sdp: session descriptions and offer/answer (RFC 8866, 3264).
noinst_LIBRARIES += libsdp.a
LINK_SDP = libsdp.a $(LINK_MEDIA)
libsdp_a_SOURCES =
libsdp_a_SOURCES += %D%/crypto.c %D%/crypto.h
libsdp_a_SOURCES += %D%/encryption.c %D%/encryption.h
libsdp_a_SOURCES += %D%/format.c %D%/format.h
libsdp_a_SOURCES += %D%/offer_answer.c %D%/offer_answer.h
libsdp_a_SOURCES += %D%/parser.c
libsdp_a_SOURCES += %D%/session.h
libsdp_a_SOURCES += %D%/writer.c
