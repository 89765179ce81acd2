#!/bin/sh
# SPDX-License-Identifier: ISC
exec "${builddir:-.}/tests/scenarios/scenario_runner" "${srcdir:-.}"/tests/scenarios/*.scenario
