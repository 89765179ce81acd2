# SPDX-License-Identifier: ISC
"""The hook contract on the real daemon: environment, taming, decisions, deadlines, misbehaviour."""
import os
import shutil
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import BUILDDIR, Caller, Lab, Tally, wait_for

tally = Tally()


def call(lab, **options):
    """A call that is expected to be decided without being answered: (status, statuses)."""
    until = options.pop("seconds", 12)
    caller = Caller(lab, **options)
    result = caller.invite(seconds=until)
    if result[0] == 200:
        caller.bye()
    caller.close()
    return result


def read(path, seconds=5):
    wait_for(path, lambda: os.path.exists(path) and os.path.getsize(path) > 0, seconds)
    time.sleep(0.05)
    with open(path, "rb") as file:
        return file.read()


def check_environment(lab):
    out = lab.path("out")
    os.makedirs(out, exist_ok=True)
    os.chmod(out, 0o777)
    lab.hook("incoming", """
env -0 > %(out)s/env
ls -l /proc/self/fd > %(out)s/fds
readlink /proc/self/fd/0 > %(out)s/stdin
echo "$# $1" > %(out)s/argv
pwd > %(out)s/pwd
cat %(password)s > %(out)s/secret 2>&1
ps -o pgid= -p $$ > %(out)s/pgid; echo $$ >> %(out)s/pgid
grep -E 'Sig(Blk|Ign)' /proc/self/status > %(out)s/signals
echo reject 603 Go away""" % {"out": out, "password": lab.path("password")})
    final, _ = call(lab, user="+4930555", name="Ann")
    tally.check("hook's reject 603 is the answer", final == 603, final)
    pairs = dict(item.split(b"=", 1) for item in read(out + "/env").split(b"\0") if item)
    names = {name.decode() for name in pairs}
    foreign = {name for name in names if not name.startswith("OFFHOOK_")} - {
        "PATH", "LANG", "HOME", "PWD", "_", "SHLVL", "OLDPWD"}
    tally.check("environment holds only fixed names", not foreign, foreign)
    wanted = {"OFFHOOK_EVENT": b"incoming", "OFFHOOK_FROM": b"+4930555", "OFFHOOK_FROM_NAME": b"Ann",
              "OFFHOOK_TO": b"alice", "OFFHOOK_LINE": b"home", "OFFHOOK_DIRECTION": b"in",
              "OFFHOOK_TRUST": b"none", "OFFHOOK_RATE": b"8000", "LANG": b"C.UTF-8"}
    for name, value in wanted.items():
        tally.check("%s is %s" % (name, value.decode()), pairs.get(name.encode()) == value,
                    pairs.get(name.encode()))
    tally.check("argv is the event's name and nothing else", read(out + "/argv") == b"1 incoming\n")
    tally.check("standard input is /dev/null", read(out + "/stdin") == b"/dev/null\n")
    numbers = {line.split()[8] for line in read(out + "/fds").decode().splitlines() if "->" in line}
    tally.check("no descriptor leaks but the script's own", len(numbers - {"0", "1", "2"}) <= 3,
                numbers)
    tally.check("the working folder is OFFHOOK_DIR", read(out + "/pwd").strip() == pairs[b"OFFHOOK_DIR"])
    tally.check("the password cannot be read by a hook", b"denied" in read(out + "/secret"),
                read(out + "/secret"))
    group, pid = read(out + "/pgid").split()
    tally.check("a hook has a process group of its own", group == pid)
    tally.check("no signal is blocked or ignored",
                all(line.split()[1] == b"0" * 16 for line in read(out + "/signals").splitlines()),
                read(out + "/signals"))
    folder = pairs[b"OFFHOOK_DIR"].decode()
    tally.comes("the call's folder is removed", lambda: not os.path.exists(folder), 5)
    return out


