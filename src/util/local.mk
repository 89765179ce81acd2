# SPDX-License-Identifier: ISC
# util: slices, buffers, lists, status, log. Knows nothing of telephony.
noinst_LIBRARIES += libutil.a
libutil_a_SOURCES = \
	%D%/arena.c %D%/arena.h \
	%D%/buffer.c %D%/buffer.h \
	%D%/certificate_names.c %D%/certificate_names.h \
	%D%/deadlines.c %D%/deadlines.h \
	%D%/dns_record.h \
	%D%/encoding.c %D%/encoding.h \
	%D%/index.c %D%/index.h \
	%D%/limits.h \
	%D%/line_reader.c %D%/line_reader.h \
	%D%/list.h \
	%D%/log.c %D%/log.h \
	%D%/memory.c %D%/memory.h \
	%D%/name_distance.c %D%/name_distance.h \
	%D%/net_address.c %D%/net_address.h \
	%D%/plain_text.c %D%/plain_text.h \
	%D%/random.c %D%/random.h \
	%D%/slice.c %D%/slice.h \
	%D%/srtp_suite.c %D%/srtp_suite.h \
	%D%/status.c %D%/status.h \
	%D%/time_ms.h \
	%D%/utf8.c %D%/utf8.h
libutil_a_CFLAGS = $(AM_CFLAGS) $(NETTLE_CFLAGS)
LINK_UTIL = libutil.a $(NETTLE_LIBS)
