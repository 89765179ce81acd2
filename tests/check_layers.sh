#!/bin/sh
# SPDX-License-Identifier: ISC
# Fails when a file includes a folder that its own folder may not use, or a system header that only
# io, daemon and ctl may touch.
cd "${srcdir:-.}/src" || exit 99
status=0
allow() { # folder, then the folders that it may include
    folder=$1
    shift
    allowed=$(echo "$folder $*" | tr ' ' '|')
    bad=$(grep -rnE '^#include "' "$folder" --include='*.[ch]' |
        grep -vE "#include \"(build_config\.h\"|($allowed)/)")
    [ -z "$bad" ] || { echo "$folder may not include:"; echo "$bad"; status=1; }
}
allow util
allow sip util
allow sdp util media # codecs
allow media util
allow agent util sip sdp media
allow desk util sip agent
allow io util
allow ctl util
allow daemon util sip sdp media agent hook desk io
allow hook util agent
# hook knows no more of the agent than events, actions and their words.
bad=$(grep -rnE '#include "agent/' hook | grep -vE 'agent/(event|action|decision)\.h"')
[ -z "$bad" ] || { echo "$bad"; status=1; }
# The core makes no system call.
bad=$(grep -rnE '#include <(event2|gnutls|ares|sys/|poll|unistd|time|fcntl|signal|pthread|netdb|netinet|errno)' \
    util sip sdp media agent hook desk)
[ -z "$bad" ] || { echo "$bad"; status=1; }
# Libraries are each seen by one file or folder (ARCHITECTURE, "Libraries").
only() { # header, then the files that may include it
    header=$1
    shift
    bad=$(grep -rlE "#include <$header" . | grep -vE "^\./($(echo "$*" | tr ' ' '|'))")
    [ -z "$bad" ] || { echo "<$header> is included by: $bad"; status=1; }
}
only nettle sip/digest util/random.c media/srtp_cipher.c
only opus media/codec_opus.c
only spandsp media/codec_g722.c
only speex media/resampler.c ctl/resampling.c
only sndfile ctl/sound_source.c ctl/recording.c
only jansson desk/control_session.c ctl/
only libconfig daemon/config.c
only gnutls io/
only event2 io/loop.c
only ares io/resolver.c
only systemd daemon/notify.c
exit $status