HOSTILE = [
    ('"; id #', None), ("`id`", None), ("$(id)", None), ("() { :;}; id", None),
    ("a\x1b]0;title\x07b", None), ("x\u202egnp", None), ("-rf", None), ("\u200bzero", None),
    ("J\u00fcrgen M\u00fcller", "J\u00fcrgen M\u00fcller"), ("\u7530\u4e2d", "\u7530\u4e2d"),
    ("O'Neil & Sons", "O_Neil _ Sons"), ("A" * 400, "A" * 128), ("a|b>c<d;e", None),
    ("100%", "100_"), ("x\udcff\udcfey", "x__y"),
]


def check_names(lab, out):
    lab.hook("incoming", "printf '%%s' \"$OFFHOOK_FROM_NAME\" > %s/name; echo reject 486" % out)
    allowed = set(" .,+-_")
    for name, wanted in HOSTILE:
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        path = out + "/name"
        if os.path.exists(path):
            os.remove(path)
        final, _ = call(lab, name=escaped)
        value = b""
        if final == 486:
            value = read(path)
        text = value.decode("utf-8", "replace")
        is_tame = all(c.isalnum() or c in allowed for c in text) and not text.startswith("-")
        fine = final in (400, 486) and (final == 400 or
                                        (is_tame and len(value) <= 128 and wanted in (None, text)))
        tally.check("caller name %s is tamed" % ascii(name[:20]), fine, (final, ascii(text)[:40]))


def check_decisions(lab):
    rows = [
        ("echo reject 486 retry-after=30 Busy here", 486), ("echo reject", 480),
        ("echo redirect sip:bob@example.com", 302), ("echo nonsense; echo reject 404", 404),
        ("echo reject 200; echo reject 410", 410), ("printf 'reject 488'", 488),
        ("echo reject 403; echo reject 404", 403), ("exit 0", 480), ("exit 1", 480),
        ("exit 7", 480), ("kill -SEGV $$", 480), ("echo reject 484; kill -KILL $$", 484),
        ("echo answer relative/path", 480), ("head -c 300000 /dev/zero; echo; echo reject 604", 604),
        ("yes x | head -20000; echo reject 606", 606),
        ("exec >&-; exit 0", 480),
    ]
    for script, wanted in rows:
        lab.hook("incoming", script)
        final, _ = call(lab)
        tally.check("%s -> %d" % (script[:44], wanted), final == wanted, final)
    lab.hook("incoming", "echo ring; sleep 0.3; echo reject 600")
    final, statuses = call(lab)
    tally.check("ring is 180 and keeps deciding", final == 600 and 180 in statuses, statuses)
    os.remove(lab.path("hooks/incoming"))
    os.makedirs(lab.path("hooks/incoming.d"), exist_ok=True)
    lab.hook("incoming.d/10-first", "exit 1")
    lab.hook("incoming.d/20-second", "echo reject 433")
    lab.hook("incoming.d/30-third", "echo reject 434")
    tally.check("incoming.d runs in order until one decides", call(lab)[0] == 433)
    for name in os.listdir(lab.path("hooks/incoming.d")):
        os.remove(lab.path("hooks/incoming.d/" + name))
    lab.hook("incoming", "echo reject 433")
    os.chmod(lab.path("hooks/incoming"), 0o775)
    tally.check("a hook that its group may write is not run", call(lab)[0] == 480)
    os.chmod(lab.path("hooks/incoming"), 0o644)
    tally.check("a hook that is not executable is not run", call(lab)[0] == 480)
    os.remove(lab.path("hooks/incoming"))
    os.mkdir(lab.path("hooks/incoming"))
    tally.check("a hook that is a folder is not run", call(lab)[0] == 480)
    os.rmdir(lab.path("hooks/incoming"))


def reason(lab):
    """What the log says last of a hook that was not run."""
    lines = [text for text in lab.log("offhookd").splitlines() if "hook is not run" in text or
             "hook cannot be started" in text]
    return lines[-1] if lines else ""


