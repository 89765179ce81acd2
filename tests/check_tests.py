#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""No test says that something holds without looking: `check("…", True)` behind a wait counts the wait's
end as a fact. Use `tally.comes`, which waits and looks."""
import ast
import glob
import os
import sys

TOP = os.environ.get("srcdir", os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))


def is_foregone(call):
    """A call of check() whose second word is a constant that is true."""
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    fact = next((word.value for word in call.keywords if word.arg == "is_true"),
                call.args[1] if len(call.args) > 1 else None)
    return name == "check" and isinstance(fact, ast.Constant) and bool(fact.value)


def main():
    faults = 0
    for path in sorted(glob.glob(os.path.join(TOP, "tests", "**", "*.py"), recursive=True)):
        with open(path, encoding="utf-8") as file:
            tree = ast.parse(file.read(), path)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and is_foregone(node):
                print("%s:%d: this check cannot fail; use comes() with the condition that was waited for"
                      % (os.path.relpath(path, TOP), node.lineno))
                faults += 1
    return 1 if faults else 0


sys.exit(main())
