#!/bin/sh
# SPDX-License-Identifier: ISC
# clang-format 14 (Debian 12's) has nothing to change.
cd "${srcdir:-.}" || exit 99
format=$(command -v clang-format-14 || command -v clang-format)
case $("$format" --version 2>/dev/null) in
*" 14."*) ;;
*)
    echo "clang-format 14 is not installed"
    [ "$CI" = true ] && exit 1
    exit 77
    ;;
esac
find src tests -name '*.[ch]' -exec "$format" --dry-run -Werror {} +
