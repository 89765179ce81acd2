#!/bin/sh
# SPDX-License-Identifier: ISC
# Each header compiles alone.
cd "${srcdir:-.}/src" || exit 99
status=0
for header in */*.h; do
    echo "#include \"$header\"" | ${CC:-cc} -std=gnu17 -D_GNU_SOURCE -I. -Wall -Wextra -Werror \
        -fsyntax-only -x c - || { echo "$header"; status=1; }
done
exit $status
