#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Are the tests able to fail? Puts faults into the core, one at a time, and looks who notices.

A fault is one small change of one line. Which lines, a seed decides: the same tree gives the same
faults, and a change of one file leaves the faults of the others as they were. For each fault the
tests of its layer and of those above are built and run, the most likely ones first, with the
sanitizers, until one fails: the fault is killed. What no test notices is a survivor: either the
tests have a hole, or the change changes nothing. tests/mutation/SURVIVORS holds what was judged.

Results are kept in WORK/results; a run goes on where the last one was stopped, and tries survivors
again. Faults that do not compile are not counted; others take their place.
"""
import argparse
import collections
import hashlib
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import threading
import time

LAYERS = ["sip", "sdp", "media", "agent", "hook", "desk"]
# Whose tests can notice a fault of a layer.
TESTS_OF = {
    "sip": ["sip", "fuzz", "agent", "hook"],
    "sdp": ["sdp", "agent", "hook"],
    "media": ["media", "fuzz", "agent"],
    "agent": ["agent", "hook", "desk"],
    "hook": ["hook", "agent"],
    "desk": ["desk"],
}
SCENARIOS = "tests/scenarios/scenario_runner"
SECONDS_PER_TEST = 60
TIMES_AS_LONG = 15  # as without a fault, and SECONDS_AT_LEAST: then it does not end
SECONDS_AT_LEAST = 10
SECONDS_PER_BUILD = 300  # of one program: what takes longer says nothing about the fault


# --- the faults


def mask(text):
    """The text with strings, characters and comments blanked out, every byte in its place."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)


def skipped_lines(masked):
    """Lines that say something about the program instead of doing it: log lines, asserts."""
    skipped = set()
    inside = False
    for number, line in enumerate(masked):
        if re.match(r"\s*(LOG|assert|_Static_assert)\b", line):
            inside = True
        if inside or line.lstrip().startswith("#") or line.rstrip().endswith("\\"):
            skipped.add(number)
        if inside and line.rstrip().endswith(";"):
            inside = False
    for number, line in enumerate(masked):  # a condition of nothing but a log line
        code = [text for text in masked[number:number + 4] if text.strip()]
        if re.match(r"\s*(else )?if \(", line) and len(code) > 1 and "{" not in line and \
                re.match(r"\s*LOG\b", code[1]):
            skipped.add(number)
    inside = False
    for number, line in enumerate(masked):  # functions that only name things for the log
        if re.match(r"(static )?const char \*\w+_text\(", line):
            inside = True
        if inside:
            skipped.add(number)
        if line.startswith("}"):
            inside = False
    return skipped


def replacements(pattern, swap):
    """Each occurrence of a pattern, exchanged for its counterpart."""
    def find(line, code, _):
        for match in re.finditer(pattern, code):
            new = swap(match)
            if new is not None:
                yield line[:match.start()] + new + line[match.end():]
    return find


COMPARISONS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}


def negate(line, code, _):
    match = re.match(r"(\s*(?:\} )?(?:else )?(?:if|while) )\((.*)\)( \{)?$", code)
    if match and match.group(2).count("(") == match.group(2).count(")"):
        yield f"{line[:match.end(1)]}(!{line[match.end(1):match.end(2) + 1]}){match.group(3) or ''}"


def is_statement(code, before):
    if not code.startswith(" ") or not code.endswith(";"):
        return False
    return before == "" or before.endswith((";", "{", "}", ":", ")", "else", "do"))


def drop(line, code, before):
    call = re.match(r"\s+(?!return\b|for\b|while\b|if\b|break\b|continue\b|goto\b)\w+\(.*\);$", code)
    change = re.match(r"\s+[\w\->.\[\]*&+ ]*?\w[\])]* ?([-+|&^*/]|<<|>>)?= .*;$|\s+[\w\->.\[\]]+(\+\+|--);$|"
                      r"\s+(\+\+|--)[\w\->.\[\]]+;$", code)
    declares = re.match(r"\s+(const |static |struct |enum |unsigned )|\s+\w+ \**\w+( =|;|\[)", code)
    if is_statement(code, before) and (call or (change and not declares)):
        yield line[:len(line) - len(line.lstrip())] + ";"


def stay(line, code, before):
    """An early exit that is not taken."""
    if re.match(r"\s+return\b.*;$", code) and re.match(r"(\} )?(else )?if\b.*\)$|else$|.*\)$", before):
        yield line[:len(line) - len(line.lstrip())] + ";"
    elif re.match(r"\s+(return|break|continue);$", code) and before.endswith(";"):
        yield line[:len(line) - len(line.lstrip())] + ";"


def number(match):
    value = int(match.group(1), 0)
    around = match.string
    is_time = re.search(r"_(MS|S)\b", around)
    return str(value * 2 if is_time and value else value + 1) + match.group(2)


