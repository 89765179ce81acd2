# SPDX-License-Identifier: ISC
# make bench: figures, never a verdict.
EXTRA_DIST += %D%/bench_daemon.py %D%/bench_verb.py %D%/bench_parser.py
bench_parsers = %D%/bench_parser_ours
EXTRA_PROGRAMS += $(bench_parsers)
CLEANFILES += $(bench_parsers)
bench_flags = -std=gnu17 -O2
%C%_bench_parser_ours_SOURCES = %D%/bench_parser.c
%C%_bench_parser_ours_CPPFLAGS = $(AM_CPPFLAGS) -DBENCH_OURS -DPARSE=parse_ours
%C%_bench_parser_ours_LDADD = $(LINK_SIP)
if HAVE_OSIP
bench_parsers += %D%/bench_parser_osip
%C%_bench_parser_osip_SOURCES = %D%/bench_parser.c
%C%_bench_parser_osip_CPPFLAGS = -DBENCH_OSIP -DPARSE=parse_osip
%C%_bench_parser_osip_CFLAGS = $(bench_flags) $(OSIP_CFLAGS)
%C%_bench_parser_osip_LDADD = $(OSIP_LIBS)
endif
if HAVE_SOFIA
bench_parsers += %D%/bench_parser_sofia
%C%_bench_parser_sofia_SOURCES = %D%/bench_parser.c
%C%_bench_parser_sofia_CPPFLAGS = -DBENCH_SOFIA -DPARSE=parse_sofia
%C%_bench_parser_sofia_CFLAGS = $(bench_flags) $(SOFIA_CFLAGS)
%C%_bench_parser_sofia_LDADD = $(SOFIA_LIBS)
endif
if HAVE_RE
bench_parsers += %D%/bench_parser_re
%C%_bench_parser_re_SOURCES = %D%/bench_parser.c
%C%_bench_parser_re_CPPFLAGS = -D_GNU_SOURCE -DHAVE_INTTYPES_H -DHAVE_STDBOOL_H -DBENCH_RE \
	-DPARSE=parse_re
%C%_bench_parser_re_CFLAGS = $(bench_flags) $(RE_CFLAGS)
%C%_bench_parser_re_LDADD = $(RE_LIBS)
endif

EXTRA_PROGRAMS += %D%/bench_srtp
CLEANFILES += %D%/bench_srtp
%C%_bench_srtp_SOURCES = %D%/bench_srtp.c
%C%_bench_srtp_LDADD = $(LINK_MEDIA)
if HAVE_SRTP2
%C%_bench_srtp_CPPFLAGS = $(AM_CPPFLAGS) -DHAVE_SRTP2
%C%_bench_srtp_CFLAGS = $(AM_CFLAGS) $(SRTP2_CFLAGS)
%C%_bench_srtp_LDADD += $(SRTP2_LIBS)
endif

.PHONY: bench
bench: all $(bench_parsers) %D%/bench_srtp
	@%D%/bench_srtp
	@$(PYTHON3) $(srcdir)/%D%/bench_parser.py $(bench_parsers)
	@srcdir='$(abs_srcdir)' builddir='$(abs_builddir)' $(PYTHON3) $(srcdir)/%D%/bench_daemon.py
	@srcdir='$(abs_srcdir)' builddir='$(abs_builddir)' $(PYTHON3) $(srcdir)/%D%/bench_verb.py
