#!/bin/sh
# SPDX-License-Identifier: ISC
# The table of the contract is well formed, and each test it names is there.
exec "${PYTHON3:-python3}" "${srcdir:-.}/tests/conformance/conformance.py" --names --tables tests/contract
