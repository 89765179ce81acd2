#!/bin/sh
# SPDX-License-Identifier: ISC
# The core's archives may need each other and a few functions of the C library that only compute: no
# clock, no chance, no input or output.
cd "${builddir:-.}" || exit 99
allowed='abort|calloc|free|malloc|realloc|bcmp|memchr|memcmp|memcpy|memmove|memset|qsort|snprintf|vsnprintf|strchr|strrchr|strlen|strcmp|strncmp|inet_ntop|inet_pton|__assert_fail|__stack_chk_fail|__[a-z]*_chk|__isoc[0-9]*_[a-z]*|_GLOBAL_OFFSET_TABLE_|__(asan|ubsan|lsan|sanitizer|gcov|llvm|start|stop)_.*|_?_?gcov_.*|mangle_path|__sanitizer_.*|speex_resampler_[a-z_]*|opus_[a-z_]*|g722_[a-z_]*|nettle_[a-z0-9_]*|json_[a-z_]*|jsonp_[a-z_]*|exp|pow|sqrt|sin|cos|round|lround'
archives='libutil.a libsip.a libsdp.a libmedia.a libagent.a libhook.a libdesk.a'
own=$(nm --defined-only $archives 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u)
bad=$(nm -u $archives 2>/dev/null | awk '$1 == "U" { print $2 }' | sort -u |
    grep -vxE "$allowed" | grep -vxF "$own")
[ -z "$bad" ] && exit 0
echo "the core calls:" $bad
exit 1