def constant(line, code, before):
    if re.match(r"\s*(static |const )*(char|uint8_t) .*\[", code) or "sizeof" in code:
        return
    yield from replacements(r"(?<![\w.])(\d+|0x[0-9a-fA-F]+)([uUlL]*)(?![\w.])", number)(
        line, code, before)


OPERATORS = {
    "compare": replacements(r"(?<= )(<|<=|>|>=|==|!=)(?= )", lambda m: COMPARISONS[m.group(1)]),
    "negate": negate,
    "drop": drop,
    "constant": constant,
    "logic": replacements(r"&&|\|\|", lambda m: "||" if m.group(0) == "&&" else "&&"),
    "stay": stay,
    "not": replacements(r"(?<!\(void\))!(?=[\w(])", lambda m: ""),
    "bool": replacements(r"\b(true|false)\b", lambda m: "false" if m.group(1) == "true" else "true"),
}


class Fault:
    """Known by its place and its two lines. `place` is the file and the function."""

    def __init__(self, place, number, operator, old, new):
        self.place, self.number, self.operator = place, number, operator
        self.path = place.split(" ")[0]
        self.old, self.new = old, new

    def text(self):
        return f"{self.place}\n    - {self.old.strip()}\n    + {self.new.strip()}"

    def identify(self, seed):
        self.key = hashlib.sha256(self.text().encode()).hexdigest()[:16]
        self.rank = hashlib.sha256(f"{seed}\n{self.text()}".encode()).hexdigest()


def faults_of_file(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        text = file.read()
    lines = text.split("\n")
    masked = mask(text).split("\n")
    skipped = skipped_lines(masked)
    before = ""
    place = path
    for number, code in enumerate(masked):
        code = code.rstrip()
        function = re.match(r"\w.*?(\w+)\(", code)
        if function:
            place = f"{path} {function.group(1)}"
        if number not in skipped and code:
            for operator, find in OPERATORS.items():
                for new in find(lines[number], code, before):
                    yield Fault(place, number, operator, lines[number], new)
        if code:
            before = code.strip()
        if code.startswith("}"):
            place = path


def all_faults(root, layers, seed):
    faults = []
    seen = collections.Counter()
    for layer in layers:
        folder = os.path.join("src", layer)
        for name in sorted(os.listdir(os.path.join(root, folder))):
            if name.endswith(".c"):
                faults += faults_of_file(root, os.path.join(folder, name))
    for fault in faults:  # the same line twice in a function: "#2"
        text = fault.text()
        seen[text] += 1
        if seen[text] > 1:
            fault.place += f" #{seen[text]}"
        fault.identify(seed)
    return sorted(faults, key=lambda fault: fault.rank)


def at_most(faults, count):
    """Of each file no more than so many."""
    taken = collections.Counter()
    for fault in faults:
        taken[fault.path] += 1
        if taken[fault.path] <= count:
            yield fault


def in_turn(faults):
    """By rank, one operator after the other, one fault a line."""
    queues = {name: [f for f in faults if f.operator == name] for name in OPERATORS}
    seen = set()
    while any(queues.values()):
        for queue in queues.values():
            while queue:
                fault = queue.pop(0)
                if (fault.path, fault.number) not in seen:
                    seen.add((fault.path, fault.number))
                    yield fault
                    break


# --- building and running


def be_modest():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)


def source_files(root):
    listed = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard"],
                            capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return listed.stdout.splitlines()
    return [os.path.relpath(os.path.join(folder, name), root)  # a released tree
            for folder, _, names in os.walk(root) if "mutation/0" not in folder for name in names]


