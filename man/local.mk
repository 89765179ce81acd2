# SPDX-License-Identifier: ISC
dist_man_MANS = %D%/offhookctl.1 %D%/offhookd.conf.5 %D%/offhook-audio.7 %D%/offhook-hooks.7 \
	%D%/offhook-protocol.7 %D%/offhookd.8
