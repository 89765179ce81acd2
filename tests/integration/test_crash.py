# SPDX-License-Identifier: ISC
"""kill -9 at random instants of calls in and out, in every state, and a start after each: all calls
end at the far end by a BYE, a CANCEL or a refusal, or were never set up, and `ended` runs once for
each. OFFHOOK_KILLS says how often (30; the full measure is 200), OFFHOOK_SEED which instants."""
import collections
import os
import random
import resource
import select
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as laboratory
from lab import Callee, Caller, Lab, Tally, is_instrumented, wait_for

KILLS = int(os.environ.get("OFFHOOK_KILLS", 30))
SEED = int(os.environ.get("OFFHOOK_SEED", random.getrandbits(16)))
ENDED_WITHIN = 5.0      # seconds from the next start
PATIENCE = 8.0          # a caller's, without a final answer
SETTLED_WITHIN = 30.0   # the proxy gives an INVITE into a dead connection up after 20 s
NO_ACK = 10.0           # a callee's; 32 s in RFC 3261 13.3.1.4
chance = random.Random(SEED)
tally = Tally()

# A registrar that has one binding a line: the one of the killed process goes.
laboratory.KAMAILIO = laboratory.KAMAILIO.replace('save("location")', 'save("location", "0x04")')

# The last digit of the caller says what the hook does.
INCOMING = """echo "in $OFFHOOK_FROM" >> %s
case $OFFHOOK_FROM in
*[0-3]) echo answer /bin/cat ;;
*[45]) echo ring; sleep 0.2; echo answer /bin/cat ;;
*6) echo answer /bin/sleep 0.2 ;;
*7) sleep 0.1; echo reject 486 ;;
*) echo ring; sleep 5 ;;
esac"""


class Phone:
    """What both sides share: one call, watched by one loop."""

    def begin_watching(self, plan):
        self.sip.setblocking(False)
        self.plan = sorted(plan, key=lambda step: step[0])
        self.began = time.monotonic()
        self.outcome = None
        self.over_at = None
        self.set_up = False
        self.at_kill = "not begun"

    def after(self, seconds, what):
        self.plan.append((time.monotonic() - self.began + seconds, what))
        self.plan.sort(key=lambda step: step[0])

    def end(self, outcome):
        if not self.outcome:
            self.outcome = outcome
            self.over_at = time.monotonic()

    def tick(self):
        while self.plan and time.monotonic() - self.began >= self.plan[0][0]:
            self.plan.pop(0)[1]()

    def hear(self):
        while True:
            try:
                message = self.sip.recv(65536).decode("utf-8", "replace")
            except (BlockingIOError, ConnectionRefusedError):
                return
            if message.startswith("SIP/2.0 "):
                self.hear_answer(message, int(message.split()[1]),
                                 self.header(message, "CSeq")[0].split()[1])
            else:
                self.hear_request(message, message.split()[0])


class InCall(Phone, Caller):
    def __init__(self, lab, number):
        super().__init__(lab, user=number)
        self.number = number
        self.state = "calling"
        plan = [(0.0, self.start), (PATIENCE, self.give_up)]
        if chance.random() < 0.2:
            plan.append((chance.uniform(0.05, 0.5), self.leave))
        self.begin_watching(plan)

    def start(self):
        self.branch = self.send("INVITE", self.sdp())

    def leave(self):
        """Hangs up, whatever that is at the time."""
        if self.outcome:
            return
        if self.set_up:
            self.cseq += 1
            self.send("BYE")
            self.end("hung up first")
        else:
            self.give_up()

    def give_up(self):
        if not self.outcome and not self.set_up:
            self.state = "cancelling"
            self.send("CANCEL", branch=self.branch)

    def hear_answer(self, message, status, method):
        if method != "INVITE" or status < 200:
            self.state = "ringing" if method == "INVITE" and status == 180 else self.state
            return
        if status < 300 and not self.set_up:
            self.finish_invite(message, status)
            self.set_up, self.state = True, "up"
            if self.outcome:        # it crossed our CANCEL
                self.leave()
        elif status >= 300:
            self.to_header = self.header(message, "To")[0]
            self.send("ACK", branch=self.branch)
            if not self.set_up:
                self.end("refused %d" % status)

    def hear_request(self, message, method):
        self.answer(message)
        if method == "BYE":
            self.end("BYE")