def check_reasons(lab):
    """Each kind of file that cannot be run: the configuration decides, and the log names the cause."""
    path = lab.path("hooks/incoming")
    real = lab.path("elsewhere")

    def write(text, mode=0o755, owner=0):
        if os.path.lexists(path):
            os.remove(path)
        with open(path, "wb") as file:
            file.write(text)
        os.chmod(path, mode)
        os.chown(path, owner, owner)

    reject = b"\necho reject 433\n"
    rows = [
        (b"#!/bin/sh\r" + reject, 0o755, 0, "carriage return"),
        (b"#!/usr/bin/env sh\r" + reject, 0o755, 0, "carriage return"),
        (b"#!/nowhere/python9" + reject, 0o755, 0, "/nowhere/python9 is not there"),
        (b"#!" + reject, 0o755, 0, "names no interpreter"),
        (b"echo reject 433\n", 0o755, 0, "no #! line"),
        (b"", 0o755, 0, "no #! line"),
        (b"\xef\xbb\xbf#!/bin/sh" + reject, 0o755, 0, "byte order mark"),
        (b"#!/bin/sh" + reject, 0o755, 12345, "chown"),
        (b"#!/bin/sh" + reject, 0o644, 0, "not executable"),
        (b"#!/bin/sh" + reject, 0o775, 0, "chmod go-w"),
    ]
    for text, mode, owner, wanted in rows:
        write(text, mode, owner)
        tally.check("not run, and said why: %s" % wanted,
                    call(lab)[0] == 480 and wanted in reason(lab), reason(lab))
        for words in (("status",), ("hooks",), ("test", "incoming")):
            said = lab.ctl(*words)
            said = said.stdout + said.stderr
            tally.check("%s says: incoming, %s" % (words[0], wanted),
                        "incoming" in said and wanted in said, said)
    os.remove(path)
    os.mkdir(path)
    tally.check("of a folder, too", call(lab)[0] == 480 and "ends with .d" in reason(lab) and
                "ends with .d" in lab.ctl("status").stdout, lab.ctl("status").stdout)
    os.rmdir(path)
    write(b"#!/bin/sh" + reject)
    os.rename(path, real)
    os.symlink(real, path)
    tally.check("a link is not run", call(lab)[0] == 480 and "symbolic link" in reason(lab), reason(lab))
    os.remove(path)
    os.rename(real, path)
    for mode in (0o777, 0o775, 0o1777):
        os.chmod(lab.hooks, mode)
        tally.check("a folder of mode %o is not trusted" % mode,
                    call(lab)[0] == 480 and "chmod go-w" in reason(lab), reason(lab))
    os.chmod(lab.hooks, 0o755)
    os.chmod(lab.folder, 0o777)
    tally.check("nor a folder below one that others may write", call(lab)[0] == 480 and
                lab.folder + ", a folder above, may be written" in reason(lab), reason(lab))
    os.chmod(lab.folder, 0o755)
    tally.check("a good one is run", call(lab)[0] == 433)
    os.remove(path)
    os.makedirs(path + ".d", exist_ok=True)
    for name in ("10-a.dpkg-old", "20-b.bak", "README.md", "30-c~", ".40-d", "50 e"):
        lab.hook("incoming.d/" + name, "echo reject 434")
    lab.hook("incoming.d/60-Z_z", "echo reject 435")
    tally.check("names of X.d are those that run-parts(8) takes", call(lab)[0] == 435)
    os.chmod(path + ".d", 0o777)
    tally.check("the folder X.d is checked like the file", call(lab)[0] == 480 and
                "60-Z_z" in reason(lab), reason(lab))
    shutil.rmtree(path + ".d")


