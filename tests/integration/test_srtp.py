# SPDX-License-Identifier: ISC
"""Encrypted calls with telephones that others wrote, both ways, judged by what is heard; and who is
refused. linphonec is asked only where it is installed."""
import base64
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Caller, Lab, Tally, correlate, is_instrumented, need, tone, wait_for
from peers import Baresip, Linphone, read_raw, stop

need("baresip")
SPOKEN = tone(30.0)
tally = Tally()


def is_heard(phone):
    """A tenth of a second of what the telephone said came back to it: it was right both ways."""
    def look():
        heard = phone.heard()
        return len(heard) > 20000 and any(
            correlate(SPOKEN[place:place + 800], heard[place:place + 8000])[0] > 0.95
            for place in (2400, 5600, 8800, 12000))
    try:
        return wait_for("its voice", look, 15)
    except AssertionError:
        return False


def calls_with(lab, phone):
    return [one for one in lab.ask("calls")["calls"] if phone.user in (one.get("from"), one.get("to"))]


def up(lab, phone):
    return wait_for("a call that is up", lambda: next(
        (one for one in calls_with(lab, phone) if one["state"] == "up"), None), 20)


def finish(lab, phone):
    phone.hang_up()
    for one in calls_with(lab, phone):
        lab.ask("hangup", call=one["call"])
    wait_for("no call", lambda: not calls_with(lab, phone), 10)


def ended(lab):
    """What the hook of the last end was told."""
    return wait_for("the hook", lambda: os.path.exists(lab.path("encryption")) and
                    open(lab.path("encryption")).read().strip(), 10)


def is_right(lab, name, phone, wanted):
    call = up(lab, phone)
    suite = call.get("encryption", "")
    tally.check("%s: %s" % (name, suite), re.fullmatch(wanted, suite), call)
    tally.check("%s: its voice comes back" % name, is_heard(phone), phone.last_words())
    return suite


def it_calls(lab, name, phone, wanted):
    lab.hook("incoming", "echo answer /bin/cat")
    if os.path.exists(lab.path("encryption")):
        os.unlink(lab.path("encryption"))
    phone.call("sip:alice@" + lab.name)
    suite = is_right(lab, name + " calls", phone, wanted)
    finish(lab, phone)
    tally.check("%s calls: OFFHOOK_ENCRYPTION at ended" % name, ended(lab) == suite, ended(lab))


def we_call(lab, name, phone, wanted):
    phone.forget()
    lab.ask("dial", args="--detach %s /bin/cat" % phone.user)
    tally.check("%s rings" % name, phone.rings(), phone.last_words())
    phone.answer()
    is_right(lab, "we call " + name, phone, wanted)
    finish(lab, phone)