class OutCall(Phone, Callee):
    def __init__(self, lab):
        super().__init__(lab)
        self.state = "not called"
        self.interval = 0.5
        self.cancelled = False
        self.begin_watching([(0.0, self.dial)])

    def dial(self):
        self.lab.ask("dial", args="--detach %s /bin/cat" % self.number)

    def ring(self):
        if not self.outcome:
            self.respond("180 Ringing")
            self.state = "ringing"

    def pick_up(self):
        if self.outcome or self.set_up:
            return
        if self.state != "answered":
            self.state = "answered"
            self.after(NO_ACK, self.no_ack)
        self.respond("200 OK", self.sdp())
        self.interval = min(self.interval * 2, 4)
        self.after(self.interval, self.pick_up)

    def no_ack(self):
        if not self.set_up:
            self.end("no ACK came")

    def refuse(self):
        if not self.outcome and self.state != "answered":
            self.respond("486 Busy Here")
            self.end("busy")

    def leave(self):
        """The callee hangs up."""
        if self.set_up and not self.outcome:
            self.sip.setblocking(False)
            self.bye(0)
            self.sip.setblocking(False)
            self.end("hung up first")

    def hear_answer(self, message, status, method):
        pass

    def hear_invite(self, message):
        if self.invitation:
            return
        self.invitation = message
        self.call_id = self.header(message, "Call-ID")[0]
        self.sender_value = self.header(message, "To")[0] + ";tag=" + self.tag
        self.to_header = self.header(message, "From")[0]
        self.routes = [route for value in self.header(message, "Record-Route")
                       for route in value.split(",")]
        self.request_uri = self.header(message, "Contact")[0].strip("<>")
        self.state = "invited"
        self.after(chance.uniform(0, 0.01), self.ring)
        fate = chance.random()
        if fate < 0.7:
            self.after(chance.uniform(0.02, 0.4), self.pick_up)
        elif fate < 0.8:
            self.after(chance.uniform(0.02, 0.3), self.refuse)
        if fate < 0.1:
            self.after(chance.uniform(0.3, 0.6), self.leave)

    def hear_request(self, message, method):
        if method == "INVITE":
            self.hear_invite(message)
        elif method == "ACK":
            if self.state == "answered":
                self.set_up, self.state = True, "up"
        elif method in ("BYE", "CANCEL"):
            self.answer(message)
            self.hear_end(method)

    def hear_end(self, method):
        is_open = not self.outcome and self.state in ("invited", "ringing")
        if is_open:
            self.respond("487 Request Terminated")
        if is_open or method == "BYE":
            self.end(method)


def watch(phones, seconds, until=lambda: False):
    """Everything that happens in that time."""
    end = time.monotonic() + seconds
    poll = select.poll()  # 200 kills are more descriptors than select can take
    for phone in phones:
        poll.register(phone.sip, select.POLLIN)
    while time.monotonic() < end and not until():
        ready = {fd for fd, _ in poll.poll(5)}
        for phone in phones:
            if phone.sip.fileno() in ready:
                phone.hear()
            phone.tick()


def kill(lab):
    lab.daemon.kill()
    lab.daemon.wait(10)
    lab.processes.remove(lab.daemon)


def instant():
    """Half of them while a call is set up, when most happens."""
    return chance.uniform(0.0, 0.08) if chance.random() < 0.5 else chance.uniform(0.08, 0.9)


def one_kill(lab, index, phones):
    """Two calls, and a kill in between. Returns them, and when the next life began. Calls that were
    not up may live on into the next kill."""
    pair = [InCall(lab, "49%06d%d" % (index, chance.randrange(10))), OutCall(lab)]
    phones += pair
    watch(phones, instant())
    kill(lab)
    for phone in pair:
        phone.at_kill = "over" if phone.outcome else phone.state
    watch(phones, chance.uniform(0, 0.3))
    started = time.monotonic()
    lab.start_daemon(wait=False)
    asked = [0.0]

    def is_online():
        if time.monotonic() - asked[0] < 0.03:
            return False
        asked[0] = time.monotonic()
        return lab.is_online()
    watch(phones, 15, is_online)
    watch(phones, ENDED_WITHIN,
          lambda: all(phone.outcome or phone.at_kill != "up" for phone in pair))
    return pair, started


def lines_of(lab, name):
    try:
        with open(lab.path(name)) as file:
            return collections.Counter(file.read().splitlines())
    except FileNotFoundError:
        return collections.Counter()


def key_of(phone):
    return "in " + phone.number if isinstance(phone, InCall) else "out " + phone.number


def table(phones):
    rows = collections.Counter(
        ("in " if isinstance(phone, InCall) else "out", phone.at_kill, phone.outcome or "LEFT")
        for phone in phones)
    print("direction  killed while    ended by             calls")
    for (direction, state, outcome), count in sorted(rows.items()):
        print("%-10s %-15s %-20s %5d" % (direction, state, outcome, count))


def percentile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))] if values else 0.0