def check_strangers(lab):
    """Files in the folder that are no events are named where somebody looks."""
    import json
    import subprocess
    names = ("incomming", "README", "ended~", "online.sh")
    for name in names:
        lab.hook(name, "exit 0")
    os.makedirs(lab.path("hooks/incoming.d"), exist_ok=True)
    os.makedirs(lab.path("hooks/incomming.d"), exist_ok=True)
    lab.hook("incoming.d/10-a.dpkg-old", "exit 0")
    told = json.loads(lab.ctl("status", "--json").stdout)["hooks_not_run"]
    wanted = [name + " is no event" for name in names] + ["incoming.d/10-a.dpkg-old is not run",
                                                          "incomming.d is a folder of no event"]
    tally.check("status names what is no event", len(told) == len(wanted) and
                all(any(line.startswith(one) for line in told) for one in wanted), told)
    shown = lab.ctl("status").stdout
    tally.check("in plain words", "incomming is no event and is not run: is incoming meant?" in shown, shown)
    check = subprocess.run([os.path.join(BUILDDIR, "offhookd"), "-c", lab.path("offhookd.conf"), "--check"],
                           capture_output=True, text=True, check=False)
    tally.check("so does --check, which is OK", check.returncode == 0 and "OK" in check.stdout and
                all(one in check.stderr for one in wanted), check.stderr)
    tally.check("and a reload, in the log", lab.ctl("reload").returncode == 0 and
                "incomming is no event" in lab.log("offhookd"))
    for name in names:
        os.remove(lab.path("hooks/" + name))
    shutil.rmtree(lab.path("hooks/incoming.d"))
    shutil.rmtree(lab.path("hooks/incomming.d"))
    tally.check("nothing is said of a tidy folder",
                json.loads(lab.ctl("status", "--json").stdout)["hooks_not_run"] == [])


def check_spellings(lab, out):
    """The password by ten spellings of its path: none is read."""
    secret = lab.path("password")
    folder = os.path.dirname(secret)
    link = lab.path("shortcut")
    os.symlink(folder, link)
    os.symlink(secret, lab.path("another"))
    spellings = [secret, secret.replace("/", "//"), folder + "/./password", folder + "/hooks/../password",
                 link + "/password", lab.path("another"), "/proc/self/root" + secret,
                 "/proc/%d/root%s" % (lab.daemon.pid, secret), "../" * 9 + secret[1:],
                 "/proc/%d/cwd/" % lab.daemon.pid + os.path.relpath(secret, os.getcwd())]
    lab.hook("incoming", "echo begun > %s/read; for f in %s; do cat $f >> %s/read; done; echo reject 433" %
             (out, " ".join(spellings), out))
    tally.check("ten spellings of the password's path, none is read",
                call(lab)[0] == 433 and read(out + "/read") == b"begun\n", read(out + "/read"))
    os.remove(link)
    os.remove(lab.path("another"))
    os.remove(lab.path("hooks/incoming"))


def check_left_behind(lab, out):
    """What a hook leaves in its group ends with linger."""
    lab.hook("incoming", "sleep 97 & echo $! > %s/sleeper; echo reject 433" % out)
    tally.check("a hook that leaves a process behind decides", call(lab)[0] == 433)
    pid = int(read(out + "/sleeper"))
    tally.comes("what it leaves behind ends with linger",
                lambda: not os.path.exists("/proc/%d" % pid), 20)
    program = lab.path("program")
    with open(program, "w", encoding="ascii") as file:
        file.write("#!/bin/sh\nsleep 97 &\necho $! > %s/second\nsetsid sleep 96 &\necho $! > %s/third\n"
                   "exec cat\n" % (out, out))
    os.chmod(program, 0o755)
    lab.hook("incoming", "echo answer %s" % program)
    caller = Caller(lab)
    final, _ = caller.invite()
    pid = int(read(out + "/second"))
    other = int(read(out + "/third"))
    caller.bye()
    caller.close()
    wait_for("the second sleeper's end", lambda: not os.path.exists("/proc/%d" % pid), 20)
    tally.check("what a program leaves behind ends with linger", final == 200)
    tally.check("what has made a session of its own goes on", os.path.exists("/proc/%d" % other))
    os.kill(other, signal.SIGKILL)
    os.remove(lab.path("hooks/incoming"))


