# SPDX-License-Identifier: ISC
"""Reload: every key that it applies is changed once and the effect seen; a broken configuration
changes nothing; calls live through all of it, and through a thousand SIGHUPs."""
import os
import re
import signal
import ssl
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as laboratory
from certificates import Maker, pin_of
from lab import (BUILDDIR, ENOUGH, Caller, Lab, Tally, is_instrumented, libconfig, share_heard,
                 share_like, tone, wait_for)
from registrar import Registrar, issue

# What the registrar has saved is seen in its log.
laboratory.KAMAILIO = laboratory.KAMAILIO.replace(
    'loadmodule "auth.so"', 'loadmodule "auth.so"\nloadmodule "xlog.so"').replace(
    'save("location");', 'save("location"); xlog("L_ERR", "SAVED $tu $hdr(Expires) $ct\\n");')

tally = Tally()
tried = set()


class File:
    """The configuration of a daemon: flat keys, written in groups."""

    def __init__(self, lab, **keys):
        self.lab = lab
        self.keys = {"aor": "sip:alice@" + lab.name, "name": "home",
                     "password_file": lab.write("password", lab.password + "\n", 0o600),
                     "tls.ca_file": lab.path("ca.pem"), "tls.name": lab.name,
                     "hooks.dir": lab.hooks, "hooks.decide": 5, "hooks.linger": 5,
                     "registration.expires": 600, "registration.retry": 1, "audio.rate": 8000,
                     "audio.ports": "20000-29999", "control.socket": lab.path("control"),
                     "log.level": "debug", "state_dir": lab.make_folder("state")}
        self.keys.update({key.replace("__", "."): value for key, value in keys.items()})
        self.write()

    def write(self):
        lines = []
        groups = {}
        for key, value in self.keys.items():
            group, dot, name = key.partition(".")
            if dot:
                groups.setdefault(group, {})[name] = value
            else:
                lines.append("%s = %s;" % (key, libconfig(value)))
        lines += ["%s = %s;" % (group, libconfig(values)) for group, values in groups.items()]
        return self.lab.write("offhookd.conf", "\n".join(lines) + "\n", 0o640)

    def start(self, *options, wait=True):
        self.lab.daemon = self.lab.start("offhookd", os.path.join(BUILDDIR, "offhookd"), "-c",
                                         self.write(), *options)
        if wait:
            self.lab.wait_online()

    def change(self, keys, is_said=True):
        """Writes, reloads, and checks that exactly these keys are said to have changed. None takes a
        key out."""
        for key, value in keys.items():
            if value is None:
                self.keys.pop(key, None)
            else:
                self.keys[key] = value
        self.write()
        answer = self.lab.ask("reload") or {}
        tried.update(keys)
        if is_said and sorted(answer.get("changed", [])) != sorted(keys):
            tally.check("reload names " + ", ".join(keys), False, answer)
        return answer


def status(lab):
    return lab.ask("status") or {}


def settle(lab, registrar, seconds=0.3):
    """The number of REGISTERs once none has come for a while."""
    count = -1
    while count != len(registrar.registers):
        count = len(registrar.registers)
        time.sleep(seconds)
    lab.wait_online()
    return count


# ---- what the registrar sees ----------------------------------------------------------------

