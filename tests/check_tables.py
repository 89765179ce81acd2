#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Tables without holes: what is indexed by an enum has a row for each of its kinds, and what
switches over one names them all, so that the compiler tells of the one that is new."""
import glob
import os
import re
import sys

# Rows that are left out on purpose: whoever reads the table asks whether there is one.
PARTIAL = {
    "src/agent/agent_receive.c receivers": "methods that no call receives",
    "src/ctl/record.c ends": "what is told has ended",
    "src/agent/verb.c readers": "decisions are read by agent/decision.c",
    "src/sip/digest.c refusal_texts": "what is acceptable needs no reason",
    "src/sip/parser.c needed_by": "headers that no method needs",
}
# Switches over a part of many kinds, where the rest is one case for ever.
OTHERS = {
    "src/agent/agent_receive.c receive_outside": "whatever else lives inside dialogs",
    "src/agent/capabilities.c capabilities_has_method": "a set",
    "src/sip/endpoint_actions.c act_as_client": "actions of servers only",
    "src/sip/endpoint_actions.c act_as_server": "actions of clients only",
    "src/sip/challenge.c store_parameter": "parameters that are still to be invented",
}

ENUM = re.compile(r"\benum\s+(\w+)\s*\{([^}]*)\}")
TABLE = re.compile(r"(\w+)\)?((?:\[\w*\])+)(?:\)\([^=;]*\))?\s*=\s*\{")
ROW = re.compile(r"^\[(\w+)\]\s*=")


def without_comments(text):
    text = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)
    return re.sub(r"//[^\n]*", "", text)


def block(text, start):
    """What stands between the brace at `start` and its partner."""
    depth = 0
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if not depth:
            return text[start + 1:at]
    return text[start + 1:]


def rows_of(body):
    """The designators of the outermost level."""
    depth = 0
    for match in re.finditer(r"[{}()]|\[(\w+)\](?=[\w\[\]]*\s*=)", body):
        depth += {"{": 1, "(": 1, "}": -1, ")": -1}.get(match.group(), 0)
        if match.group(1) and not depth and body[match.start() - 1] != "]":
            yield match.group(1)


def kinds_of(files):
    """Each enumerator with all those of its enum, but for the one that counts them."""
    kinds = {}
    for text in files.values():
        for _, body in ENUM.findall(text):
            names = [n.split("=")[0].strip() for n in body.split(",")]
            names = [n for n in names if n]
            counter = {n for n in names if n.endswith("_COUNT")}
            for name in names:
                kinds[name] = [n for n in names if n not in counter]
    return kinds


def holes_of(path, text, kinds):
    for match in TABLE.finditer(text):
        rows = list(rows_of(block(text, match.end() - 1)))
        known = [r for r in rows if r in kinds]
        where = f"{path} {match.group(1)}"
        if not known or where in PARTIAL:
            continue
        missing = [k for k in kinds[known[0]] if k not in rows]
        if missing:
            yield f"{where}: no row for {', '.join(missing)}"


def defaults_of(path, text, kinds):
    for match in re.finditer(r"\bswitch\s*\(", text):
        brace = text.index("{", match.end())
        body = block(text, brace)
        line = text.count("\n", 0, match.start()) + 1
        cases = re.findall(r"\bcase\s+(\w+)\s*:", body)
        function = re.findall(r"^\w[^;={}]*?(\w+)\([^;{}]*\)\n\{", text[:match.start()], re.M)
        where = f"{path} {function[-1] if function else '?'}"
        if "default:" in body and any(c in kinds for c in cases) and where not in OTHERS:
            yield f"{path}:{line}: {where.split()[1]}: `default` hides kinds that are new"


def main():
    os.chdir(os.environ.get("srcdir", "."))
    paths = sorted(glob.glob("src/**/*.[ch]", recursive=True))
    files = {path: without_comments(open(path, encoding="utf-8").read()) for path in paths}
    kinds = kinds_of(files)
    faults = [f for path, text in files.items()
              for check in (holes_of, defaults_of) for f in check(path, text, kinds)]
    tables = {f"{p} {m.group(1)}" for p, t in files.items() for m in TABLE.finditer(t)}
    faults += [f"{w}: this exception is of no use" for w in PARTIAL if w not in tables]
    print("\n".join(faults) or f"{len(files)} files, no hole")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