def check_show(lab):
    """What went wrong with a call's hooks is shown with the call."""
    os.makedirs(lab.path("hooks/incoming.d"))
    lab.hook("incoming.d/10-broken", "echo out of order >&2; exit 9")
    lab.hook("incoming.d/20-ring", "echo ring; sleep 20")
    caller = Caller(lab)
    caller.invite(until=180)
    one = lab.ask("calls")["calls"][0]
    tally.check("calls tells the trouble", one["hook_trouble"] == "incoming.d/10-broken: out of order", one)
    for words in (("show",), ("show", "--json")):
        said = lab.ctl("--call", one["call"], *words).stdout
        tally.check("%s tells the trouble" % " ".join(words), "incoming.d/10-broken: out of order" in said,
                    said)
    caller.cancel()
    caller.wait_status("INVITE", 5)
    caller.close()
    shutil.rmtree(lab.path("hooks/incoming.d"))


def check_figures(lab):
    """Where status points: the file, the reason, and green after a good run."""
    import json
    lab.hook("incoming", "exit 7")
    call(lab)
    row = [json.loads(line) for line in lab.ctl("hooks", "--json").stdout.splitlines()]
    row = [hook for hook in row if hook["hook"] == "incoming"][0]
    tally.check("a hook that has failed is failing, with its time", row["failing"] and
                "last_failure" in row, row)
    os.chmod(lab.path("hooks/incoming"), 0o644)
    said = lab.ctl("test", "incoming").stderr
    tally.check("`test` says why it is not run", "not executable" in said, said)
    for wrong in ("rejct 603", "reject 200", "answer cat", "Reject 603", "redirect"):
        lab.hook("incoming", "echo %s; echo reject 404" % wrong)
        tally.check("a wrong line is passed over: " + wrong, call(lab)[0] == 404)
        warning = [line for line in lab.log("offhookd").splitlines() if '"%s"' % wrong in line or
                   "line=%s " % wrong in line][-1:]
        tally.check("and is a warning with file and call: " + wrong, warning and
                    "offhookd: warning" in warning[0] and "hook=incoming call=" in warning[0], warning)
    lab.hook("incoming", "printf '\\357\\273\\277reject 433\\n'")
    tally.check("a byte order mark before a decision is skipped", call(lab)[0] == 433)
    lab.hook("incoming", "echo reject 404")
    call(lab)
    row = [json.loads(line) for line in lab.ctl("hooks", "--json").stdout.splitlines()]
    row = [hook for hook in row if hook["hook"] == "incoming"][0]
    tally.check("a good run makes it green", not row["failing"], row)
    lab.hook("incoming", 'echo "$OFFHOOK_HOOK" >&2; nowhere; echo reject 433')
    call(lab)
    said = [line for line in lab.log("offhookd").splitlines() if "standard error" in line][-2:]
    tally.check("OFFHOOK_HOOK is the hook's path, and its shell's words bear it",
                all(lab.path("hooks/incoming") in line for line in said), said)
    lab.hook("incoming", 'echo "name $0" >&2; nowhere; echo reject 433')
    call(lab)
    said = [line for line in lab.log("offhookd").splitlines() if "standard error" in line][-2:]
    tally.check("$0 is the hook's path", 'name %s' % os.path.realpath(lab.path("hooks/incoming")) in said[0],
                said)
    tally.check("the lines name file and call", all("hook=incoming call=" in line for line in said), said)
    lab.hook("incoming", "yes ring | head -50000; echo reject 433")
    before = len(lab.log("offhookd"))
    final, statuses = call(lab)
    tally.check("ring in a loop is one 180, and floods no log", final == 433 and
                statuses.count(180) <= 1 and len(lab.log("offhookd")) - before < 20000,
                (statuses, len(lab.log("offhookd")) - before))
    os.remove(lab.path("hooks/incoming"))