def check_credentials(lab, file, registrar):
    registrar.challenge = ("SHA-256", "lab")
    before = settle(lab, registrar)
    file.change({"registration.expires": 500})
    settle(lab, registrar)
    new = registrar.registers[before:]
    tally.check("registration.expires: one REGISTER asks for it",
                [one["expires"] for one in new if one["is_right"]] == [500], new)

    before = settle(lab, registrar)
    file.change({"username": "al"})
    settle(lab, registrar)
    new = [(one["user"], one["expires"], one["contact"].split("@")[0]) for one in registrar.bound()]
    tally.check("username: the old binding is taken off, the new one made by it",
                new[-2:] == [("alice", 0, "sip:alice"), ("al", 500, "sip:al")], new[-3:])

    registrar.password = "battery staple"
    lab.write("password", "battery staple\n", 0o600)
    file.change({}, is_said=False)
    tried.add("password_file")
    settle(lab, registrar)
    tally.check("password_file: other content of the same file is used", status(lab)["registered"])
    bound = len(registrar.bound())
    file.change({"password": "wrong", "password_file": None}, is_said=False)
    line = wait_for("the refusal", lambda: status(lab).get("registration_failure"))
    tally.check("password: a wrong one is tried and status says so", "password" in line, line)
    file.change({"password": "battery staple"})
    settle(lab, registrar)
    tally.check("password: the right one ends the pause at once",
                len(registrar.bound()) == bound + 1 and status(lab)["registered"])

    file.change({"auth.realm": "other"})
    line = wait_for("the refusal", lambda: status(lab).get("registration_failure"))
    tally.check("auth.realm: another realm gets nothing", "auth.realm" in line, line)
    file.change({"auth.realm": "lab"})
    settle(lab, registrar)
    tally.check("auth.realm: the right one is answered at once", status(lab)["registered"])

    registrar.challenge = ("MD5", "lab")
    lab.ctl("reregister")
    line = wait_for("the refusal", lambda: status(lab).get("registration_failure"))
    tally.check("auth.allow_md5: MD5 alone is refused before", "auth.allow_md5" in line, line)
    file.change({"auth.allow_md5": True})
    settle(lab, registrar)
    tally.check("auth.allow_md5: and taken afterwards", status(lab)["registered"])
    file.change({"auth.allow_md5": None})
    registrar.challenge = None
    file.change({"auth.realm": None})
    settle(lab, registrar)


def check_contact(lab, file, registrar):
    before = settle(lab, registrar)
    file.change({"registration.gruu": "off"})
    settle(lab, registrar)
    offered = [one["supported"] for one in registrar.registers[before - 1:]]
    tally.check("registration.gruu: off is told by one REGISTER",
                offered == ["path, outbound, gruu", "path, outbound"], offered)
    file.change({"registration.gruu": None})
    registrar.seen = ("203.0.113.5", 1024)
    before = settle(lab, registrar)
    file.change({"registration.follow_nat": "off"})
    settle(lab, registrar)
    tally.check("registration.follow_nat: off, and the address that is seen is left alone",
                len(registrar.registers) == before + 1)
    file.change({"registration.follow_nat": None})
    settle(lab, registrar)
    tally.check("registration.follow_nat: auto again, and the Contact is corrected",
                "203.0.113.5:1024" in registrar.registers[-1]["contact"], registrar.registers[-1])
    registrar.seen = None
    file.change({"registration.spread": 60})
    before = settle(lab, registrar)
    file.change({"registration.spread": None})
    tally.check("registration.spread: does nothing until the next start",
                settle(lab, registrar) == before)


def check_timing(lab, file, registrar):
    connections = len(registrar.connections)
    file.change({"registration.keepalive": 1})
    registrar.pings.clear()
    time.sleep(3.5)
    tally.check("registration.keepalive: pings come every second", len(registrar.pings) >= 3,
                len(registrar.pings))
    file.change({"registration.keepalive": 1000})
    time.sleep(1)
    registrar.pings.clear()
    time.sleep(2.5)
    tally.check("registration.keepalive: and stop at 1000 s", not registrar.pings)
    tally.check("neither costs a connection", len(registrar.connections) == connections)


def check_retry(lab, file, registrar):
    """A server that hangs up at once: how often is it tried?"""
    file.change({"registration.retry": 60})
    registrar.mode = "deaf"
    registrar.cut()
    wait_for("a wait of a minute", lambda: 
             status(lab).get("next_attempt", "") > time.strftime("%Y-%m-%dT%H:%M:%S",
                                                         time.gmtime(time.time() + 15)), 15)
    file.change({"registration.retry": 1, "tls.wildcard": True})
    count = len(registrar.connections)
    tally.comes("registration.retry: the wait of a minute is over, the next ones are short",
                lambda: len(registrar.connections) >= count + 3, 15)
    registrar.mode = "accept"
    lab.wait_online(30)
    file.change({"tls.wildcard": None})
    settle(lab, registrar)


