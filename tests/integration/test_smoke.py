# SPDX-License-Identifier: ISC
"""Registered over TLS 1.3 with SHA-256; an echo call with audio compared; hanging up both ways."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import ENOUGH, Caller, Lab, Tally, tone, wait_for

tally = Tally()
with Lab() as lab:
    lab.start_kamailio()
    lab.start_daemon(incoming="answer /bin/cat")
    status = lab.ask("status")
    tally.check("registered over TLS 1.3", status["protocol"] == "TLS1.3", status["summary"])
    caller = Caller(lab)
    final, all_of_them = caller.invite()
    tally.check("the call is answered 200", final == 200, all_of_them)
    share = caller.echo(tone(1.0))
    tally.check("the echo is what was spoken", share >= ENOUGH, "%.3f" % share)
    tally.check("BYE is answered 200", caller.bye() == 200)
    wait_for("no calls", lambda: lab.ask("status")["calls"] == 0)
    caller.close()
    tally.check("the daemon stops cleanly", lab.stop_daemon() == 0)
tally.end()
