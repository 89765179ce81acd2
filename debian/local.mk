# SPDX-License-Identifier: ISC
# A package of what is here for the Debian that it is made on: offhookd_VERSION-1_ARCHITECTURE.deb.
EXTRA_DIST += %D%/changelog %D%/control %D%/copyright %D%/offhookd.docs \
	%D%/offhookd.lintian-overrides %D%/offhookd.postrm %D%/rules %D%/source/format

.PHONY: deb
deb: dist
	rm -rf deb && mkdir deb
	cp $(distdir).tar.gz deb/offhookd_$(VERSION).orig.tar.gz
	tar -C deb -xf $(distdir).tar.gz
	cd deb/$(distdir) && env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL dpkg-buildpackage -b -us -uc
	cp deb/*.deb .