def zombies(lab):
    found = []
    for entry in os.listdir("/proc"):
        try:
            with open("/proc/%s/stat" % entry) as file:
                fields = file.read().rsplit(")", 1)[1].split()
            if fields[0] == "Z" and int(fields[1]) == lab.daemon.pid:
                found.append(entry)
        except (OSError, IndexError, ValueError):
            continue
    return found


def check_deadlines(lab, out):
    lab.hook("incoming", "sleep 60")
    start = time.monotonic()
    final, _ = call(lab)
    elapsed = time.monotonic() - start
    tally.check("a hook that hangs: the configuration decides after `decide`",
                final == 480 and 1.5 < elapsed < 5, "%s after %.1f s" % (final, elapsed))
    lab.hook("incoming", "trap '' TERM; echo $$ > %s/stubborn; while :; do sleep 1; done" % out)
    final, _ = call(lab)
    pid = int(read(out + "/stubborn"))
    wait_for("KILL", lambda: not os.path.exists("/proc/%d" % pid), 12)
    tally.check("a hook that ignores TERM is killed", final == 480)
    lab.hook("incoming", "(sleep 30 &) ; echo reject 480 forked")
    start = time.monotonic()
    final, _ = call(lab)
    tally.check("a hook that forks and leaves does not hold the call", final == 480 and
                time.monotonic() - start < 2)
    lab.hook("incoming", "echo reject 486; sleep 60")
    tally.check("a hook that decided and lives on does not hold the answer", call(lab)[0] == 486)
    tally.comes("no zombies", lambda: not zombies(lab), 8)


def own_events(path):
    """The lines of the call that has rung here; the end of the one before may be told late."""
    lines = [line.split() for line in read(path).decode().splitlines()]
    own = [line[1] for line in lines if line[0] == "incoming"]
    return [line for line in lines if own and line[1] == own[-1]]


def check_events(lab, out):
    for event in ("answered", "ended", "any"):
        lab.hook(event, 'echo "$OFFHOOK_EVENT $OFFHOOK_CALL $OFFHOOK_RESULT $OFFHOOK_CODE '
                        '$OFFHOOK_ENDED_BY" >> %s/events' % out)
    lab.hook("incoming", "echo answer /bin/cat")
    caller = Caller(lab)
    final, _ = caller.invite()
    caller.bye()
    caller.close()
    path = out + "/events"
    wait_for("ended", lambda: "ended" in [line[0] for line in own_events(path)], 5)
    time.sleep(0.3)
    lines = own_events(path)
    events = [line[0] for line in lines]
    tally.check("incoming, answered, ended, each with any after it and before the next",
                final == 200 and
                events == ["incoming", "answered", "answered", "ended", "ended"], events)
    ended = [line for line in lines if line[0] == "ended"]
    tally.check("ended tells result, code and who", ended and ended[-1][2:] ==
                ["answered", "200", "remote"], ended)
    os.remove(path)
    lab.hook("incoming", "sleep 3; echo reject 480")
    caller = Caller(lab)
    caller.invite(until=100)
    caller.cancel()
    status = caller.wait_status("INVITE", 5)
    caller.send("ACK", branch=caller.branch)
    caller.close()
    wait_for("ended", lambda: os.path.exists(path) and b"ended" in read(path), 5)
    time.sleep(0.5)
    ended = [line.split() for line in read(path).decode().splitlines() if line.startswith("ended")]
    tally.check("a caller who gives up gets 487 and is missed", status == 487 and
                ended[0][2:] == ["missed", "487", "remote"], (status, ended))
    tally.check("ended comes exactly once", len(ended) == 2, ended)  # itself, and any