class Worker:
    """A copy of the tree with a build of its own."""

    def __init__(self, source, folder, compiler):
        self.source, self.folder, self.compiler = source, folder, compiler
        self.tree = os.path.join(folder, "tree")
        self.build = os.path.join(folder, "build")
        self.seconds = {}  # of each test

    def run(self, command, seconds, output=subprocess.DEVNULL):
        environment = dict(os.environ, srcdir=self.tree, builddir=self.build, CK_FORK="no",
                           ASAN_OPTIONS="hard_rss_limit_mb=1024:detect_leaks=1", CK_VERBOSITY="silent")
        process = subprocess.Popen(command, cwd=self.build, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=output, stderr=output, preexec_fn=be_modest,
                                   start_new_session=True)
        try:
            return process.wait(timeout=max(seconds, 1))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()
            return None

    def synchronize(self):
        """Copies what has changed since the last time, and nothing else, so that little is built."""
        files = source_files(self.source)
        changed_makefiles = False
        for name in files:
            source, copy = os.path.join(self.source, name), os.path.join(self.tree, name)
            if not os.path.isfile(source):
                continue
            with open(source, "rb") as file:
                content = file.read()
            if os.path.exists(copy):
                with open(copy, "rb") as file:
                    if file.read() == content:
                        continue
            os.makedirs(os.path.dirname(copy), exist_ok=True)
            shutil.copyfile(source, copy)
            shutil.copymode(source, copy)
            changed_makefiles |= name.endswith((".mk", ".am", ".ac"))
        for folder, _, names in os.walk(self.tree): # what is no more: tests read whole folders
            for name in names:
                path = os.path.relpath(os.path.join(folder, name), self.tree)
                if path.startswith(("src/", "tests/")) and name.endswith((".c", ".h", ".scenario")) \
                        and path not in files:
                    os.remove(os.path.join(self.tree, path))
        return changed_makefiles

    def prepare(self):
        os.makedirs(self.tree, exist_ok=True)
        changed = self.synchronize()
        if changed or not os.path.exists(os.path.join(self.build, "Makefile")):
            os.makedirs(self.build, exist_ok=True)
            subprocess.run(["autoreconf", "-fi"], cwd=self.tree, check=True, capture_output=True)
            subprocess.run([os.path.join(self.tree, "configure"), "--quiet", "--enable-sanitizers",
                            "--disable-hardening", f"CC={self.compiler}", "CFLAGS=-O1"],
                           cwd=self.build, check=True)

    def make(self, target, seconds):
        return self.run(["make", "-s", target], seconds) == 0

    def run_test(self, test):
        command = [os.path.join(self.build, test)]
        if test == SCENARIOS:
            folder = os.path.join(self.tree, "tests/scenarios")
            command += sorted(os.path.join(folder, name) for name in os.listdir(folder)
                              if name.endswith(".scenario"))
        usual = self.seconds.get(test, SECONDS_PER_TEST)
        limit = min(SECONDS_PER_TEST, SECONDS_AT_LEAST + TIMES_AS_LONG * usual)
        return self.run(command, limit) == 0

    def tests(self, layers):
        names = []
        for layer in layers:
            with open(os.path.join(self.tree, "tests", layer, "local.mk"), encoding="utf-8") as file:
                names += [f"tests/{layer}/{name}" for name in
                          re.findall(r"^\s*check_PROGRAMS \+= %D%/(\w+)", file.read(), re.M)]
        return names

    def baseline(self, layers):
        """Every test must pass before any fault is put in."""
        folders = []
        for layer in layers:
            folders += [folder for folder in TESTS_OF[layer] if folder not in folders]
        for test in self.tests(folders) + [SCENARIOS]:
            if not self.make(test, 600):
                sys.exit(f"{test} cannot be built")
            start = time.monotonic()
            if not self.run_test(test):
                sys.exit(f"{test} fails without any fault")
            self.seconds[test] = time.monotonic() - start

    def order(self, path):
        """The suite of the file, then the scenarios and the rest, the quick ones first."""
        folder, name = path.split("/")[1:]
        tests = [test for test in self.tests(TESTS_OF[folder])] + [SCENARIOS]
        own = [f"tests/{folder}/test_{name[:-2]}"]
        own += [test for test in tests
                if test.startswith(f"tests/{folder}/test_" + name[:-2].split("_")[0])]
        first = [test for test in own if test in tests]
        rest = sorted((test for test in tests if test not in first), key=self.seconds.get)
        return list(dict.fromkeys(first + rest))

    def judge(self, fault):
        """"killed" and the test, "survivor", or "broken" for what does not compile."""
        path = os.path.join(self.tree, fault.path)
        with open(path, encoding="utf-8") as file:
            whole = file.read()
        lines = whole.split("\n")
        lines[fault.number] = fault.new
        try:
            with open(path, "w", encoding="utf-8") as file:
                file.write("\n".join(lines))
            if not self.make(f"lib{fault.path.split('/')[1]}.a", SECONDS_PER_BUILD):
                return "broken", ""
            for test in self.order(fault.path):
                if not self.make(test, SECONDS_PER_BUILD):
                    return "broken", ""
                if not self.run_test(test):
                    return "killed", test
            return "survivor", ""
        finally:
            with open(path, "w", encoding="utf-8") as file:
                file.write(whole)


# --- results


def read_results(path):
    results = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            for line in file:
                row = json.loads(line)
                results[row["key"]] = row
    return results


def read_judgements(path):
    """SURVIVORS: the place, the old line, the new line, the judgement; found by the first three."""
    judgements = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            for block in file.read().split("\n\n"):
                lines = [line.strip() for line in block.strip().split("\n") if line[:1] != "#"]
                if len(lines) >= 4:
                    judgements[f"{lines[0]}\n    {lines[1]}\n    {lines[2]}"] = " ".join(lines[3:])
    return judgements


def print_outdated(source, judgements):
    """Judgements of lines that are no more."""
    faults = {fault.text() for fault in all_faults(source, LAYERS, "")}
    for text in judgements:
        if text not in faults:
            print(f"SURVIVORS is outdated:\n{text}\n")


