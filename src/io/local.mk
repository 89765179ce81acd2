# SPDX-License-Identifier: ISC
# io: every system call, libevent, GnuTLS, c-ares. Knows nothing of telephony.
noinst_LIBRARIES += libio.a
libio_a_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS) $(GNUTLS_CFLAGS) $(CARES_CFLAGS)
LINK_IO = libio.a $(LINK_UTIL) $(EVENT_LIBS) $(GNUTLS_LIBS) $(CARES_LIBS)
libio_a_SOURCES =
libio_a_SOURCES += %D%/certificate.c %D%/certificate.h
libio_a_SOURCES += %D%/certificate_chain.c %D%/certificate_chain.h
libio_a_SOURCES += %D%/child_cage.c %D%/child_cage.h
libio_a_SOURCES += %D%/hidden_places.c %D%/hidden_places.h
libio_a_SOURCES += %D%/child_process.c %D%/child_process.h
libio_a_SOURCES += %D%/clock.c %D%/clock.h
libio_a_SOURCES += %D%/connect_failure.c %D%/connect_failure.h
libio_a_SOURCES += %D%/entropy.c %D%/entropy.h
libio_a_SOURCES += %D%/file.c %D%/file.h
libio_a_SOURCES += %D%/loop.c %D%/loop.h
libio_a_SOURCES += %D%/network_watch.c %D%/network_watch.h
libio_a_SOURCES += %D%/pipe_stream.c %D%/pipe_stream.h
libio_a_SOURCES += %D%/program_file.c %D%/program_file.h
libio_a_SOURCES += %D%/resolver.c %D%/resolver.h
libio_a_SOURCES += %D%/socket_address.c %D%/socket_address.h
libio_a_SOURCES += %D%/tls_connection.c %D%/tls_connection.h
libio_a_SOURCES += %D%/tls_credentials.c %D%/tls_credentials.h
libio_a_SOURCES += %D%/tls_failure.c %D%/tls_failure.h
libio_a_SOURCES += %D%/tls_session_store.c %D%/tls_session_store.h
libio_a_SOURCES += %D%/tls_settings.c %D%/tls_settings.h
libio_a_SOURCES += %D%/udp_port.c %D%/udp_port.h
libio_a_SOURCES += %D%/unix_listener.c %D%/unix_listener.h
