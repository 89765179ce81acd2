# SPDX-License-Identifier: ISC
"""Calls out through a real proxy: answered, busy, cancelled, challenged; hold and transfer of ours;
what dial.* forbids; a program as child of offhookctl; a MESSAGE."""
import os
import signal
import subprocess
import sys
import time
import wave

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import BUILDDIR, ENOUGH, Callee, Lab, Tally, tone, wait_for

tally = Tally()


def start(lab, *words):
    return subprocess.Popen([os.path.join(BUILDDIR, "offhookctl"), *words], text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE,
                            env=dict(os.environ, OFFHOOK_SOCKET=lab.path("control"),
                                     PATH=BUILDDIR + ":/usr/bin:/bin"))


def finish(process, seconds=15):
    out, err = process.communicate(timeout=seconds)
    return process.returncode, out, err


def only_call(lab):
    calls = lab.ask("calls")["calls"]
    return calls[0]["call"] if calls else None


def answer_a_dial(lab, *options, number=None, headers=()):
    phone = Callee(lab)
    process = start(lab, "dial", *options, number or phone.number)
    invite = phone.wait_invite()
    phone.respond("180 Ringing")
    phone.respond("200 OK", phone.sdp(), headers)
    ack = phone.wait_request("ACK")
    return phone, process, invite, ack


def echo(lab):
    phone = Callee(lab)
    answer = lab.ask("dial", args="--detach %s /bin/cat" % phone.number)
    tally.check("a program may have the audio", answer["ok"], answer)
    invite = phone.wait_invite()
    tally.check("the INVITE has an offer and options",
                "m=audio" in invite and "100rel" in phone.header(invite, "Supported")[0]
                and "1800" in phone.header(invite, "Session-Expires")[0])
    phone.respond("180 Ringing")
    wait_for("ringing", lambda: lab.ask("calls")["calls"][0]["state"] == "ringing")
    phone.respond("200 OK", phone.sdp())
    tally.check("the 200 is acknowledged", phone.wait_request("ACK") is not None)
    share = phone.echo(tone(1.0, 3))
    tally.check("the callee hears the program", share >= ENOUGH, "%.3f" % share)
    tally.check("the callee hangs up", phone.bye() == 200)
    wait_for("no calls", lambda: lab.ask("status")["calls"] == 0)
    phone.close()


def hang_up(lab):
    phone, process, _, ack = answer_a_dial(lab)
    tally.check("a call without a program stays up", ack is not None and process.poll() is None)
    start(lab, "--call", only_call(lab), "hangup").wait(5)
    bye = phone.wait_request("BYE")
    phone.answer(bye)
    tally.check("our BYE has a Reason", "Q.850;cause=16" in bye)
    tally.check("dial ends with 0", finish(process)[0] == 0)
    phone.close()


def program(lab):
    # grep says which signals are ignored: bit 12 is PIPE.
    script = lab.write("program", "#!/bin/sh\necho $OFFHOOK_CALL\n"
                       "grep SigIgn: /proc/self/status\nexit 7\n", 0o755)
    phone = Callee(lab)
    process = start(lab, "dial", phone.number, "--", script)
    phone.wait_invite()
    phone.respond("200 OK", phone.sdp())
    tally.check("the end of the program ends the call", phone.wait_bye())
    status, out, _ = finish(process)
    call, ignored = out.splitlines()
    tally.check("the status is the program's", status == 7 and len(call) == 4, (status, out))
    tally.check("the program dies of a closed pipe as any does",
                not int(ignored.split()[1], 16) >> 12 & 1, ignored)
    phone.close()


