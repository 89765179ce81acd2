# SPDX-License-Identifier: ISC
"""A graceful stop: BYE to every call, the registration taken back, everything in 5 seconds, whoever
does not answer; a second signal stops at once; nothing is left running."""
import os
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Caller, Lab, Tally, wait_for

LIMIT = 5.0
SLACK = 0.7  # of a machine that has other things to do
tally = Tally()


def start_call(lab):
    """A call that is up for the daemon, too."""
    caller = Caller(lab)
    final, _ = caller.invite()
    assert final == 200, final
    wait_for("the ACK", lambda: all(call["state"] == "up" for call in lab.ask("calls")["calls"]))
    return caller


def running(lab, name):
    """Processes that run this script of the laboratory."""
    return subprocess.run(["pgrep", "-f", lab.path(name)], capture_output=True, text=True,
                          check=False).stdout.split()


def end(lab, number=signal.SIGTERM, again_after=None):
    """The exit status, and how long it took."""
    start = time.monotonic()
    lab.daemon.send_signal(number)
    if again_after is not None:
        time.sleep(again_after)
        lab.daemon.send_signal(number)
    status = lab.daemon.wait(15)
    lab.processes.remove(lab.daemon)
    lab.daemon = None
    return status, time.monotonic() - start


def is_registered(lab):
    caller = Caller(lab)
    final, _ = caller.invite(seconds=4)
    caller.close()
    return final != 404


def check_calls(number):
    with Lab(expires=600) as lab:
        lab.start_kamailio()
        lab.start_daemon(incoming="answer /bin/cat")
        callers = [start_call(lab) for _ in range(3)]
        heard = {}
        threads = [threading.Thread(target=lambda i=i: heard.update({i: callers[i].wait_bye()}))
                   for i in range(3)]
        for thread in threads:
            thread.start()
        status, seconds = end(lab, number)
        for thread in threads:
            thread.join()
        name = signal.Signals(number).name
        tally.check("%s with three calls: BYE to each" % name, list(heard.values()) == [True] * 3)
        tally.check("%s: a clean exit, soon" % name, status == 0 and seconds < 2, "%.2f s" % seconds)
        tally.check("%s: the registration is taken back" % name, not is_registered(lab))


def check_stubborn():
    """A hook and a media program that do not mind TERM, and a caller that does not answer."""
    with Lab(expires=600) as lab:
        hook = "trap '' TERM HUP INT\necho answer %s\nwhile :; do sleep 0.1; done"
        program = lab.write("program", "#!/bin/sh\ntrap '' TERM HUP INT PIPE\n"
                            "while :; do sleep 0.1; done\n", 0o755)
        lab.hook("incoming", hook % program)
        lab.hook("ended", "trap '' TERM\nwhile :; do sleep 0.1; done")
        lab.start_kamailio()
        lab.start_daemon(decide=5, linger=60)
        start_call(lab)
        wait_for("the program", lambda: running(lab, "program"))
        status, seconds = end(lab)
        tally.check("hook, program and caller are deaf: the daemon ends all the same",
                    status == 0 and seconds < LIMIT + SLACK, "%.2f s" % seconds)
        tally.comes("and nothing of them is left", lambda: not running(lab, "hooks") and
                    not running(lab, "program"), 3)
        tally.check("the registration is taken back", not is_registered(lab))


def check_ended_hook():
    with Lab(expires=600) as lab:
        out = lab.make_folder("out")
        os.chmod(out, 0o777)
        lab.hook("incoming", "echo answer /bin/cat\nsleep 60")
        lab.hook("ended", 'sleep 0.5; echo "$OFFHOOK_ENDED_BY" > %s/ended' % out)
        lab.hook("offline", "echo yes > %s/offline" % out)
        lab.start_kamailio()
        lab.start_daemon(linger=60)
        caller = start_call(lab)
        waiter = threading.Thread(target=caller.wait_bye)
        waiter.start()
        status, seconds = end(lab)
        waiter.join()
        ended = open(out + "/ended").read().strip() if os.path.exists(out + "/ended") else ""
        tally.check("the hook of the call is seen off, its ended hook has its time",
                    status == 0 and ended == "local" and seconds < LIMIT + SLACK,
                    "%s, %.2f s" % (ended or "no ended hook", seconds))


def check_recorder():
    """A program that has something left to do at the end of file, as recorders have."""
    with Lab(expires=600) as lab:
        out = lab.make_folder("out")
        os.chmod(out, 0o777)
        program = lab.write("recorder", "#!/bin/sh\ncat >/dev/null\nsleep 0.7\necho done > %s/recorded\n"
                            % out, 0o755)
        lab.start_kamailio()
        lab.start_daemon(incoming="answer " + program)
        caller = start_call(lab)
        wait_for("the program", lambda: running(lab, "recorder"))
        waiter = threading.Thread(target=caller.wait_bye)
        waiter.start()
        status, seconds = end(lab)
        waiter.join()
        tally.check("a media program may finish its work", status == 0 and
                    os.path.exists(out + "/recorded") and seconds < 2.5, "%.2f s" % seconds)


def check_silence():
    with Lab(expires=600) as lab:
        lab.start_kamailio()
        lab.start_daemon(incoming="answer /bin/cat")
        start_call(lab)
        children = subprocess.run(["pgrep", "-P", str(lab.kamailio.pid)], capture_output=True,
                                  text=True, check=False).stdout.split()
        for pid in children:
            os.kill(int(pid), signal.SIGSTOP)
        status, seconds = end(lab)
        tally.check("a silent registrar: the daemon ends after 5 s", status == 0 and
                    seconds < LIMIT + SLACK, "%.2f s" % seconds)
        tally.check("and says that not everything has ended", "not everything has ended in time"
                    in lab.log("offhookd"))
        for pid in children:
            os.kill(int(pid), signal.SIGCONT)


def check_second_signal():
    with Lab(expires=600) as lab:
        lab.hook("incoming", "trap '' TERM\necho answer /bin/cat\nwhile :; do sleep 0.1; done")
        lab.start_kamailio()
        lab.start_daemon()
        start_call(lab)
        status, seconds = end(lab, again_after=0.3)
        tally.check("a second signal stops at once", status == 0 and seconds < 1.0, "%.2f s" % seconds)
        tally.comes("and leaves no hook", lambda: not running(lab, "hooks"), 3)


def check_refusals():
    """What comes and is asked for while the daemon stops."""
    with Lab(expires=600) as lab:
        lab.hook("incoming", "trap '' TERM\necho answer /bin/cat\nwhile :; do sleep 0.1; done")
        lab.start_kamailio()
        lab.start_daemon(dial={"allow": ["*"]})
        caller = start_call(lab)
        lab.daemon.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        late = Caller(lab)
        final, _ = late.invite(seconds=2)
        dial = lab.ask("dial", args="phone-1")
        reload = lab.ask("reload")
        tally.check("a call that comes while the daemon stops is refused", final in (404, 480), final)
        tally.check("nothing is dialled any more", not dial or not dial["ok"], dial)
        tally.check("a reload while it stops does no harm", not reload or reload["ok"], reload)
        tally.check("it ends", lab.daemon.wait(LIMIT + SLACK) == 0)
        lab.processes.remove(lab.daemon)
        caller.close()


check_calls(signal.SIGTERM)
check_calls(signal.SIGINT)
check_stubborn()
check_ended_hook()
check_recorder()
check_silence()
check_second_signal()
check_refusals()
tally.end()
