#!/bin/sh
# SPDX-License-Identifier: ISC
# Functions that nobody here uses.
cd "${srcdir:-.}/src" || exit 99
bad=$(grep -rnwE '(system|popen|strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|alloca|sleep)[[:space:]]*\(' \
    . --include='*.[ch]' | grep -vE '//|/\*|\* ')
[ -z "$bad" ] && exit 0
echo "$bad"
exit 1