def environment(lab):
    script = lab.write("program", "#!/bin/sh\nenv | grep ^OFFHOOK_ | sort\n"
                       "offhookctl hangup || exit 9\n", 0o755)
    phone = Callee(lab)
    process = subprocess.Popen(
        [os.path.join(BUILDDIR, "offhookctl"), "dial", phone.number, "--", script], text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={"PATH": BUILDDIR + ":/usr/bin:/bin", "OFFHOOK_SOCKET": lab.path("control"),
             "OFFHOOK_CALL": "zzzz", "OFFHOOK_TOKEN": "of another call", "OFFHOOK_DIGITS": "7",
             "OFFHOOK_HDR_X_DOOR": "front"})
    phone.wait_invite()
    phone.respond("200 OK", phone.sdp())
    tally.check("the program commands its call", phone.wait_bye())
    status, out, err = finish(process)
    found = dict(line.split("=", 1) for line in out.splitlines())
    wanted = {"EVENT": "answered", "LINE": "home", "DIRECTION": "out", "FROM": "alice",
              "TO": phone.number, "TO_URI": "sip:%s@%s" % (phone.number, lab.name), "STATE": "up",
              "TRUST": "none", "RATE": "8000", "SOCKET": lab.path("control")}
    wrong = {name: found.get("OFFHOOK_" + name) for name, value in wanted.items()
             if found.get("OFFHOOK_" + name) != value}
    tally.check("and has the variables that hooks have", status == 0 and not wrong, wrong or err)
    tally.check("with id, token and folder of its own call", len(found["OFFHOOK_CALL"]) == 4 and
                len(found["OFFHOOK_TOKEN"]) == 24 and os.sep in found["OFFHOOK_DIR"] and
                found["OFFHOOK_CALL"] != "zzzz")
    tally.check("and nothing of another", not {"OFFHOOK_DIGITS", "OFFHOOK_HDR_X_DOOR"} & set(found))
    phone.close()


def early(lab):
    script = lab.write("program", "#!/bin/sh\necho $OFFHOOK_STATE; offhookctl wait; exit 5\n", 0o755)
    phone = Callee(lab)
    process = start(lab, "dial", "--early", phone.number, "--", script)
    phone.wait_invite()
    phone.respond("183 Session Progress", phone.sdp())
    tally.check("--early: the program runs before the answer",
                process.stdout.readline().strip() in ("calling", "ringing"))
    phone.respond("200 OK", phone.sdp())
    phone.wait_request("ACK")
    tally.check("and is still the same after it", process.poll() is None and phone.bye() == 200)
    status, out, _ = finish(process)
    tally.check("it runs once and its status counts", status == 5 and not out, (status, out))
    phone.close()


def detached(lab):
    place = lab.path("owner")
    hook = lab.write("alarm", "#!/bin/sh\necho $OFFHOOK_CALL $OFFHOOK_EVENT $OFFHOOK_TO >%s\n"
                     "exec sleep 60\n" % place, 0o755)
    phone = Callee(lab)
    process = start(lab, "dial", "--detach", hook, phone.number)
    status, out, err = finish(process)
    tally.check("--detach comes back at once with the call", status == 0 and len(out.strip()) == 4,
                (status, out, err))
    phone.wait_invite()
    phone.respond("200 OK", phone.sdp())
    phone.wait_request("ACK")
    said = wait_for("the hook", lambda: os.path.exists(place) and open(place).read().split())
    tally.check("its hook runs at the answer", said == [out.strip(), "answered", phone.number], said)
    time.sleep(0.3)
    tally.check("and owns the call", only_call(lab) == out.strip())
    subprocess.run(["pkill", "-KILL", "-P", str(lab.daemon.pid), "-x", "sleep"], check=False)
    tally.check("which ends with it", phone.wait_bye())
    phone.close()
    wait_for("no calls", lambda: lab.ask("status")["calls"] == 0)
    code, _, err = finish(start(lab, "dial", "--detach", "/nowhere", "phone-1"))
    tally.check("a hook that is not there is told before", code == 4 and "not there" in err, err)
    os.chmod(hook, 0o777)
    code, _, err = finish(start(lab, "dial", "--detach", hook, "phone-1"))
    tally.check("so is one that others may write", code == 4 and "write" in err, err)
    for words in (["--detach", hook], ["--detach"], ["--detach", "nowhere", "1"],
                  ["--detach", hook, "1", "--", "/bin/true"]):
        tally.check("2 for %s" % " ".join(os.path.basename(word) for word in words),
                    finish(start(lab, "dial", *words))[0] == 2)


def dies_beside_a_verb(lab):
    """Who has dialled is gone; what its program has attached to the call must not keep it up."""
    silence = lab.path("silence.wav")
    with wave.open(silence, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(2 * 8000 * 60))
    ctl = os.path.join(BUILDDIR, "offhookctl")
    for verb in (["play", silence], ["record", "--max", "60", lab.path("heard.wav")],
                 ["run", "/bin/cat"], ["audio"]):
        phone = Callee(lab)
        process = start(lab, "dial", phone.number, "--", ctl, *verb)
        phone.wait_invite()
        phone.respond("200 OK", phone.sdp())
        phone.wait_request("ACK")
        wait_for("the verb", lambda: subprocess.run(["pgrep", "-P", str(process.pid)], check=False,
                                                    capture_output=True).stdout)
        wait_for("the call", lambda: lab.ask("calls")["calls"][0]["state"] == "up")
        process.send_signal(signal.SIGTERM)
        tally.check("SIGTERM to dial alone hangs up beside `%s`" % verb[0], phone.wait_bye())
        finish(process)
        wait_for("no calls", lambda: lab.ask("status")["calls"] == 0)
        phone.close()


