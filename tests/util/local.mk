# SPDX-License-Identifier: ISC
if HAVE_CHECK
check_PROGRAMS += %D%/test_slice
%C%_test_slice_SOURCES = %D%/test_slice.c tests/suite.h
%C%_test_slice_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_slice_LDADD = $(LINK_UTIL) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_buffer
%C%_test_buffer_SOURCES = %D%/test_buffer.c tests/suite.h
%C%_test_buffer_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_buffer_LDADD = $(LINK_UTIL) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_certificate_names
%C%_test_certificate_names_SOURCES = %D%/test_certificate_names.c tests/suite.h
%C%_test_certificate_names_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_certificate_names_LDADD = $(LINK_UTIL) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_arena
%C%_test_arena_SOURCES = %D%/test_arena.c tests/suite.h
%C%_test_arena_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_arena_LDADD = $(LINK_UTIL) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_list
%C%_test_list_SOURCES = %D%/test_list.c tests/suite.h
%C%_test_list_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_list_LDADD = $(LINK_UTIL) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_deadlines
%C%_test_deadlines_SOURCES = %D%/test_deadlines.c tests/suite.h
%C%_test_deadlines_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_deadlines_LDADD = $(LINK_UTIL) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_index
%C%_test_index_SOURCES = %D%/test_index.c tests/suite.h
%C%_test_index_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_index_LDADD = $(LINK_UTIL) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_random
%C%_test_random_SOURCES = %D%/test_random.c tests/suite.h
%C%_test_random_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_random_LDADD = $(LINK_UTIL) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_encoding
%C%_test_encoding_SOURCES = %D%/test_encoding.c tests/suite.h
%C%_test_encoding_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_encoding_LDADD = $(LINK_UTIL) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_line_reader
%C%_test_line_reader_SOURCES = %D%/test_line_reader.c tests/suite.h
%C%_test_line_reader_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_line_reader_LDADD = $(LINK_UTIL) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_log
%C%_test_log_SOURCES = %D%/test_log.c tests/suite.h
%C%_test_log_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_log_LDADD = $(LINK_UTIL) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_net_address
%C%_test_net_address_SOURCES = %D%/test_net_address.c tests/suite.h
%C%_test_net_address_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_net_address_LDADD = $(LINK_UTIL) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_plain_text
%C%_test_plain_text_SOURCES = %D%/test_plain_text.c tests/suite.h
%C%_test_plain_text_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_plain_text_LDADD = $(LINK_UTIL) $(CHECK_LIBS)

check_PROGRAMS += %D%/test_utf8
%C%_test_utf8_SOURCES = %D%/test_utf8.c tests/suite.h
%C%_test_utf8_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_utf8_LDADD = $(LINK_UTIL) $(CHECK_LIBS)
endif