def is_taken(path):
    """What comes from now on is a part of what the telephone says."""
    start = os.path.getsize(path) // 2 + 4000
    wait_for("a second of sound", lambda: os.path.getsize(path) // 2 > start + 8000)
    taken = read_raw(path)
    return any(correlate(taken[place:place + 800], SPOKEN[:80000])[0] > 0.95
               for place in range(start, start + 7200, 1600))


def it_holds(lab, name, phone):
    lab.hook("incoming", "echo answer /usr/bin/tee %s" % lab.path("taken"))
    phone.call("sip:alice@" + lab.name)
    suite = up(lab, phone)["encryption"]
    phone.hold()
    wait_for("held", lambda: calls_with(lab, phone)[0]["held"], 10)
    phone.resume()
    wait_for("not held", lambda: not calls_with(lab, phone)[0]["held"], 10)
    tally.check("%s holds and takes back: encrypted as before" % name,
                calls_with(lab, phone)[0]["encryption"] == suite)
    tally.check("%s holds and takes back: it is heard" % name, is_taken(lab.path("taken")))
    finish(lab, phone)


def is_refused(lab, name, phone):
    """By us, when it calls, and by it, when we do."""
    phone.call("sip:alice@" + lab.name)
    tally.check("%s calls in clear: 488" % name, phone.was_refused(488, ""), phone.last_words())
    answer = lab.ctl("dial", phone.user)
    tally.check("we call %s: it cannot encrypt, and the call is over" % name,
                answer.returncode != 0 and not calls_with(lab, phone), answer)


def nothing_is_told(lab):
    """No key is in what the daemon says of itself."""
    trace = lab.ctl("trace", "--raw").stdout
    tally.check("the trace has a=crypto", "a=crypto:" in trace)
    shown = re.findall(r"(?i)inline:([^*\r\n ]+)", trace) + \
        re.findall(r"(?i)inline:(\S+)", lab.log("offhookd"))
    tally.check("no key is in trace or log", not shown, shown)
    kept = [name for folder, _, names in os.walk(lab.path("state")) for name in names
            if b"inline:" in open(os.path.join(folder, name), "rb").read()]
    tally.check("no key is in the state directory", not kept, kept)


KEY = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"


def in_memory(pid, keys):
    """Which of the keys are in the daemon's memory, as text or as bytes."""
    found = set()
    with open("/proc/%d/maps" % pid) as maps, open("/proc/%d/mem" % pid, "rb", 0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            if not rights.startswith("rw"):
                continue
            start, end = (int(part, 16) for part in span.split("-"))
            memory.seek(start)
            part = memory.read(end - start)
            found |= {key for key in keys if key.encode() in part or
                      base64.b64decode(key)[:16] in part}
    return found


def keys_are_erased(lab):
    if is_instrumented():
        print("skip: the memory of this build is not the daemon's")
        return
    lab.hook("incoming", "echo answer /bin/cat")
    caller = Caller(lab)
    caller.invite(caller.sdp(extra="a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:%s\r\n" % KEY))
    keys = {KEY, re.search(r"inline:(\S+)", caller.last).group(1)}
    try:
        has_keys = in_memory(lab.daemon.pid, keys) == keys
    except PermissionError:
        print("skip: the daemon's memory may not be read here")
        caller.bye()
        return
    caller.talk(tone(0.5))
    call = lab.ask("calls")["calls"][0]
    tally.check("packets in clear are dropped and counted, and the call lives",
                call["state"] == "up" and call["srtp_refused"] >= 10, call)
    tally.check("while the call is up its keys are in memory", has_keys)
    caller.bye()
    caller.close()
    tally.comes("when the call is forgotten its keys are erased",
                lambda: not in_memory(lab.daemon.pid, keys), 60)


def linphones(lab):
    """One that takes what it can, and one for each other suite of its own; it has no GCM."""
    if not shutil.which("linphonec"):
        print("skip linphonec: it is not installed")
        return
    for suite in ("", "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"):
        options = {"srtp_crypto_suites": suite} if suite else {}
        yield suite, Linphone(lab, SPOKEN, media_encryption="srtp", media_encryption_mandatory=1,
                              **options)


def check_opportunistic(lab):
    lab.start_daemon(scheme="sip", dial={"allow": ["*"], "per_hour": 1000}, codec="PCMU")
    phone = Baresip(lab, SPOKEN, "srtp")
    it_calls(lab, "baresip", phone, "A.*")
    we_call(lab, "baresip", phone, "A.*")
    stop(lab, phone.process)
    phone = Baresip(lab, SPOKEN, "srtp-mand")
    it_calls(lab, "baresip (RTP/SAVP)", phone, "A.*")
    it_holds(lab, "baresip (RTP/SAVP)", phone)
    stop(lab, phone.process)
    phone = Baresip(lab, SPOKEN)
    it_calls(lab, "baresip without SRTP", phone, "none")
    we_call(lab, "baresip without SRTP", phone, "none")
    nothing_is_told(lab)
    keys_are_erased(lab)
    lab.stop_daemon()
    return phone


def check_required(lab, phone_in_clear):
    lab.start_daemon(scheme="sip", dial={"allow": ["*"], "per_hour": 1000}, srtp="required",
                     codec="PCMU")
    is_refused(lab, "baresip without SRTP", phone_in_clear)
    phone = Baresip(lab, SPOKEN, "srtp-mand")
    it_calls(lab, "baresip (RTP/SAVP), required", phone, "A.*")
    we_call(lab, "baresip (RTP/SAVP), required", phone, "A.*")
    stop(lab, phone.process)
    phone = Baresip(lab, SPOKEN, "srtp-mandf")  # it takes no offer but of that profile
    it_calls(lab, "baresip (RTP/SAVPF), required", phone, "A.*")
    stop(lab, phone.process)
    for suite, phone in linphones(lab):
        name = "linphonec %s" % suite if suite else "linphonec"
        it_calls(lab, name, phone, suite or "A.*")
        we_call(lab, name, phone, suite or "A.*")
        if not suite:
            it_holds(lab, name, phone)
        stop(lab, phone.process)
    nothing_is_told(lab)
    tally.check("the daemon stops cleanly", lab.stop_daemon() == 0)


with Lab() as lab:
    lab.hook("ended", 'echo "$OFFHOOK_ENCRYPTION" >%s' % lab.path("encryption"))
    lab.start_kamailio()
    check_required(lab, check_opportunistic(lab))
tally.end()