def deaths(lab):
    for how in (signal.SIGINT, signal.SIGKILL):
        phone = Callee(lab)
        process = start(lab, "dial", phone.number)
        phone.wait_invite()
        phone.respond("180 Ringing")
        wait_for("ringing", lambda: lab.ask("calls")["calls"][0]["state"] == "ringing")
        process.send_signal(how)
        cancel = phone.wait_request("CANCEL")
        tally.check("%s of offhookctl cancels what rings" % how.name, cancel is not None)
        phone.answer(cancel)
        phone.respond("487 Request Terminated")
        wait_for("no calls", lambda: lab.ask("status")["calls"] == 0)
        finish(process)
        phone.close()
        script = lab.write("program", "#!/bin/sh\necho up; exec sleep 60\n", 0o755)
        phone = Callee(lab)
        process = start(lab, "dial", phone.number, "--", script)
        phone.wait_invite()
        phone.respond("200 OK", phone.sdp())
        phone.wait_request("ACK")
        process.stdout.readline()
        children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True,
                                  check=False).stdout.split()
        process.send_signal(how)
        tally.check("%s hangs up what is up" % how.name, phone.wait_bye())
        for child in children:
            os.kill(int(child), signal.SIGKILL)
        finish(process)
        phone.close()


def limits(lab):
    lab.stop_daemon()
    lab.start_daemon(scheme="sip", dial={"allow": ["phone-*"], "max_calls": 1, "per_hour": 2})
    phone = Callee(lab)
    first = start(lab, "dial", phone.number)
    phone.wait_invite()
    code, _, err = finish(start(lab, "dial", phone.number))
    tally.check("dial.max_calls forbids", code == 4 and "dial.max_calls" in err, err.strip())
    phone.respond("486 Busy Here")
    finish(first)
    second = start(lab, "dial", phone.number)
    phone.wait_invite()
    phone.respond("486 Busy Here")
    finish(second)
    code, _, err = finish(start(lab, "dial", phone.number))
    tally.check("dial.per_hour forbids", code == 4 and "dial.per_hour" in err, err.strip())
    lab.stop_daemon()
    lab.start_daemon(scheme="sip")
    code, _, err = finish(start(lab, "dial", phone.number))
    tally.check("nothing may be dialled unless dial.allow says so", code == 4 and
                "dial.allow" in err, err.strip())
    phone.close()


def offline(lab):
    lab.stop_daemon()
    lab.stop_kamailio()
    lab.start_daemon(scheme="sip", dial={"allow": ["*"], "per_hour": 1000}, wait=False)
    wait_for("the control socket", lambda: lab.ask("status"))
    code, _, err = finish(start(lab, "dial", "--wait", "1", "phone-1"))
    tally.check("--wait gives up without a registration", code == 125 and "not registered" in err,
                err.strip())
    phone = Callee(lab)
    process = start(lab, "dial", "--wait", "60", phone.number)
    wait_for("the call", lambda: only_call(lab))
    lab.start_kamailio()
    tally.check("--wait dials once it is there", phone.wait_invite(45) is not None)
    phone.respond("486 Busy Here")
    tally.check("and goes on", finish(process)[0] == 125)
    phone.close()


def refusals(lab):
    for status, text in (("486 Busy Here", "busy: 486"), ("603 Decline", "rejected: declined"),
                         ("480 Temporarily Unavailable", "missed: nobody answered"),
                         ("404 Not Found", "failed: cannot be reached")):
        phone = Callee(lab)
        process = start(lab, "dial", phone.number)
        phone.wait_invite()
        phone.respond(status)
        code, _, err = finish(process)
        tally.check("%s is told as %s" % (status, text), code == 125 and text in err, err.strip())
        phone.close()
    phone = Callee(lab)
    process = start(lab, "dial", phone.number)
    phone.wait_invite()
    phone.respond("302 Moved", headers=["Contact: <sip:+49900@elsewhere.example>"])
    code, _, err = finish(process)
    tally.check("302 is told, not followed", code == 125 and "elsewhere" in err, err.strip())
    tally.check("nothing else was called", phone.wait_invite(1) is None)
    phone.close()
    code, _, err = finish(start(lab, "dial", "sip:1@forbidden.example"))
    tally.check("dial.allow forbids", code == 4 and "dial.allow" in err, err.strip())


