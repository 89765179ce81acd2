#!/bin/sh
# SPDX-License-Identifier: ISC
# The same lives at every run; make simulate SEEDS=N lives others.
exec "${builddir:-.}/tests/simulate/simulate" 1 200 2>/dev/null
