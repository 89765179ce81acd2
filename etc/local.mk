# SPDX-License-Identifier: ISC
# offhookd.conf is what `offhookd --sample` prints; a test compares.
EXTRA_DIST += %D%/offhookd.conf