def refused(lab, path, **options):
    """A call that comes to nothing: its status, and what the hook `ended` was told of its caller."""
    body = options.pop("body", None)
    extra = options.pop("extra", ())
    user = options.setdefault("user", "+49301%d" % time.monotonic_ns())
    caller = Caller(lab, **options)
    caller.send("INVITE", caller.sdp() if body is None else body, headers=extra)
    status = caller.wait_status("INVITE", 5)
    said = wait_for("its end", lambda: [line for line in (read(path).decode().splitlines()
                                                          if os.path.exists(path) else [])
                                        if " %s " % user in line], 5)
    caller.close()
    return status, said[0].split()


def check_refused(lab, out):
    """Calls that never reach a hook: they are told as ended, counted, and named in the log."""
    path = out + "/refused"
    lab.hook("ended", 'echo "$OFFHOOK_RESULT $OFFHOOK_CODE $OFFHOOK_FROM $OFFHOOK_DIRECTION '
                      '$OFFHOOK_CALL" >> %s' % path)
    status, said = refused(lab, path, user="+49301234588", body="v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n"
                           "s=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 3\r\n")
    tally.check("a call without a codec in common is ended, failed, 488", status == 488 and
                said[:4] == ["failed", "488", "+49301234588", "in"], (status, said))
    line = [text for text in lab.log("offhookd").splitlines() if "call refused" in text][-1]
    tally.check("the log names caller, id and reason", "call=%s " % said[4] in line and
                "4588@" in line and "+4930123" not in line and "why=" in line, line)
    ladder = lab.ctl("trace", said[4]).stdout
    tally.check("trace draws it by its id", "INVITE" in ladder and "488" in ladder, ladder)
    status, said = refused(lab, path, extra=["Require: nothing-we-know"])
    tally.check("so is one that wants what we cannot do", status == 420 and said[:2] == ["failed", "420"],
                (status, said))
    status, said = refused(lab, path, extra=["Session-Expires: 90", "Session-Expires: 1800"])
    tally.check("and one that cannot be read, failed", status == 400 and said[:2] == ["failed", "400"],
                (status, said))
    lab.hook("incoming", "echo ring; sleep 5; echo reject 480")
    callers = [Caller(lab) for _ in range(4)]
    for caller in callers:
        caller.invite(until=180)
    status, said = refused(lab, path)
    tally.check("so is one beyond limits.calls, busy", status == 486 and said[:2] == ["busy", "486"],
                (status, said))
    for caller in callers:
        caller.cancel()
        caller.wait_status("INVITE", 5)
        caller.close()
    figures = lab.ctl("metrics").stdout
    for reason in ("offer", "unsupported", "malformed", "limit"):
        tally.check("refused calls are counted by reason: " + reason,
                    'offhook_calls_refused_total{line="home",reason="%s"} 1\n' % reason in figures, figures)
    tally.check("refused calls are counted by reason", 'reason="merged"} 0\n' in figures, figures)
    os.remove(lab.path("hooks/incoming"))
    os.remove(lab.path("hooks/ended"))


def statuses_of(caller, count, seconds=10):
    """The final statuses of requests sent one after the other without waiting."""
    found = {}
    end = time.monotonic() + seconds
    while len(found) < count and time.monotonic() < end:
        message = caller.receive(0.5)
        if message and message.startswith("SIP/2.0") and int(message.split()[1]) >= 200:
            found[int(caller.header(message, "CSeq")[0].split()[0])] = int(message.split()[1])
    return list(found.values())


