#!/bin/sh
# SPDX-License-Identifier: ISC
# The tables of tests/conformance are well formed, and each test they name is there.
exec "${PYTHON3:-python3}" "${srcdir:-.}/tests/conformance/conformance.py" --names
