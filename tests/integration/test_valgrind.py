# SPDX-License-Identifier: ISC
"""The daemon in one call under valgrind: no error, no leak."""
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Caller, Lab, Tally, is_instrumented, need, share_heard, tone, wait_for

need("valgrind")
if is_instrumented():
    print("SKIP: a sanitized or measured build is not run under valgrind")
    sys.exit(77)
tally = Tally()
with Lab() as lab:
    lab.hook("incoming", "echo ring; echo answer /bin/cat")
    lab.start_kamailio()
    lab.start_daemon(wait=False, wrapper=(
        shutil.which("valgrind"), "--leak-check=full", "--show-leak-kinds=definite,indirect,possible",
        "--errors-for-leak-kinds=definite,indirect", "--error-exitcode=9", "--trace-children=no",
        "--child-silent-after-fork=yes"), keepalive=60)
    lab.wait_online(60)
    caller = Caller(lab)
    final, _ = caller.invite(seconds=30)
    spoken = tone(0.5)

    def echo():
        share = share_heard(spoken, caller.talk(spoken, 0.6))
        return final == 200 and share > 0.4, "%.3f" % share
    tally.fairly("a call is answered and echoes under valgrind", lab, echo)
    tally.check("BYE is answered", caller.bye(20) == 200)
    caller.close()
    wait_for("no calls", lambda: lab.ask("status")["calls"] == 0, 20)
    status = lab.stop_daemon(60)
    log = lab.log("offhookd")
    errors = re.search(r"ERROR SUMMARY: (\d+) errors", log)
    tally.check("no error and no leak", status == 0 and errors and errors.group(1) == "0",
                errors and errors.group(0))
    if status:
        print("\n".join(line for line in log.splitlines() if line.startswith("=="))[-6000:])
tally.end()