def expect_new_connection(lab, file, registrar, fact, keys):
    """One connection and, once granted, one un-REGISTER and one REGISTER."""
    settle(lab, registrar)
    connections, before = len(registrar.connections), len(registrar.bound())
    start = time.monotonic()
    file.change(keys, is_said=bool(keys))
    wait_for("the new connection", lambda: len(registrar.connections) > connections, 10)
    lab.wait_online()
    seconds = time.monotonic() - start
    settle(lab, registrar)
    expires = [one["expires"] for one in registrar.bound()[before:]]
    tally.check(fact, len(registrar.connections) == connections + 1 and len(expires) == 2 and
                expires[0] == 0 and expires[1] > 0,
                "%d connection, expires %s, registered again in %.2f s"
                % (len(registrar.connections) - connections, expires, seconds))


def check_tls(lab, file, registrar):
    both = lab.write("both.pem", open(lab.path("ca.pem")).read() + open(lab.path("server.pem")).read())
    expect_new_connection(lab, file, registrar, "tls.ca_file: another file, a new connection",
                          {"tls.ca_file": both})
    lab.write("both.pem", open(lab.path("ca.pem")).read())
    expect_new_connection(lab, file, registrar, "tls.ca_file: other content, a new connection", {})
    connections = len(registrar.connections)
    os.utime(both)
    answer = file.change({}, is_said=False)
    time.sleep(0.5)
    tally.check("tls.ca_file: a touched file is no change",
                answer["changed"] == [] and len(registrar.connections) == connections)

    certificate, key = issue(lab, "client", "alice-phone", "client")
    expect_new_connection(lab, file, registrar, "tls.cert_file, tls.key_file: a new connection",
                          {"tls.cert_file": certificate, "tls.key_file": key})
    registrar.context.verify_mode = ssl.CERT_REQUIRED
    registrar.context.load_verify_locations(lab.path("ca.pem"))
    issue(lab, "client", "alice-phone-2", "client")
    expect_new_connection(lab, file, registrar, "tls.cert_file: renewed on disk, a new connection",
                          {})
    tally.check("the server sees the renewed certificate", registrar.subjects[-1:] == ["alice-phone-2"],
                registrar.subjects)
    registrar.context.verify_mode = ssl.CERT_NONE

    # Whoever is tried within this test is tried before its time.
    file.change({"tls.name": "other.example", "registration.retry": 60})
    line = wait_for("the refusal", lambda: status(lab).get("connection_failure"))
    tally.check("tls.name: the certificate is held against it", not status(lab)["registered"], line)
    file.change({"tls.name": lab.name})
    tally.comes("tls.name: the right one is tried at once", lab.is_online)

    registrar.show(*issue(lab, "wild", "*.lab.test"))
    file.change({"tls.name": "sip.lab.test"})
    line = wait_for("the refusal", lambda: status(lab).get("connection_failure"))
    tally.check("tls.wildcard: a wildcard is refused without it", "wildcard" in line or "name" in line,
                line)
    file.change({"tls.wildcard": True})
    tally.comes("tls.wildcard: and taken with it", lab.is_online)


def check_pin(lab, file, registrar):
    registrar.show(lab.path("server.pem"), lab.path("server.key"))
    file.change({"tls.name": lab.name, "tls.wildcard": None})
    lab.wait_online(5)
    other = "sha256//" + "A" * 43 + "="
    file.change({"tls.pin": [other]})
    line = wait_for("the refusal", lambda: status(lab).get("connection_failure"))
    right = pin_of(lab.path("server.pem"))
    tally.check("tls.pin: another key is refused, and the line has the key that came",
                right in line and not status(lab)["registered"], line)
    file.change({"tls.pin": [other, right]})
    tally.comes("tls.pin: one of several is enough", lab.is_online)
    file.change({"registration.retry": 1})
    expect_new_connection(lab, file, registrar, "tls.pin: a new connection", {"tls.pin": None})


def check_revocation(lab, file, registrar):
    maker = Maker(lab)
    listed = maker.revoke("crl", "client")
    expect_new_connection(lab, file, registrar, "tls.crl_file: a new connection",
                          {"tls.crl_file": listed})
    maker.revoke("crl", "client", "server")
    file.change({}, is_said=False)
    line = wait_for("the refusal", lambda: status(lab).get("connection_failure"))
    tally.check("tls.crl_file: other content is read, the revoked certificate refused",
                "revoked" in line and not status(lab)["registered"], line)
    file.change({"tls.crl_file": None})
    lab.wait_online(5)