def check_messages(lab, out):
    """A 200 is a promise: what was taken is delivered, the rest is asked to come again."""
    import json
    texts = out + "/texts"
    lab.hook("message", "while [ ! -e %s/go ]; do sleep 0.05; done; cat >> %s; echo >> %s" %
             (out, texts, texts))
    caller = Caller(lab)
    for number in range(80):
        caller.cseq = number + 1
        caller.send("MESSAGE", "text %d" % number, kind="text/plain")
    statuses = statuses_of(caller, 80)
    taken = statuses.count(200)
    tally.check("of 80 texts at once each is told the truth", 60 < taken < 70 and
                statuses.count(480) == 80 - taken, sorted(statuses))
    open(out + "/go", "w").close()
    wait_for("the texts", lambda: os.path.exists(texts) and
             len(read(texts).split(b"\n")) > taken, 30)
    wait_for("nothing kept", lambda: not os.listdir(lab.path("state/messages")), 10)
    tally.check("and what was taken is delivered", read(texts).count(b"text ") == taken, read(texts))
    status = json.loads(lab.ctl("status", "--json").stdout)
    tally.check("status counts what was refused", status["messages_refused"] == 80 - taken, status)
    os.rename(lab.path("state/messages"), lab.path("state/away"))
    open(lab.path("state/messages"), "w").close()
    caller.cseq = 100
    caller.send("MESSAGE", "lost?", kind="text/plain")
    refused_with = statuses_of(caller, 1)
    status = json.loads(lab.ctl("status", "--json").stdout)
    tally.check("what the disk does not take is refused", refused_with == [480] and
                "messages_not_kept" in status and "text messages are refused" in status["summary"], status)
    os.remove(lab.path("state/messages"))
    os.rename(lab.path("state/away"), lab.path("state/messages"))
    caller.cseq = 101
    caller.send("MESSAGE", "again", kind="text/plain")
    tally.check("and taken when it does", statuses_of(caller, 1) == [200])
    wait_for("it", lambda: b"again" in read(texts), 5)
    caller.close()
    os.remove(lab.path("hooks/message"))


def check_kept_end(lab, out):
    """The end of a call whose hook has failed outlives the process."""
    lab.hook("ended", 'echo "$OFFHOOK_CALL $OFFHOOK_CODE" >> %s/tries; test -e %s/mended || exit 9' %
             (out, out))
    call(lab)
    first = read(out + "/tries")
    wait_for("what is kept", lambda: os.listdir(lab.path("state/messages")), 5)
    lab.daemon.kill()
    lab.daemon.wait()
    open(out + "/mended", "w").close()
    lab.start_daemon(decide=2, linger=3, calls=4)
    wait_for("the second try", lambda: len(read(out + "/tries")) > len(first), 20)
    wait_for("nothing kept", lambda: not os.listdir(lab.path("state/messages")), 10)
    tally.check("ended is tried again over a kill -9", read(out + "/tries") == 2 * first,
                read(out + "/tries"))
    os.remove(lab.path("hooks/ended"))


def check_ids(lab):
    """One id everywhere: the lines of the log name a call as `calls` shows it."""
    import re
    numbers = [line for line in lab.log("offhookd").splitlines()
               if re.search(r" (call=(?![0-9a-z]{4}( |$)|\"\"|$| )|owner=|client=|run=)", line)]
    tally.check("every line of a call bears its id", not numbers, numbers[:3])
    silent = [line for line in lab.log("offhookd").splitlines()
              if re.search("media program ended|configuration decides|hook decided", line) and
              not re.search(" call=[0-9a-z]{4}( |$)", line)]
    tally.check("what is decided bears it, too", not silent, silent[:3])


with Lab() as lab:
    lab.start_kamailio()
    lab.start_daemon(decide=2, linger=3, calls=4)
    out = check_environment(lab)
    check_names(lab, out)
    check_decisions(lab)
    check_reasons(lab)
    check_strangers(lab)
    check_spellings(lab, out)
    check_deadlines(lab, out)
    check_left_behind(lab, out)
    check_show(lab)
    check_figures(lab)
    check_refused(lab, out)
    check_events(lab, out)
    check_ids(lab)
    check_messages(lab, out)
    check_kept_end(lab, out)
    tally.check("the daemon stops cleanly", lab.stop_daemon() == 0)
tally.end()
