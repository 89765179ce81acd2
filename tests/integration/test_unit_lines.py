# SPDX-License-Identifier: ISC
"""The plain unit and two lines of the template, registered, are restarted in every order: those beside
go on, with the calls and hooks that they have, and after each restart each answers by its hook."""
import itertools
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Caller, Tally
from unit_lab import UnitLab, enter_booted_machine, write

UNITS = {"offhookd": "alice", "offhookd@a": "a", "offhookd@b": "b"}
# One that decides, and one that lives with its call and has its say when a file tells it to.
HOOK = """#!/bin/sh
case $OFFHOOK_FROM in
  stays)
    offhookctl answer || exit 9
    while [ ! -e "$OFFHOOK_STATE_DIR/go" ]; do sleep .05; done
    offhookctl show >/dev/null && offhookctl hangup ;;
  *) echo "reject 486 $OFFHOOK_LINE" ;;
esac
"""
tally = Tally()


def state(unit):
    return "/var/lib/" + unit.replace("@", "-")


def is_answered(lab, unit, user):
    """By its hook, in its name."""
    caller = Caller(lab, to=user)
    final, _ = caller.invite(seconds=10)
    caller.close()
    return final == 486 and " 486 " + {"alice": "home"}.get(user, user) in caller.last


def stay(lab, user):
    caller = Caller(lab, user="stays", to=user)
    final, _ = caller.invite(seconds=10)
    assert final == 200, final
    return caller


def restart(lab, unit):
    """While the others have a call each, whose hook then ends it."""
    others = [other for other in UNITS if other != unit]
    callers = [stay(lab, UNITS[other]) for other in others]
    lab.start_unit(unit)
    for other in others:
        write(state(other) + "/go", "")
    is_good = all(caller.wait_bye() for caller in callers)
    for other in others:
        os.remove(state(other) + "/go")
    for caller in callers:
        caller.close()
    return is_good


def failures(unit):
    rows = [json.loads(line) for line in UnitLab.unit_ask(unit, "--json", "hooks").splitlines()]
    assert any(row["runs"] for row in rows), rows
    return [row for row in rows if row["failures"] or row["failing"]]


enter_booted_machine()
with UnitLab() as lab:
    lab.start_kamailio()
    write("/etc/offhookd/hooks/incoming", HOOK, 0o755)
    for unit, user in UNITS.items():
        lab.configure_unit(unit, user)
        lab.start_unit(unit)
    for order in itertools.permutations(UNITS):
        fact = ", then ".join(order)
        for unit in order:
            tally.check("%s: %s is restarted, and the calls beside go on" % (fact, unit),
                        restart(lab, unit))
            tally.check("%s: after %s each answers by its hook" % (fact, unit),
                        all(is_answered(lab, *line) for line in UNITS.items()))
            failed = [failures(line) for line in UNITS]
            tally.check("%s: after %s no hook has failed" % (fact, unit), not any(failed), failed)
tally.end()