def check_rotation(lab, file, registrar):
    """The registrar has a certificate of a new CA: one reload with the new CA brings it back."""
    registrar.show(lab.path("server.pem"), lab.path("server.key"))
    lab.wait_online(5)
    lab.make_certificates()  # a new CA in ca.pem; the daemon's file is another
    registrar.show(lab.path("server.pem"), lab.path("server.key"))
    registrar.cut()
    line = wait_for("the refusal", lambda: "authority" in status(lab).get("connection_failure", "") and
                    status(lab)["connection_failure"])
    tally.check("a certificate of an unknown CA is refused, and status says so",
                not status(lab)["registered"], line)
    lab.write("both.pem", open(lab.path("ca.pem")).read())
    start = time.monotonic()
    answer = lab.ask("reload")
    lab.wait_online(10)
    tally.check("rotation of the CA: registered again after one reload",
                answer.get("changed") == ["tls.ca_file"], "%.2f s" % (time.monotonic() - start))
    lab.write("both.pem", "no certificate\n")
    before = status(lab)["connects"]
    answer = lab.ask("reload")
    tally.check("a CA file without a certificate is a broken configuration", not answer["ok"] and
                status(lab)["registered"] and status(lab)["connects"] == before, answer.get("text"))
    lab.write("both.pem", open(lab.path("ca.pem")).read())
    lab.ask("reload")


def check_server(lab, file, registrar):
    other = Registrar(lab.path("server.pem"), lab.path("server.key"))
    settle(lab, registrar)
    before = len(registrar.bound())
    file.change({"outbound_proxy": "127.0.0.1:%d" % other.port})
    wait_for("the other server", other.bound)
    lab.wait_online()
    tally.check("outbound_proxy: taken off at the old one, made at the new one",
                [one["expires"] for one in registrar.bound()[before:]] == [0] and
                [one["expires"] for one in other.bound()] == [500])
    other.stop()


def check_line():
    with Lab() as lab:
        registrar = Registrar(lab.path("server.pem"), lab.path("server.key"))
        file = File(lab, outbound_proxy="127.0.0.1:%d" % registrar.port)
        file.start()
        check_credentials(lab, file, registrar)
        check_contact(lab, file, registrar)
        check_timing(lab, file, registrar)
        check_retry(lab, file, registrar)
        check_tls(lab, file, registrar)
        check_pin(lab, file, registrar)
        check_revocation(lab, file, registrar)
        check_rotation(lab, file, registrar)
        check_server(lab, file, registrar)
        tally.check("the daemon stops cleanly", lab.stop_daemon() == 0)


# ---- what calls see -------------------------------------------------------------------------

def call(lab, **options):
    caller = Caller(lab, **options)
    final, _ = caller.invite(seconds=8)
    return caller, final


def is_echoed(caller, seed=1, share_of=share_heard):
    return caller.echo(tone(0.6, seed), share_of=share_of) >= ENOUGH


