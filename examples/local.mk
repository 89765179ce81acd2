# SPDX-License-Identifier: ISC
EXTRA_DIST += %D%/blocklist/README %D%/blocklist/10-blocked %D%/echo/README %D%/echo/incoming
blocklistdir = $(docdir)/examples/blocklist
blocklist_DATA = %D%/blocklist/README
blocklist_SCRIPTS = %D%/blocklist/10-blocked
echodir = $(docdir)/examples/echo
echo_DATA = %D%/echo/README
echo_SCRIPTS = %D%/echo/incoming