def cancels(lab):
    phone = Callee(lab)
    process = start(lab, "dial", "--ring", "1", phone.number)
    phone.wait_invite()
    phone.respond("180 Ringing")
    cancel = phone.wait_request("CANCEL")
    phone.answer(cancel)
    phone.respond("487 Request Terminated")
    code, _, err = finish(process)
    tally.check("--ring gives up with CANCEL", code == 125 and "no answer" in err, err.strip())
    phone.close()
    phone = Callee(lab)
    process = start(lab, "dial", phone.number)
    phone.wait_invite()
    phone.respond("180 Ringing")
    wait_for("ringing", lambda: lab.ask("calls")["calls"][0]["state"] == "ringing")
    process.terminate()
    cancel = phone.wait_request("CANCEL")
    tally.check("the end of offhookctl cancels the call", cancel is not None)
    phone.answer(cancel)
    phone.respond("487 Request Terminated")
    wait_for("no calls", lambda: lab.ask("status")["calls"] == 0)
    phone.close()


def challenge(lab):
    phone = Callee(lab)
    process = start(lab, "dial", phone.guarded)
    invite = phone.wait_invite()
    tally.check("a challenge of the proxy is answered", "CSeq: 2 INVITE" in (invite or ""))
    phone.respond("486 Busy Here")
    finish(process)
    phone.close()


def hold(lab):
    phone, process, _, _ = answer_a_dial(lab, headers=["Allow: INVITE, ACK, BYE, REFER, NOTIFY"])
    holding = start(lab, "--call", only_call(lab), "hold")
    change = phone.wait_request("INVITE")
    tally.check("hold is a re-INVITE with sendonly", "a=sendonly" in change)
    phone.respond("200 OK", phone.sdp("recvonly"), request=change)
    phone.wait_request("ACK")
    tally.check("hold ends with 0", finish(holding)[0] == 0)
    resuming = start(lab, "--call", only_call(lab), "resume")
    change = phone.wait_request("INVITE")
    phone.respond("488 Not Acceptable Here", request=change)
    code, _, err = finish(resuming)
    tally.check("a refused resume ends with 5", code == 5 and "488" in err, err.strip())
    transfer = start(lab, "--call", only_call(lab), "transfer", "sip:carol@elsewhere.example")
    refer = phone.wait_request("REFER")
    tally.check("transfer is a REFER", "Refer-To: <sip:carol@elsewhere.example>" in refer)
    phone.respond("603 Decline", request=refer)
    tally.check("a refused transfer ends with 5", finish(transfer)[0] == 5)
    tally.check("the call is still up", only_call(lab) is not None)
    process.terminate()
    tally.check("the end of offhookctl ends the call", phone.wait_bye())
    phone.close()


def message(lab):
    phone = Callee(lab)
    process = start(lab, "message", phone.number, "The", "door", "is", "open")
    request = phone.wait_request("MESSAGE")
    phone.respond("200 OK", request=request)
    tally.check("a MESSAGE arrives", "The door is open" in request)
    tally.check("message ends with 0", finish(process)[0] == 0)
    phone.close()


def hooks(lab):
    lab.hook("outgoing", '[ "$OFFHOOK_FROM" = alice ] && echo reject 403 closed')
    phone = Callee(lab)
    code, _, err = finish(start(lab, "dial", phone.number))
    tally.check("the outgoing hook vetoes", code == 125 and "closed" in err and
                "the hook outgoing forbids it" in err, err.strip())
    tally.check("and nothing has left", phone.wait_invite(0.5) is None)
    os.unlink(lab.path("hooks/outgoing"))
    phone.close()


with Lab() as lab:
    lab.start_kamailio()
    lab.start_daemon(scheme="sip", dial={"allow": ["*"], "per_hour": 1000})
    for part in (echo, hang_up, program, environment, early, detached, refusals, cancels, deaths, dies_beside_a_verb,
                 challenge, hold, message, hooks, limits, offline):
        part(lab)
    wait_for("no calls", lambda: lab.ask("status")["calls"] == 0)
    tally.check("the daemon stops cleanly", lab.stop_daemon() == 0)
tally.end()