def judge(lab, phones, delays):
    begun, ended = lines_of(lab, "begun"), lines_of(lab, "ended")
    wrong = [(key_of(phone), ended[key_of(phone)], phone.at_kill, phone.outcome)
             for phone in phones
             if ended[key_of(phone)] > 1 or ended[key_of(phone)] < begun[key_of(phone)]]
    unheard = [key_of(phone) for phone in phones if phone.set_up and not ended[key_of(phone)]]
    left = [(key_of(phone), phone.at_kill) for phone in phones if phone.outcome is None]
    late = [one for one in delays if one[0] > ENDED_WITHIN]
    seconds = [one[0] for one in delays]
    print("%d kills, %d calls, seed %d; a call that was up at the kill ended %.2f s (median), "
          "%.2f s (99 %%), %.2f s (longest) after the next start" %
          (KILLS, len(phones), SEED, percentile(seconds, 0.5), percentile(seconds, 0.99),
           max(seconds, default=0.0)))
    tally.check("no call is left at the far end", not left, left)
    tally.check("calls that were up end within %d s of the next start" % ENDED_WITHIN, not late,
                late)
    tally.check("the kills have met calls that were up", len(delays) >= KILLS // 4, len(delays))
    tally.check("`ended` runs once for each call that a hook has heard of", not wrong, wrong)
    tally.check("`ended` runs for each call that was answered", not unheard, unheard)


def settle(lab, phones):
    """Callers give up, callees that wait for an ACK do so, too."""
    for phone in phones:
        if phone.state == "not called":
            phone.end("never called")
    watch(phones, SETTLED_WITHIN, lambda: all(phone.outcome for phone in phones))
    wait_for("no call left over", lambda: lab.ask("status")["left_over"] == 0, 40)
    folder = lab.path("state/dialogs")
    tally.comes("no record is left on disk",
                lambda: not [name for name in os.listdir(folder) if name[0] != "."])
    tally.check("nothing was set aside", "set aside" not in lab.log("offhookd"))


def a_second_daemon(lab):
    """It must not end the calls of the first."""
    other = lab.write("other.conf", open(lab.path("offhookd.conf")).read().replace(
        lab.path("control"), lab.path("other")), 0o640)
    process = lab.start("other", os.path.join(laboratory.BUILDDIR, "offhookd"), "-c", other)
    status = process.wait(10)
    lab.processes.remove(process)
    tally.check("a second daemon in the same state_dir does not start",
                status != 0 and "another offhookd uses it" in lab.log("other"))


def hostile_files(lab):
    """What is no record is set aside in one line, and the start goes on."""
    lab.stop_daemon()
    for name, text in (("aaaa", ""), ("bbbb", "offhook-call=1\nend=yes\n"), ("cccc", "\0" * 300000)):
        lab.write("state/dialogs/" + name, text, 0o600)
    os.symlink("/dev/zero", lab.path("state/dialogs/dddd"))
    lab.start_daemon()
    names = sorted(name for name in os.listdir(lab.path("state/dialogs")) if name[0] != ".")
    tally.check("hostile files are set aside", names == ["aaaa~", "bbbb~", "cccc~", "dddd~"], names)
    said = [line for line in lab.log("offhookd").splitlines() if "set aside" in line]
    tally.check("each in one line of the log", len(said) == 4, len(said))


def no_folder(lab):
    """The call goes on, one line and the status say so."""
    folder = lab.path("state/dialogs")
    os.rename(folder, folder + ".gone")
    caller = Caller(lab, user="4911111110")
    status, _ = caller.invite()
    tally.check("a call goes on that cannot be kept on disk", status == 200, status)
    tally.check("the status says so", bool(lab.ask("status").get("calls_not_kept")))
    said = [line for line in lab.log("offhookd").splitlines()
            if "calls cannot be kept on disk" in line]
    tally.check("the log says so once", len(said) == 1, len(said))
    os.rename(folder + ".gone", folder)
    caller.bye()
    caller.close()


def main():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with Lab() as lab:
        lab.start_kamailio()
        lab.hook("incoming", INCOMING % lab.path("begun"))
        lab.hook("outgoing", 'echo "out $OFFHOOK_TO" >> %s\necho accept' % lab.path("begun"))
        lab.hook("ended", 'case $OFFHOOK_DIRECTION in in) who=$OFFHOOK_FROM ;; *) who=$OFFHOOK_TO ;; '
                 'esac\necho "$OFFHOOK_DIRECTION $who" >> %s' % lab.path("ended"))
        settings = {"dial": {"allow": ["*", "*@*"], "per_hour": 1000, "max_calls": 20}}
        lab.start_daemon(**settings)
        configure = lab.configure
        lab.configure = lambda **extra: configure(**dict(settings, **extra))
        phones, delays = [], []
        began = time.monotonic()
        for index in range(KILLS):
            pair, started = one_kill(lab, index, phones)
            delays += [(phone.over_at - started if phone.over_at else 999.0, key_of(phone))
                       for phone in pair if phone.at_kill == "up"]
        settle(lab, phones)
        print("%.0f s" % (time.monotonic() - began))
        table(phones)
        judge(lab, phones, delays)
        a_second_daemon(lab)
        hostile_files(lab)
        no_folder(lab)
        for phone in phones:
            phone.close()
    tally.end()


main()
