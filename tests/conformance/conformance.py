#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Which published case and which requirement is kept, and which test says so?

Reads every .tsv file beside it, or of --tables. The header line tells the kind:
  id section strength requirement verdict test note      a matrix: one row a requirement;
      verdict pass (has a test), exception (argued in the note), n/a (reason in the note), open
  id title applies test note                             a list of published cases;
      applies yes or no (reason in the note); yes without a test is open
  id sentence test                                       what we promise; every row has a test
A test is `sip/test_dialog:name_of_the_test` (a Check suite; without a name the whole program),
`scenario:call_cancel` or `integration:test_smoke:words of its line`; several stand behind "; ".
An n/a note begins with its reason; what stands behind a colon is detail and not counted.

  conformance.py --names            only looks whether every named test is in the tree
  conformance.py                    runs the tests in the build folder, prints the table and compares
                                    it with RESULTS
  conformance.py --write            ... and writes RESULTS
The results of tests/integration are those of the last make check.
"""
import argparse
import collections
import concurrent.futures
import glob
import os
import re
import subprocess
import sys

MATRIX = ["id", "section", "strength", "requirement", "verdict", "test", "note"]
CASES = ["id", "title", "applies", "test", "note"]
PROMISES = ["id", "sentence", "test"]
STRENGTHS = {"MUST", "MUST NOT", "SHOULD", "SHOULD NOT"}
VERDICTS = {"pass", "exception", "n/a", "open"}
TEST = r"(?:[a-z]+/test_\w+|scenario:|integration:)"
STATES = ["passed", "exception", "failed", "open", "n/a"]


class Row:
    """One line of a table: what is claimed, and by which tests."""

    def __init__(self, file, number, columns, values):
        cells = dict(zip(columns, values))
        self.place = "%s:%d" % (os.path.basename(file), number)
        self.id = cells["id"]
        self.what = cells.get("requirement") or cells.get("title") or cells.get("sentence")
        self.note = cells.get("note", "")
        self.tests = [name.strip() for name in re.split(r"[;,]?\s+(?=%s)|[;,](?=%s)" % (TEST, TEST),
                                                        cells["test"].strip()) if name.strip()]
        self.claim = self.claim_of(cells)
        self.complaint = self.complaint_of(columns, values, cells)

    def claim_of(self, cells):
        if "verdict" in cells:
            return cells["verdict"]
        if cells.get("applies") == "no":
            return "n/a"
        return "open" if "applies" in cells and not self.tests else "pass"

    def complaint_of(self, columns, values, cells):
        if len(values) != len(columns):
            return "%d columns, not %d" % (len(values), len(columns))
        if not self.id or not self.what:
            return "no id or no text"
        if "verdict" in cells and cells["verdict"] not in VERDICTS:
            return "verdict \"%s\"" % cells["verdict"]
        if "strength" in cells and cells["strength"] not in STRENGTHS:
            return "strength \"%s\"" % cells["strength"]
        if "applies" in cells and cells["applies"] not in ("yes", "no"):
            return "applies is yes or no, not \"%s\"" % cells["applies"]
        if self.claim == "pass" and not self.tests:
            return "passes without a test"
        if self.claim in ("n/a", "exception") and not self.note:
            return "%s without a reason" % self.claim
        return None


class Suite:
    def __init__(self, path):
        self.name = os.path.splitext(os.path.basename(path))[0]
        self.rows = []
        self.complaints = []
        self.is_promise = False
        with open(path, encoding="utf-8") as file:
            lines = file.read().split("\n")
        columns = lines[0].split("\t")
        self.is_promise = columns == PROMISES
        if columns not in (MATRIX, CASES, PROMISES):
            self.complaints.append("%s: the header line is of no kind" % os.path.basename(path))
            return
        for number, line in enumerate(lines[1:], 2):
            if not line.strip() or line.startswith("#"):
                continue
            values = line.split("\t")
            values += [""] * (len(columns) - len(values))
            self.rows.append(Row(path, number, columns, values))


# --- the tests in the tree

def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def facts_of(text):
    """The words of tally.check and its kin, as patterns: %s and %d stand for anything."""
    for fact in re.findall(r"tally\.(?:check|comes|fairly)\(\s*\"((?:[^\"\\]|\\.)*)\"", text):
        fact = fact.replace("\\\"", "\"")
        yield re.compile("".join(".*" if re.fullmatch(r"%[-0-9.]*[sdfr]", part) else
                                 re.escape(part.replace("%%", "%"))
                                 for part in re.split(r"(%[-0-9.]*[sdfr])", fact)) + r"\Z")


class Tree:
    """Knows which tests there are, without running any."""

    def __init__(self, source):
        self.suites = {}
        for path in glob.glob(os.path.join(source, "tests", "*", "test_*.c")):
            name = os.path.relpath(path, os.path.join(source, "tests"))[:-2]
            self.suites[name] = set(re.findall(r"(?m)^START_TEST\((\w+)\)", read(path)))
        self.scenarios = {os.path.basename(path)[:-9]: path for path in
                          glob.glob(os.path.join(source, "tests", "scenarios", "*.scenario"))}
        self.facts = {os.path.basename(path)[:-3]: list(facts_of(read(path))) for path in
                      glob.glob(os.path.join(source, "tests", "integration", "test_*.py"))}

    def has(self, test):
        kind, _, rest = test.partition(":")
        if kind == "scenario":
            return rest in self.scenarios
        if kind == "integration":
            program, _, words = rest.partition(":")
            return any(fact.match(words) for fact in self.facts.get(program, []))
        return kind in self.suites and (not rest or rest in self.suites[kind])


# --- the results

class Results:
    """Runs what can be run here, and reads what make check has left."""

    def __init__(self, source, build):
        self.source = source
        self.build = build
        self.results = {}
        tree = Tree(source)
        environment = dict(os.environ, srcdir=source, builddir=build, CK_VERBOSITY="verbose",
                           CK_FORK="yes")
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            jobs = [pool.submit(self.run_suite, name, environment) for name in sorted(tree.suites)]
            jobs += [pool.submit(self.run_scenario, name, path, environment)
                     for name, path in sorted(tree.scenarios.items())]
            for job in jobs:
                self.results.update(job.result())
        for name in tree.facts:
            self.results.update(self.read_log(name))

    def execute(self, words, environment):
        try:
            done = subprocess.run(words, env=environment, stdout=subprocess.PIPE, timeout=600,
                                  stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False)
            return done.returncode, done.stdout.decode("utf-8", "replace")
        except (OSError, subprocess.TimeoutExpired):
            return None, ""

    def run_suite(self, name, environment):
        status, text = self.execute([os.path.join(self.build, "tests", name)], environment)
        if status is None:
            return {}
        found = {name: status == 0}
        for result, test in re.findall(r"(?m)^[^:\n]*:\d+:([PFE]):[^:\n]*:(\w+):", text):
            found["%s:%s" % (name, test)] = result == "P" and found.get("%s:%s" % (name, test), True)
        return found

    def run_scenario(self, name, path, environment):
        runner = os.path.join(self.build, "tests", "scenarios", "scenario_runner")
        status, _ = self.execute([runner, path], environment)
        return {} if status is None else {"scenario:" + name: status == 0}

    def read_log(self, name):
        path = os.path.join(self.build, "tests", "integration", name + ".log")
        if not os.path.exists(path):
            return {}
        found = {}
        for result, fact in re.findall(r"(?m)^(ok  |FAIL) (.*)$", read(path)):
            # What is behind a colon may be detail, and may be part of the fact.
            for end in [match.start() for match in re.finditer(": ", fact)] + [len(fact)]:
                key = "integration:%s:%s" % (name, fact[:end])
                found[key] = result == "ok  " and found.get(key, True)
        return found

    def of(self, test):
        return self.results.get(test)


# --- the verdict of each row

def judge(row, tree, results):
    """(state, complaint) of a row; without results only the names are looked at."""
    if row.complaint:
        return "failed", row.complaint
    missing = [test for test in row.tests if not tree.has(test)]
    if missing:
        return "failed", "there is no test " + ", ".join(missing)
    if row.claim != "pass":
        return row.claim, None
    if results is None:
        return "passed", None
    for test in row.tests:
        result = results.of(test)
        if not result:
            return "failed", "%s %s" % (test, "did not run" if result is None else "failed")
    return "passed", None


def reason_of(row):
    return re.split(r"[:;]", row.note)[0].strip()


def table_of(suites, states):
    lines = ["%-16s %10s %7s %10s %7s %5s %15s" % ("suite", "applicable", "passed", "exceptions",
                                                 "failed", "open", "not applicable")]
    total = collections.Counter()
    for suite in suites:
        count = collections.Counter(states[row.place][0] for row in suite.rows)
        total.update(count)
        lines.append(line_of(suite.name, count))
    return lines + [line_of("all", total)]


def line_of(name, count):
    numbers = [count[state] for state in STATES]
    return "%-16s %10d %7d %10d %7d %5d %15d" % tuple([name, sum(numbers[:4])] + numbers)


def reasons_of(suites, states):
    for suite in suites:
        reasons = collections.Counter(reason_of(row) for row in suite.rows
                                      if states[row.place][0] == "n/a")
        for reason, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0])):
            yield "%-16s %4d  %s" % (suite.name, count, reason)


def rows_of(suites, states, state):
    for suite in suites:
        for row in suite.rows:
            if states[row.place][0] == state:
                yield "%-16s %s: %s%s" % (suite.name, row.id, row.what,
                                          " (%s)" % row.note if row.note else "")


def report(suites, states):
    parts = [
        ["# Conformance", "",
         "Written by `make conformance CONFORMANCE=--write`; CI computes it anew and compares.",
         "Each row of the files beside this one names the test that would fail if it were broken.", ""],
        table_of(suites, states), ["", "## Not applicable, by reason", ""],
        list(reasons_of(suites, states)), ["", "## Exceptions", ""],
        list(rows_of(suites, states, "exception")), ["", "## Open", ""],
        list(rows_of(suites, states, "open")),
    ]
    return "\n".join(line.rstrip() for part in parts for line in part) + "\n"


def complaints_of(suites, states):
    seen = {}
    for suite in suites:
        yield from suite.complaints
        for row in suite.rows:
            if row.id in seen:
                yield "%s: id %s is also at %s" % (row.place, row.id, seen[row.id])
            seen[row.id] = row.place
            if states[row.place][1]:
                yield "%s: %s: %s" % (row.place, row.id, states[row.place][1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--source", default=os.environ.get("srcdir", "."))
    parser.add_argument("--build", default=os.environ.get("builddir", "."))
    parser.add_argument("--tables", default="tests/conformance", help="their folder")
    parser.add_argument("--names", action="store_true", help="only look whether the tests exist")
    parser.add_argument("--write", action="store_true", help="write RESULTS")
    options = parser.parse_args()
    source = os.path.abspath(options.source)
    folder = os.path.join(source, options.tables)
    suites = [Suite(path) for path in sorted(glob.glob(os.path.join(folder, "*.tsv")))]
    tree = Tree(source)
    results = None if options.names else Results(source, os.path.abspath(options.build))
    states = {row.place: judge(row, tree, results) for suite in suites for row in suite.rows}
    complaints = list(complaints_of(suites, states))
    path = os.path.join(folder, "RESULTS")
    keeps_results = not all(suite.is_promise for suite in suites)
    text = report(suites, states)
    if options.write:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    elif keeps_results and not options.names and (not os.path.exists(path) or read(path) != text):
        complaints.append("RESULTS is not what was computed: make conformance CONFORMANCE=--write")
    if not options.names:
        table = "\n".join(table_of(suites, states))
        print(text.split("\n\n## Exceptions")[0] if keeps_results else table)
        print("\n".join(["", "## Open", ""] + list(rows_of(suites, states, "open"))))
    for complaint in complaints:
        print("FAIL", complaint)
    rows = sum(len(suite.rows) for suite in suites)
    failed = sum(state == "failed" for state, _ in states.values())
    if options.names:
        print("%d rows, %d complaints" % (rows, len(complaints)))
    else:
        print("%d rows: %s" % (rows, ", ".join("%d %s" % (sum(state == name for state, _ in
                               states.values()), name) for name in STATES)))
    return 1 if complaints or failed or not rows else 0


sys.exit(main())
