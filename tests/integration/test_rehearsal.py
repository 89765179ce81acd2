# SPDX-License-Identifier: ISC
"""offhookctl test: a hook run without a call. Its facts, its decision, its mistakes; no trace left."""
import json
import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import BUILDDIR, Lab, Tally

tally = Tally()


ROWS = [  # what is shown, the hook, the words, exit status, standard output, part of standard error
    ("the decision is printed", "echo reject 603 no thanks", "incoming", 0, "reject 603 no thanks\n", ""),
    ("ring and the decision are both printed", "echo ring; echo answer /bin/cat", "incoming", 0,
     "ring\nanswer /bin/cat\n", ""),
    ("redirect is printed with its address", "echo redirect sip:a@b", "incoming", 0,
     "redirect sip:a@b\n", ""),
    ("retry-after is printed", "echo reject 486 retry-after=9", "incoming", 0,
     "reject 486 retry-after=9\n", ""),
    ("the hook sees what it is given", '[ "$OFFHOOK_FROM" = "+491" ] && echo reject "$OFFHOOK_HDR_X_DOOR"',
     "incoming from=+491 X-Door=601", 0, "reject 601\n", ""),
    ("values are tamed as those of a call", '[ "$OFFHOOK_FROM" = "_r__a" ] && echo ignore',
     "incoming from=-r(`a", 0, "ignore\n", ""),
    ("1 when no hook decides", "exit 0", "incoming", 1, "", "the configuration decides: no hook decided"),
    ("a mistyped decision is told", "echo rejct 603", "incoming", 1, "", 'no decision: "rejct 603"'),
    ("a wrong decision is told with its fault", "echo reject 200", "incoming", 1, "",
     "the code of reject must be 400 to 699"),
    ("an error line is told", "echo oops >&2; exit 3", "incoming", 1, "", "the hook incoming: oops"),
    ("1 when the hook fails", "exit 7", "incoming", 1, "", "the hook failed"),
    ("a verb finds no call", "offhookctl ring 1; [ $? = 3 ] && echo reject 480", "incoming", 0,
     "reject 480\n", ""),
    ("a hook that is only told is run", 'test -n "$OFFHOOK_REASON"', "offline reason=a cable", 0, "", ""),
    ("its body is standard input", '[ "$(cat)" = "ring  me" ]', "message body=ring  me", 0, "", ""),
    ("transfer takes accept", "echo accept", "transfer", 0, "accept\n", ""),
    ("2 for what is no event", "exit 0", "dance", 2, "", "test wants an event"),
    ("2 for what is no variable", "exit 0", "incoming colour=red", 2, "", "NAME=VALUE"),
]

with Lab() as lab:
    lab.start_kamailio()
    lab.start_daemon(decide=1, linger=5)
    bindir = os.path.dirname(os.path.join(BUILDDIR, "offhookctl"))
    for fact, script, words, status, out, err in ROWS:
        event = words.split()[0]
        if event != "dance":
            lab.hook(event, script.replace("offhookctl", os.path.join(bindir, "offhookctl")))
        result = lab.ctl("test", *words.split(" "))
        tally.check(fact, result[0] == status and result[1] == out and err in result[2],
                    "" if result[:2] == (status, out) and err in result[2] else result)
    lab.hook("incoming", "sleep 60")
    code, out, err = lab.ctl("test", "incoming")
    tally.check("a hook that says nothing is ended at hooks.decide",
                code == 1 and "nothing within hooks.decide" in err, err)
    code, out, _ = lab.ctl("test", "incoming", "--json")
    report = json.loads(out)
    tally.check("--json is one object", report["timeouts"] == 1 and report["decisions"] == [], report)
    os.remove(lab.path("hooks/incoming"))
    tally.check("1 when there is no such hook", lab.ctl("test", "incoming")[0] == 1)
    lab.hook("incoming", "sleep 3; echo ignore")
    waiting = [threading.Thread(target=lab.ctl, args=("test", "incoming")) for _ in range(4)]
    for one in waiting:
        one.start()
    time.sleep(0.5)
    tally.check("a fifth at once is refused", lab.ctl("test", "incoming")[0] == 4)
    for one in waiting:
        one.join()
    tally.check("rehearsals are not counted as runs", "incoming" not in lab.ctl("hooks")[1])
    tally.check("their folders are gone", os.listdir(lab.path("state/calls")) == [],
                os.listdir(lab.path("state/calls")))
    tally.check("the daemon stops cleanly", lab.stop_daemon() == 0)
tally.end()
