#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The manual pages and the tables in the source name the same things, in both directions: verbs and
their options, commands, answer keys, refusals, events, variables, decisions, exit statuses and
configuration keys."""
import json
import os
import re
import sys

TOP = os.environ.get("srcdir", os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
faults = 0


def read(*path):
    with open(os.path.join(TOP, *path), encoding="utf-8") as file:
        return file.read()


def page(name):
    return read("man", name)


def section(text, name):
    match = re.search(r"^\.Sh %s\n(.*?)(?=^\.Sh |\Z)" % name, text, re.M | re.S)
    if not match:
        sys.exit("a section %s is missing" % name)
    return match.group(1)


def body(path, start, end="};"):
    text = read(*path.split("/"))
    first = text.index(start)
    return text[first:text.index(end, first)]


def items(text, macro):
    """The names of .It lines: those of `.It Va a , b` are two."""
    names = []
    for line in re.findall(r"^\.It %s (.*)$" % macro, text, re.M):
        for part in line.split(" , "):
            names.append(part.split()[0])
    return names


def compare(what, source, manual):
    global faults
    source, manual = set(source), set(manual)
    if not source or not manual:
        print("FAIL %s: nothing found: the test is to be corrected" % what)
        faults += 1
        return
    for name in sorted(source - manual):
        print("FAIL %s: the manual does not name %s" % (what, name))
    for name in sorted(manual - source):
        print("FAIL %s: the manual names %s, which is not there" % (what, name))
    if source == manual:
        print("ok   %s: %d" % (what, len(source)))
    faults += source != manual


def verbs():
    """Name: its usage, with the adjacent strings of C joined."""
    table = body("src/ctl/verb_table.c", "static const struct verb verbs[] = {")
    rows = re.findall(r'\{\s*"([^"]+)",\s*((?:"[^"]*"\s*)+),', table)
    return {name: "".join(re.findall(r'"([^"]*)"', usage)) for name, usage in rows}


def check_verbs():
    text = page("offhookctl.1")
    compare("verbs, offhookctl(1)", verbs(), items(section(text, "DESCRIPTION"), "Cm"))
    usages = dict(verbs(), dial=body("src/ctl/dial.c", "usage: offhookctl dial", "stderr"))
    for verb, usage in usages.items():
        lines = re.findall(r"^\.It Cm %s(?![\w-])(.*)$" % re.escape(verb), text, re.M)
        manual = re.findall(r"Fl (-?[a-z][a-z-]*)", " ".join(lines))
        source = re.findall(r"(?<![\w-])-(-?[a-z][a-z-]*)", usage)
        if source or manual:
            compare("options of " + verb, source, manual)


def check_commands():
    table = body("src/desk/commands.c", "static const struct control_verb verbs[] = {")
    compare("commands, offhook-protocol(7)", re.findall(r'\{ "([a-z]+)", desk_word_', table),
            items(section(page("offhook-protocol.7"), "COMMANDS"), "Cm"))


def keys_of(rule):
    for key, one in rule.get("properties", {}).items():
        yield key
        yield from keys_of(one)
    if "items" in rule:
        yield from keys_of(rule["items"])


def check_keys():
    """What the schema knows is what the daemon sends: tests/integration/test_output.py."""
    definitions = json.loads(read("tests", "data", "json", "protocol.schema.json"))["definitions"]
    source = {key for rule in definitions.values() for key in keys_of(rule)}
    requests = {"cmd", "args"}
    around = {"bindings", "hooks", "left_out"}  # lists of what the schema has one by one
    manual = set()
    for line in re.findall(r"^\.(?:It )?Va (.*)$", page("offhook-protocol.7"), re.M):
        manual |= {word for word in line.split() if word not in (",", ".", ":", ";", ")", "No")}
    compare("keys, offhook-protocol(7)", source | requests | around, manual)


def check_refusals():
    schema = json.loads(read("tests", "data", "json", "protocol.schema.json"))["definitions"]
    manual = items(section(page("offhook-protocol.7"), "REFUSALS"), "Dv")
    compare("refusals, offhook-protocol(7)",
            re.findall(r'\{ "([a-z-]+)", EXIT_', body("src/ctl/verbs.c", "codes[] = {")), manual)
    compare("refusals, the schema", schema["refusal"]["properties"]["error"]["enum"], manual)


def check_events():
    events = re.findall(r'\[EVENT_[A-Z]+\] = "([a-z]+)"',
                        body("src/agent/event.c", "names[EVENT_COUNT] = {"))
    hooks = section(page("offhook-hooks.7"), "EVENTS")
    names = [name for line in re.findall(r"^\.It (.*)$", hooks, re.M) for name in line.split(" , ")]
    compare("events, offhook-hooks(7)", events + ["any"], names)
    line = re.search(r"^\.Cm (incoming , .*)$", section(page("offhook-protocol.7"), "EVENTS"), re.M)
    compare("events, offhook-protocol(7)", events, line.group(1).rstrip(" ,").split(" , "))


def check_variables():
    table = body("src/agent/event.c", "static const struct event_field fields[] = {")
    rows = re.findall(r'FIELD\(([a-z_]+), \w+, ([^)]*)\)|\{ "([a-z]+)",[^}]*\), \w+,([^}]*)\}', table)
    names = [(name or other).upper() for name, uses, other, more in rows
             if re.search("TOLD|KEPT|EVENT_IN_HOOK", uses + more)]
    fixed = re.findall(r'"([A-Z_]+)"', body("src/hook/environment.c", "fixed[] = {"))
    ours = [name[len("OFFHOOK_"):] for name in fixed if name.startswith("OFFHOOK_")]
    text = section(page("offhook-hooks.7"), "VARIABLES")
    compare("variables, offhook-hooks(7)", names + ours + ["HDR_<NAME>"], items(text, "Ev"))
    others = re.findall(r"^\.Ev (.*)$", text, re.M)
    compare("other variables, offhook-hooks(7)",
            [name for name in fixed if not name.startswith("OFFHOOK_")],
            [word for line in others for word in line.split() if word != ","])


def check_decisions():
    kinds = re.findall(r"ACTION_([A-Z]+),", body("src/agent/action.h", "enum action_kind {"))
    compare("decisions, offhook-hooks(7)",
            [kind.lower() for kind in kinds[:kinds.index("HANGUP")]],
            items(section(page("offhook-hooks.7"), "DECISIONS"), "Cm"))


def check_statuses():
    table = body("src/ctl/verbs.h", "enum exit_code {")
    codes = re.findall(r"= (\d+)", table) + re.findall(r"EXIT_CANNOT_RUN = (\d+)",
                                                       read("src", "ctl", "dial.c"))
    compare("exit statuses, offhookctl(1)", codes,
            re.findall(r"^\.It (\d+)$", section(page("offhookctl.1"), "EXIT STATUS"), re.M))


def check_configuration():
    keys = re.findall(r'\.name = "([^"]+)"', read("src", "daemon", "config_table.c"))
    manual = [name for name in items(page("offhookd.conf.5"), "Cm")]
    compare("keys, offhookd.conf(5)", keys, manual)


for check in (check_verbs, check_commands, check_keys, check_refusals, check_events,
              check_variables, check_decisions, check_statuses, check_configuration):
    check()
sys.exit(1 if faults else 0)