class Campaign:
    def __init__(self, arguments, work, workers):
        self.arguments, self.workers = arguments, workers
        self.results_path = os.path.join(work, "results")
        self.results = {} if arguments.fresh else read_results(self.results_path)
        self.lock = threading.Lock()
        self.done = []
        self.given = {}  # in work: one of them may turn out broken
        faults = all_faults(workers[0].tree, arguments.layers, arguments.seed)
        faults = [fault for fault in faults if any(text in fault.path for text in arguments.only)]
        self.faults = at_most(in_turn(faults), arguments.each)
        if arguments.fresh and os.path.exists(self.results_path):
            os.remove(self.results_path)

    def known(self, fault):
        row = self.results.get(fault.key)
        return row if row and row["verdict"] != "survivor" else None

    def next(self):
        with self.lock:
            while len(self.done) + len(self.given) < self.arguments.count:
                fault = next(self.faults, None)
                if not fault:
                    return None
                row = self.known(fault)
                if not row:
                    self.given[fault.key] = fault
                    return fault
                if row["verdict"] != "broken":
                    self.done.append((fault, row["verdict"], row["test"]))
            return None

    def finish(self, fault, verdict, test, seconds):
        with self.lock:
            del self.given[fault.key]
            with open(self.results_path, "a", encoding="utf-8") as file:
                file.write(json.dumps({"key": fault.key, "verdict": verdict, "test": test}) + "\n")
            if verdict == "broken":
                return
            self.done.append((fault, verdict, test))
            print(f"{len(self.done):4} {seconds:5.1f} s  {verdict:8} "
                  f"{fault.path}:{fault.number + 1} {fault.operator} {os.path.basename(test)}",
                  flush=True)

    def work(self, worker):
        while True:
            fault = self.next()
            if not fault:
                return
            start = time.monotonic()
            verdict, test = worker.judge(fault)
            self.finish(fault, verdict, test, time.monotonic() - start)

    def run(self):
        threads = [threading.Thread(target=self.work, args=(worker,)) for worker in self.workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def report(campaign, source):
    judgements = read_judgements(os.path.join(source, "tests/mutation/SURVIVORS"))
    survivors = sorted((fault for fault, verdict, _ in campaign.done if verdict == "survivor"),
                       key=lambda fault: (fault.path, fault.number))
    for title, of_fault in ("operator", lambda fault: fault.operator), \
            ("file", lambda fault: fault.path):
        print(f"\n{title:40} faults  killed")
        for group in sorted({of_fault(fault) for fault, _, _ in campaign.done}):
            rows = [verdict for fault, verdict, _ in campaign.done if of_fault(fault) == group]
            print(f"{group:40} {len(rows):6} {rows.count('killed'):7}")
    unjudged = 0
    equivalent = 0
    print("\nsurvivors:")
    for fault in survivors:
        judgement = judgements.get(fault.text(), "")
        equivalent += judgement.startswith("equivalent:")
        unjudged += not judgement.startswith("equivalent:")
        print(f"{fault.text()}\n    {judgement or 'not judged'}\n")
    print_outdated(source, judgements)
    count = len(campaign.done)
    killed = count - len(survivors)
    print(f"{count} faults, {killed} killed ({100 * killed / max(count, 1):.1f} %), "
          f"{equivalent} equivalent, {unjudged} survivors")
    return killed * 100 >= 95 * count


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--source", default=os.environ.get("srcdir", "."))
    parser.add_argument("--work", default="mutation", help="folder of the copies and the results")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", default="offhook")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--layers", nargs="+", choices=LAYERS, default=["sip", "sdp", "agent"])
    parser.add_argument("--only", nargs="+", default=[""], help="files whose path holds such a text")
    parser.add_argument("--each", type=int, default=sys.maxsize, help="at most so many of a file")
    parser.add_argument("--compiler", default="gcc")
    parser.add_argument("--fresh", action="store_true", help="forget the results so far")
    parser.add_argument("--list", action="store_true", help="print the faults, try none")
    arguments = parser.parse_args()
    source = os.path.abspath(arguments.source)
    work = os.path.abspath(arguments.work)
    if arguments.list:
        faults = in_turn(all_faults(source, arguments.layers, arguments.seed))
        for fault, _ in zip(faults, range(arguments.count)):
            print(fault.text())
        return 0
    workers = [Worker(source, os.path.join(work, str(i)), arguments.compiler)
               for i in range(arguments.jobs)]
    for worker in workers:
        worker.prepare()
        worker.baseline(arguments.layers)
    campaign = Campaign(arguments, work, workers)
    campaign.run()
    return 0 if report(campaign, source) else 1


if __name__ == "__main__":
    sys.exit(main())
