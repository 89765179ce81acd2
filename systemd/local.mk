# SPDX-License-Identifier: ISC
systemdsystemunit_DATA = %D%/offhookd.service %D%/offhookd@.service
sysusersconfdir = $(sysusersdir)
tmpfilesconfdir = $(tmpfilesdir)
EXTRA_DIST += %D%/offhookd.service.in %D%/offhookd@.service.in %D%/offhookd.sysusers \
	%D%/offhookd.tmpfiles
CLEANFILES += %D%/offhookd.service %D%/offhookd@.service

%D%/offhookd.service: $(srcdir)/%D%/offhookd.service.in
	$(AM_V_GEN)mkdir -p $(@D) && sed 's#[@]sbindir@#$(sbindir)#; s#[@]bindir@#$(bindir)#' $(srcdir)/$@.in >$@
%D%/offhookd@.service: $(srcdir)/%D%/offhookd@.service.in
	$(AM_V_GEN)mkdir -p $(@D) && sed 's#[@]sbindir@#$(sbindir)#; s#[@]bindir@#$(bindir)#' $(srcdir)/$@.in >$@

install-data-local: install-systemd-extras
.PHONY: install-systemd-extras
install-systemd-extras:
	$(MKDIR_P) '$(DESTDIR)$(sysusersdir)' '$(DESTDIR)$(tmpfilesdir)'
	$(INSTALL_DATA) $(srcdir)/systemd/offhookd.sysusers '$(DESTDIR)$(sysusersdir)/offhookd.conf'
	$(INSTALL_DATA) $(srcdir)/systemd/offhookd.tmpfiles '$(DESTDIR)$(tmpfilesdir)/offhookd.conf'
	$(MKDIR_P) '$(DESTDIR)$(sysconfdir)/offhookd/hooks' '$(DESTDIR)$(sysconfdir)/offhookd/sounds'
	test -e '$(DESTDIR)$(sysconfdir)/offhookd/offhookd.conf' || \
	  $(INSTALL) -m 0640 $(srcdir)/etc/offhookd.conf '$(DESTDIR)$(sysconfdir)/offhookd/offhookd.conf'
# What somebody has written into the configuration stays.
uninstall-local:
	rm -f '$(DESTDIR)$(sysusersdir)/offhookd.conf' '$(DESTDIR)$(tmpfilesdir)/offhookd.conf'
	! cmp -s $(srcdir)/etc/offhookd.conf '$(DESTDIR)$(sysconfdir)/offhookd/offhookd.conf' || \
	  rm -f '$(DESTDIR)$(sysconfdir)/offhookd/offhookd.conf'