def hear_all(callers):
    """All three at once, each its own noise."""
    results = {}
    threads = [threading.Thread(target=lambda i=i: results.update({i: is_echoed(callers[i], i + 1)}))
               for i in range(len(callers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return all(results.values())


def one_call(lab, check, hook=None, **options):
    """What `check` says of a call that is hung up again."""
    if hook:
        lab.hook("incoming", hook)
    caller, final = call(lab, **options)
    result = check(caller, final)
    if final == 200:
        caller.bye()
    if hook:
        os.unlink(lab.hooks + "/incoming")
    caller.close()
    return result


def check_decisions(lab, file):
    final = lambda caller, status: status
    file.change({"incoming": "reject 603"})
    tally.check("incoming: the next call gets it", one_call(lab, final) == 603)
    other = lab.make_folder("other-hooks")
    lab.write("other-hooks/incoming", "#!/bin/sh\necho reject 486\n", 0o755)
    file.change({"hooks.dir": other})
    tally.check("hooks.dir: the next call runs its hook", one_call(lab, final) == 486)
    file.change({"hooks.dir": lab.hooks})
    start = time.monotonic()
    file.change({"hooks.decide": 1})
    result = one_call(lab, final, "sleep 4")
    tally.check("hooks.decide: the configuration decides after a second",
                result == 603 and time.monotonic() - start < 3.5)
    file.change({"hooks.max": 1})
    results = [one_call(lab, final, "echo reject 488; sleep 2") for _ in range(2)]
    tally.check("hooks.max: while one hook runs no other does", results == [488, 603], results)
    wait_for("the end of the hook", lambda: status(lab)["hooks_alive"] == 0)
    file.change({"hooks.max": None})
    out = lab.make_folder("out")
    os.chmod(out, 0o777)
    file.change({"hooks.linger": 0})
    one_call(lab, final, "trap 'echo over > %s/linger; exit' TERM; echo reject 480; sleep 20 & wait"
             % out)
    tally.comes("hooks.linger: a hook is seen off at once", lambda: os.path.exists(out + "/linger"), 4)
    file.change({"export_headers": ["X-Door"]})
    one_call(lab, final, 'echo "$OFFHOOK_HDR_X_DOOR" > %s/door; echo reject 480' % out,
             headers=["X-Door: front"])
    with open(out + "/door") as door:
        tally.check("export_headers: the hook sees the header", door.read() == "front\n")
    file.change({"name": "office"})
    one_call(lab, final, 'echo "$OFFHOOK_LINE" > %s/line; echo reject 480' % out)
    with open(out + "/line") as line:
        tally.check("name: status and hooks have it", status(lab)["line"] == "office" and
                    line.read() == "office\n")


def check_audio(lab, file):
    out = lab.path("out")
    hook = "echo answer /bin/cat"

    def sdp(what):
        return lambda caller, final: re.search(what, caller.last)
    file.change({"audio.codecs": ["PCMA"]})
    tally.check("audio.codecs: the next call cannot have PCMU",
                one_call(lab, lambda caller, final: final, hook) == 488)
    file.change({"audio.codecs": None})
    file.change({"audio.ports": "31000-31099"})
    tally.check("audio.ports: the next call's are of it",
                one_call(lab, sdp(r"m=audio 310\d\d "), hook))
    file.change({"audio.address": "127.0.0.9"})
    tally.check("audio.address: the next call's is it",
                one_call(lab, sdp(r"c=IN IP4 127\.0\.0\.9"), hook))
    file.change({"audio.address": None})
    file.change({"audio.srtp": "required"})
    tally.check("audio.srtp: the next call has to be encrypted",
                one_call(lab, lambda caller, final: final, hook) == 488)
    file.change({"audio.srtp": None})
    file.change({"audio.rate": 16000})
    program = lab.write("rate", '#!/bin/sh\necho "$OFFHOOK_RATE" > %s/rate\nexec cat\n' % out, 0o755)
    is_fine = one_call(lab, lambda caller, final: is_echoed(caller, share_of=share_like),
                       "echo answer " + program)
    with open(out + "/rate") as rate:
        tally.check("audio.rate: the next program speaks at it", rate.read() == "16000\n" and is_fine)
    file.change({"audio.rate": 8000})
    file.change({"audio.grace": 0})
    program = lab.write("grace", "#!/bin/sh\ncat >/dev/null\nwhile echo x; do sleep 0.05; done\n"
                        "echo over > %s/grace\n" % out, 0o755)
    one_call(lab, lambda caller, final: final, "echo answer " + program)
    start = time.monotonic()
    wait_for("the end of the program", lambda: not programs("grace"), 6)
    tally.check("audio.grace: a program is cut off at once", time.monotonic() - start < 1.5,
                "%.1f s" % (time.monotonic() - start))


def programs(name):
    return subprocess.run(["pgrep", "-f", name + "$"], capture_output=True, text=True).stdout.split()


def check_dialling(lab, file):
    refused = lab.ctl("dial", "--detach", "/bin/true", "phone-1")
    file.change({"dial.allow": ["phone-*"]})
    allowed = lab.ctl("dial", "--detach", "/bin/true", "--ring", "1", "phone-1")
    tally.check("dial.allow: refused before, dialled afterwards",
                refused.returncode == 4 and allowed.returncode == 0, refused.stderr.strip())
    file.change({"dial.max_calls": 0})
    answer = lab.ctl("dial", "--detach", "/bin/true", "phone-1")
    tally.check("dial.max_calls: no call out at 0", answer.returncode == 4, answer.stderr.strip())
    file.change({"dial.max_calls": 5})
    file.change({"dial.per_hour": 1})
    answer = lab.ctl("dial", "--detach", "/bin/true", "phone-1")
    tally.check("dial.per_hour: the hour's share is used up", answer.returncode == 4,
                answer.stderr.strip())
    wait_for("the calls out to be over", lambda: status(lab)["calls"] == 3, 15)


def check_limits(lab, file):
    file.change({"limits.calls": 3})
    tally.check("limits.calls: the fourth is refused", one_call(lab, lambda _, final: final) == 486)
    file.change({"limits.calls": 32})
    file.change({"log.privacy": "off"})
    one_call(lab, lambda caller, final: final, user="4930999888777")
    tally.check("log.privacy: numbers stand in the log", "4930999888777" in lab.log("offhookd"))
    file.change({"log.privacy": "mask"})
    one_call(lab, lambda caller, final: final, user="4930555444333")
    tally.check("log.privacy: and are masked again", "4930555444333" not in lab.log("offhookd"))
    file.change({"log.level": "error"})
    length = len(lab.log("offhookd"))
    one_call(lab, lambda caller, final: final)
    tally.check("log.level: calls are not logged at error", len(lab.log("offhookd")) == length)
    lab.ctl("log", "info")
    one_call(lab, lambda caller, final: final)
    tally.check("offhookctl log changes it, too", "call arrived" in lab.log("offhookd")[length:])
    file.change({"log.level": "debug"})


def check_options(lab, file):
    answer = file.change({"registration.keepalive": 55}, is_said=False)
    tally.check("what -o says stays on top of the file", answer["changed"] == [], answer)


def check_restart_keys(lab, file):
    old = dict(file.keys)
    answer = file.change({"state_dir": lab.path("elsewhere"),
                          "control.socket": lab.path("elsewhere/control"), "dial.per_hour": 7},
                         is_said=False)
    tally.check("state_dir and control.socket wait for a restart, the rest is applied",
                sorted(answer["needs_restart"]) == ["control.socket", "state_dir"] and
                answer["changed"] == ["dial.per_hour"], answer)
    shown = lab.ctl("reload").stdout
    tally.check("offhookctl says so", shown == "needs a restart: control.socket, state_dir\n", shown)
    file.keys = old
    file.change({"dial.per_hour": 5})
    tally.check("nothing changed: nothing is said to have",
                lab.ctl("reload").stdout == "nothing has changed\n")


BROKEN = (
    ("limits = { calls = 0; };", "1 to 10000"),
    ("registration = { expires = 5; };", "10 to 86400"),
    ("tls = { wildcrad = true; };", "did you mean tls.wildcard?"),
    ("incoming = \"dance\";", "no decision"),
    ("log = {", "syntax error"),
    ("password_file = \"/nonexistent\";", "cannot be read"),
    ("tls = { ca_file = \"/nonexistent\"; };", "cannot be read"),
    ("tls = { ca_file = \"/dev/null\"; };", "cannot be read"),
    ("outbound_proxy = \"a b\";", "host, host:port"),
    ("", "aor is missing"),
)


def check_broken(lab, file):
    path = lab.path("offhookd.conf")
    registers = lab.log("kamailio").count("SAVED")
    for text, complaint in BROKEN:
        head = 'aor = "sip:alice@%s";\n' % lab.name if text else ""
        lab.write("offhookd.conf", head + text + "\n", 0o640)
        answer = lab.ctl("reload")
        seen = status(lab)
        is_fine = (answer.returncode == 4 and complaint in answer.stderr and
                   answer.stderr.count("\n") == 1 and path in answer.stderr and seen["registered"] and
                   complaint in seen.get("config_failure", "") and "config_failure_since" in seen and
                   complaint in lab.log("offhookd"))
        tally.check("broken: " + (text or "an empty file"), is_fine, answer.stderr.strip())
        same = lab.ctl("check", path), lab.ctl("check")
        if any(one.returncode != 4 or complaint not in one.stderr for one in same):
            tally.check("check says the same", False, same)
    os.unlink(path)
    answer = lab.ctl("reload")
    tally.check("a file that is gone changes nothing", answer.returncode == 4 and
                "cannot be read" in answer.stderr, answer.stderr.strip())
    length = len(lab.log("offhookd"))
    lab.daemon.send_signal(signal.SIGHUP)
    wait_for("the line in the log", lambda: "refused" in lab.log("offhookd")[length:])
    file.write()
    answer = lab.ctl("reload")
    tally.check("a good reload takes the complaint back", answer.returncode == 0 and
                "config_failure" not in status(lab) and lab.ctl("check").stdout == "OK\n")
    tally.check("nothing of it went to the registrar",
                lab.log("kamailio").count("SAVED") == registers)


def saved(lab):
    return re.findall(r"SAVED (\S+) (\d+) (\S+)", lab.log("kamailio"))


def check_aor(lab, file, callers):
    before = len(saved(lab))
    file.change({"aor": "sip:bob@" + lab.name, "username": "bob"})
    lab.wait_online()
    new = [(aor, expires) for aor, expires, _ in saved(lab)[before:]]
    tally.check("aor: the old binding is taken off, then the new one made",
                new == [("sip:alice@" + lab.name, "0"), ("sip:bob@" + lab.name, "600")], new)
    tally.check("aor: the old one is not reached any more, the new one is",
                one_call(lab, lambda _, final: final) == 404 and
                one_call(lab, lambda _, final: final, to="bob") == 603)
    file.change({"aor": "sip:alice@" + lab.name, "username": None}, is_said=False)
    lab.wait_online()
    tally.check("the calls live through both", hear_all(callers))


def check_socket(lab, file):
    """The path of the control socket outlives the configuration that has named it."""
    file.change({"limits.calls": 11}, is_said=False)
    file.change({"limits.calls": None}, is_said=False)
    os.unlink(lab.path("control"))
    wait_for("the socket to be made again", lambda: os.path.exists(lab.path("control")), 15)
    tally.check("after a reload a control socket that vanishes is made again where it was",
                status(lab)["registered"])


def memory(pid):
    with open("/proc/%d/status" % pid) as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def descriptors(pid, wanted=None):
    """How many; a client that has just gone may not be closed yet, so `wanted` has a second."""
    end = time.monotonic() + 1
    while True:
        count = len(os.listdir("/proc/%d/fd" % pid))
        if wanted is None or count == wanted or time.monotonic() > end:
            return count
        time.sleep(0.05)


STORM = 1000
STORM_LATE_MS = 500  # in its ten seconds
REAL_CHANGES = {250: 601, 400: 602, 401: 603, 600: 604, 900: 600}


def storm(lab, file):
    """A thousand signals in 10 s; 200 of them find a broken file, five a real change."""
    good = file.write()
    start = time.monotonic()
    for i in range(STORM):
        if i in (100, 300, 500, 700):
            lab.write("offhookd.conf", "aor = 5;\n", 0o640)
        elif i in (150, 350, 550, 750):
            file.write()
        if i in REAL_CHANGES:
            file.keys["registration.expires"] = REAL_CHANGES[i]
            file.write()
        lab.daemon.send_signal(signal.SIGHUP)
        time.sleep(max(0.0, start + (i + 1) * 0.01 - time.monotonic()))
    return good, time.monotonic() - start


def check_storm(lab, file, callers):
    pid = lab.daemon.pid
    file.change({"log.level": "notice"})
    for _ in range(50):
        lab.ask("reload")
    time.sleep(0.5)
    registers, fds, size = len(saved(lab)), descriptors(pid), memory(pid)
    heard, spoken, late = {}, tone(9.0, 7), lab.stood_still_ms()
    talker = threading.Thread(target=lambda: heard.update(all=callers[0].talk(spoken)))
    talker.start()
    _, seconds = storm(lab, file)
    talker.join()
    late = lab.stood_still_ms() - late
    lab.ask("reload")
    time.sleep(0.5)
    lab.wait_online()
    grown = memory(pid) - size
    new = [int(expires) for _, expires, _ in saved(lab)[registers:]]
    share = share_heard(spoken, heard["all"])
    refused = lab.log("offhookd").count("the changed configuration is refused")
    tally.check("storm: %d SIGHUPs with 3 calls up" % STORM, lab.daemon.poll() is None,
                "%.1f s, %d refused" % (seconds, refused))
    tally.check("storm: the broken file was met", refused > 50, refused)
    tally.check("storm: calls live and are heard all the time",
                status(lab)["calls"] == 3 and share > (ENOUGH if late < STORM_LATE_MS else 0.5),
                "%.3f, %.0f ms late" % (share, late))
    tally.check("storm: at most one REGISTER for each real change",
                len(new) <= len(REAL_CHANGES) and new[-1:] == [600] and len(set(new)) == len(new), new)
    tally.check("storm: as many descriptors as before", descriptors(pid, fds) == fds,
                "%d, %d" % (fds, descriptors(pid)))
    if not is_instrumented():
        tally.check("storm: memory is flat", grown < 512, "%d kB more" % grown)
    tally.check("storm: all calls are heard afterwards", hear_all(callers))
    file.change({"log.level": "debug"})


def check_connection(lab, file, callers):
    lab.write("both.pem", open(lab.path("ca.pem")).read() + open(lab.path("server.pem")).read())
    connects = status(lab)["connects"]
    file.change({"tls.ca_file": lab.path("both.pem")})
    lab.wait_online()
    tally.check("a new connection for a reload", status(lab)["connects"] == connects + 1)
    tally.check("the calls live through it", hear_all(callers) and status(lab)["calls"] == 3)
    for one in lab.ask("calls")["calls"]:
        lab.ctl("--call", one["call"], "hangup")
    tally.check("and are ended over it, each by one BYE", all(caller.wait_bye() for caller in callers))
    wait_for("no calls", lambda: status(lab)["calls"] == 0)


def check_calls():
    with Lab(expires=3600) as lab:
        lab.start_kamailio()
        file = File(lab, outbound_proxy="127.0.0.1:%d" % lab.tls, incoming="answer /bin/cat")
        file.start("-o", "registration.keepalive=77")
        callers = [call(lab)[0] for _ in range(3)]
        tally.check("three calls are echoed", hear_all(callers))
        fds = descriptors(lab.daemon.pid)
        check_options(lab, file)
        check_decisions(lab, file)
        check_audio(lab, file)
        check_dialling(lab, file)
        check_limits(lab, file)
        check_restart_keys(lab, file)
        check_broken(lab, file)
        tally.check("three calls are echoed as before", hear_all(callers))
        check_aor(lab, file, callers)
        check_socket(lab, file)
        tally.check("as many descriptors as before", descriptors(lab.daemon.pid, fds) == fds,
                    "%d, %d" % (fds, descriptors(lab.daemon.pid)))
        check_storm(lab, file, callers)
        check_connection(lab, file, callers)
        tally.check("the daemon stops cleanly", lab.stop_daemon() == 0)


def check_keys():
    """Which keys nothing here has changed."""
    sample = subprocess.run([os.path.join(BUILDDIR, "offhookd"), "--sample"], capture_output=True,
                            text=True, check=True).stdout
    group, keys = "", set()
    for line in sample.splitlines():
        if re.match(r"[a-z]+ = \{", line):
            group = line.split()[0] + "."
        elif line == "};":
            group = ""
        match = re.match(r"\s*#([a-z_0-9]+) = ", line)
        if match:
            keys.add(group + match.group(1))
    missing = keys - tried - {"auth.in_dialog"}
    print("%d of %d keys were changed; not here: %s" % (len(keys & tried), len(keys), sorted(missing)))


if __name__ == "__main__":
    check_line()
    check_calls()
    check_keys()
    tally.end()
