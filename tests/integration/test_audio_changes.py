# SPDX-License-Identifier: ISC
"""The audio of a call when the call changes: held, muted, bridged, early, before its ACK, with another
codec. Nothing that is written is lost by it (contract, "Audio"; offhook-audio(7))."""
import json
import os
import re
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from attachments import (CTL, RATE, STAY, Client, WatchfulCaller, close_all, hears, in_background,
                         loudness, pcm, read_for, resampled, run, write_all)
from lab import CLOSE, LATE_MS, ULAW, correlate, likenesses, tone, wait_for
from schema import Schema


FRAME = RATE // 50


def alaw_to_linear(code):
    code ^= 0x55
    exponent, mantissa = code >> 4 & 7, code & 15
    value = (mantissa << 4) + 8 if not exponent else ((mantissa << 4) + 0x108) << (exponent - 1)
    return value if code & 0x80 else -value


# As PCMU, which is what a caller keeps.
ULAW_OF_ALAW = bytes(ULAW[alaw_to_linear(code) & 0xffff] for code in range(256))


class ChangingCaller(WatchfulCaller):
    """Speaks PCMU and hears PCMU and PCMA; may be late with its ACK."""

    ack_after = 0
    heard_types = None

    def finish_invite(self, message, status):
        if self.ack_after:
            time.sleep(self.ack_after)
        super().finish_invite(message, status)

    def change(self, direction="sendrecv", formats="0 101"):
        """A re-INVITE; the answer, or what came in its place."""
        self.cseq += 1
        self.send("INVITE", self.sdp(direction, formats).replace("o=- 1 1", "o=- 1 %d" % self.cseq))
        end, message = time.monotonic() + 10, None
        while time.monotonic() < end:
            message = self.receive(5) or "nothing"
            if message.startswith("SIP/2.0 ") and not message.startswith("SIP/2.0 1") and \
                    "INVITE" in self.header(message, "CSeq")[0]:
                break
        self.send("ACK")
        return message

    def listen(self, heard):
        """Of either kind."""
        while True:
            try:
                data = self.rtp.recv(2048)
            except (BlockingIOError, ConnectionRefusedError):
                return
            kind = data[1] & 0x7f
            if len(data) <= 12 or kind not in (0, 8):
                continue
            if self.heard_types is not None:
                self.heard_types.append(kind)
            heard[int.from_bytes(data[4:8], "big")] = data[12:] if kind == 0 else \
                bytes(ULAW_OF_ALAW[code] for code in data[12:])


def start(lab, **options):
    """As begin() does, with a caller that can do more."""
    caller = ChangingCaller(lab)
    for name, value in options.items():
        setattr(caller, name, value)
    before = {call["call"] for call in lab.ask("calls")["calls"]}
    invited = in_background(caller.invite)
    states = ("up",) if not caller.ack_after else ("answered", "up")
    calls = wait_for("the call", lambda: [call["call"] for call in lab.ask("calls")["calls"]
                                          if call["call"] not in before and call["state"] in states])
    return caller, calls[0], invited


def lost_of(wanted, heard):
    """Frames of `wanted` that were not heard in their turn. Between them may be silence: on a busy
    machine a writer is let go on late."""
    return sum(match < CLOSE for match, _ in likenesses(wanted, heard))


def may_lose(lab, wanted, begun):
    """How many frames: none, unless this machine has stood still since `begun`."""
    return 0 if lab.stood_still_ms() - begun < LATE_MS else len(wanted) // FRAME // 8


def show(lab, call):
    return lab.ask("show", call=call)


def test_hold(lab, tally):
    caller, call, invited = start(lab)
    invited.join()
    client = Client(lab)
    _, fds = client.attach(call, args="--speak", rate=RATE)
    speech = tone(3.0, seed=70)
    begun = lab.stood_still_ms()
    writer = in_background(write_all, fds[0], pcm(speech))
    heard = caller.talk([], tail=1.0)
    tally.check("held: the re-INVITE is taken", "a=recvonly" in caller.change("sendonly"))
    tally.check("held: show says so", show(lab, call)["held"] is True)
    heard += caller.talk([], tail=0.3)  # what was on its way
    silent = caller.talk([], tail=1.8)
    tally.check("held: nothing is sent", silent == [], len(silent))
    answers = {}
    asker = Client(lab)
    drained = in_background(lambda: answers.update(asker.ask("drain", call=call)))
    time.sleep(0.3)
    tally.check("held: who speaks waits", writer.is_alive() and not answers, answers)
    tally.check("resumed", "a=sendrecv" in caller.change("sendrecv"))
    heard += caller.talk([], tail=3.0)
    writer.join(10)
    drained.join(10)
    missing = len(speech) / 8 - answers.get("heard_ms", 0)
    tally.check("resumed: all that was written is heard", abs(missing) <= 20 and not writer.is_alive(),
                "%.0f ms are missing" % missing)
    lost = lost_of(speech, heard)
    tally.check("resumed: it goes on where it was", lost <= may_lose(lab, speech, begun),
                "%d frames are lost" % lost)
    test_flush_when_held(lab, tally, caller, call, fds[0])
    caller.bye()
    close_all(fds)
    client.close()
    asker.close()
    caller.close()


def test_flush_when_held(lab, tally, caller, call, fd):
    asker = Client(lab)
    caller.change("sendonly")
    tally.check("held, nothing written: drain is done", asker.ask("drain", call=call).get("ok"))
    write_all(fd, pcm(tone(0.2, seed=71)))
    answer = asker.ask("flush", call=call)
    tally.check("held: flush is answered", answer.get("heard_ms") == 0, answer)
    caller.change("sendrecv")
    speech = tone(0.4, seed=72)
    begun = lab.stood_still_ms()
    write_all(fd, pcm(speech)[:3200])
    in_background(write_all, fd, pcm(speech)[3200:])
    heard = caller.talk([], tail=1.2)
    tally.check("what was flushed is not heard", correlate(tone(0.2, seed=71), heard)[0] < 0.3)
    lost = lost_of(speech, heard)
    tally.check("what came after it is", lost <= may_lose(lab, speech, begun), lost)
    asker.close()


def test_before_the_ack(lab, tally):
    caller, call, invited = start(lab, ack_after=2)
    client = Client(lab)
    answer, fds = client.attach(call, args="--speak", rate=16000)
    tally.check("before the ACK there is audio", answer.get("fds") == 1 and
                show(lab, call)["state"] == "answered", answer)
    flush = Client(lab)
    tally.check("before the ACK flush is answered", flush.ask("flush", call=call).get("ok") and
                show(lab, call)["state"] == "answered", show(lab, call)["state"])
    flush.close()
    # 100 ms are all in the pipe when whoever wrote it goes: a program that has said its word.
    word = tone(0.1, seed=80)
    write_all(fds[0], pcm(resampled(word, 16000)))
    close_all(fds)
    client.close()
    invited.join()
    heard = caller.talk([], tail=1.0)
    match, _ = correlate(word, heard)
    tally.check("before the ACK: what was written is heard after it", match > 0.9, "%.3f" % match)
    caller.bye()
    caller.close()


def test_codec(lab, tally):
    caller, call, invited = start(lab)
    invited.join()
    client = Client(lab)
    _, fds = client.attach(call, rate=RATE)
    speech, said = tone(3.0, seed=90), tone(1.0, seed=91)
    begun = lab.stood_still_ms()
    taken = []
    reader = in_background(lambda: taken.extend(read_for(fds[0], 5.5)))
    writer = in_background(write_all, fds[1], pcm(speech))
    caller.heard_types, heard = [], caller.talk([], tail=0.8)
    tally.check("PCMU first", show(lab, call)["codec"] == "PCMU", show(lab, call))
    changed = caller.change(formats="8 101")
    tally.check("PCMA by re-INVITE", re.search(r"m=audio \d+ RTP/AVP 8", changed) and
                show(lab, call)["codec"] == "PCMA", show(lab, call))
    heard += caller.talk([], tail=0.8)
    tally.check("and PCMU again", "RTP/AVP 0" in caller.change(formats="0 101"))
    heard += caller.talk(said, tail=1.0)
    writer.join(10)
    reader.join(10)
    tally.check("both codecs were heard", set(caller.heard_types) == {0, 8}, set(caller.heard_types))
    lost = lost_of(speech, heard)
    tally.check("who speaks notices nothing", lost <= may_lose(lab, speech, begun),
                "%d frames are lost" % lost)
    tally.check("nor who listens", hears(said, taken))
    caller.bye()
    close_all(fds)
    client.close()
    caller.close()


def talk_both(left, right, said):
    heard = {}
    threads = [in_background(lambda one: heard.update({one: one.talk(said[one], tail=0.6)}), one)
               for one in (left, right)]
    for thread in threads:
        thread.join()
    return heard


def test_bridge(lab, tally):
    """What bridged calls have beside the bridge: the rest of who spoke, who listens, mute, hold."""
    left, left_call, _ = start(lab)
    right, right_call, _ = start(lab)
    time.sleep(0.5)
    client, watcher = Client(lab), Client(lab)
    client.socket.settimeout(120)
    _, mixed = watcher.attach(left_call, args="--listen --both", rate=RATE)
    _, fds = client.attach(left_call, args="--speak", rate=RATE)
    word = tone(0.2, seed=100)
    write_all(fds[0], pcm(word))
    answer = watcher.ask("bridge", call=left_call, args=right_call)
    tally.check("bridge waits for nobody who speaks", answer.get("error") == "refused", answer)
    close_all(fds)
    bridged = in_background(lambda: client.ask("bridge", call=left_call, args=right_call))
    said = {left: tone(1.0, seed=101), right: tone(1.0, seed=102)}
    taken = []
    reader = in_background(lambda: taken.extend(read_for(mixed[0], 2.2)))
    heard = talk_both(left, right, said)
    reader.join()
    tally.check("the last word of who spoke is heard", correlate(word, heard[left])[0] > 0.9,
                "%.3f" % correlate(word, heard[left])[0])
    for name, samples in (("the far end", said[left]), ("the other far end", said[right])):
        match = max(correlate(samples[at:at + 400], taken)[0] for at in (2400, 4000, 5600))
        tally.check("--both on a bridged call: %s is heard" % name, match > 0.5, "%.3f" % match)
    tally.check("bridged: drain is done, nobody speaks", watcher.ask("drain", call=left_call).get("ok"))
    tally.check("bridged: flush is done", watcher.ask("flush", call=left_call).get("ok"))
    tally.check("bridged: mute", watcher.ask("mute", call=left_call).get("ok"))
    heard = talk_both(left, right, said)
    tally.check("who is muted hears silence", loudness(heard[left][1600:]) < 20, loudness(heard[left]))
    tally.check("the other hears on", hears(said[left], heard[right]))
    tally.check("bridged: unmute", watcher.ask("unmute", call=left_call).get("ok"))
    tally.check("bridged: one of them holds", "a=recvonly" in right.change("sendonly"))
    right.talk([], tail=0.2)  # what was on its way
    heard = talk_both(left, right, said)
    tally.check("who holds is sent nothing", heard[right] == [], len(heard[right]))
    right.change("sendrecv")
    heard = talk_both(left, right, said)
    tally.check("and hears again", hears(said[left], heard[right]))
    left.bye()
    bridged.join(10)
    right.bye()
    close_all(mixed)
    for one in (client, watcher, left, right):
        one.close()


def test_bridge_ends(lab, tally):
    left, left_call, _ = start(lab)
    right, right_call, _ = start(lab)
    client, speaker = Client(lab), Client(lab)
    client.socket.sendall(json.dumps({"id": 0, "cmd": "bridge", "call": left_call,
                                      "args": right_call}).encode() + b"\n")
    client.ask("status")  # answered behind it
    answer, _ = speaker.attach(left_call, args="--speak")
    tally.check("bridged: nobody speaks beside", answer.get("error") == "refused", answer)
    client.close()

    def attached():
        answer, fds = speaker.attach(left_call, args="--speak", rate=RATE)
        return fds if answer.get("ok") else None
    fds = wait_for("the end of the bridge", attached)
    speech = tone(0.6, seed=110)
    begun = lab.stood_still_ms()
    in_background(write_all, fds[0], pcm(speech))
    heard = left.talk([], tail=1.2)
    lost = lost_of(speech, heard)
    tally.check("who bridged is gone: another speaks", lost <= may_lose(lab, speech, begun), lost)
    left.bye()
    right.bye()
    close_all(fds)
    for one in (speaker, left, right):
        one.close()


def test_early(lab, tally):
    """Early media, and the same pipes when the call is up."""
    lab.hook("incoming", "%s progress && %s wait 1.5; %s answer && %s wait" % (CTL, CTL, CTL, CTL))
    caller = ChangingCaller(lab)
    status, _ = caller.invite(until=183)
    tally.check("progress: 183", status == 183, status)
    caller.remote = ("127.0.0.1", int(re.search(r"m=audio (\d+)", caller.last).group(1)))
    call = lab.ask("calls")["calls"][0]["call"]
    client = Client(lab)
    answer, fds = client.attach(call, rate=RATE)
    tally.check("early: two descriptors", answer.get("fds") == 2, answer)
    speech, said = tone(3.5, seed=120), tone(0.6, seed=121)
    begun = lab.stood_still_ms()
    taken = []
    reader = in_background(lambda: taken.extend(read_for(fds[0], 3.0)))
    writer = in_background(write_all, fds[1], pcm(speech))
    heard = caller.talk(said, tail=1.4)
    message = caller.receive(5)
    while message and not message.startswith("SIP/2.0 200"):
        message = caller.receive(5)
    caller.finish_invite(message, 200)
    heard += caller.talk([], tail=3.0)
    writer.join(10)
    reader.join(10)
    tally.check("early: the far end is heard before the answer", hears(said, taken))
    lost = lost_of(speech, heard)
    tally.check("who speaks goes on through the answer", lost <= may_lose(lab, speech, begun),
                "%d frames are lost" % lost)
    caller.bye()
    close_all(fds)
    client.close()
    caller.close()
    lab.hook("incoming", STAY)


def test_figures(lab, tally):
    caller, call, _ = start(lab)
    answer = show(lab, call)
    tally.check("show: nothing was dropped", (answer.get("audio_dropped_ms"),
                                              answer.get("audio_underruns")) == (0, 0), answer)
    client = Client(lab)
    _, fds = client.attach(call, rate=RATE)  # and nobody reads
    for _ in range(3):
        write_all(fds[1], pcm(tone(0.1, seed=130)))
        caller.talk([], tail=0.4)
    answer = show(lab, call)
    tally.check("show: what a slow listener loses", answer["audio_dropped_ms"] > 500 and
                answer["audio_dropped_ms"] % 20 == 0, answer)
    tally.check("show: underruns", answer["audio_underruns"] == 3, answer)
    facts = {key: value for key, value in answer.items() if key not in ("id", "ok")}
    tally.check("show is as its schema says", not Schema().faults("call", facts), facts)
    out = lab.ctl("show", "--json", call).stdout
    tally.check("offhookctl show --json has them", '"audio_dropped_ms"' in out and
                '"audio_underruns":3' in out.replace(" ", ""), out)
    before = lab.log("offhookd").count("kept pace")
    caller.bye()
    wait_for("the end", lambda: call not in [one["call"] for one in lab.ask("calls")["calls"]])
    said = [line for line in lab.log("offhookd").splitlines() if "kept pace" in line][before:]
    tally.check("the log says it once, at the end", len(said) == 1 and "underruns=3" in said[0], said)
    close_all(fds)
    client.close()
    caller.close()
    caller, call, _ = start(lab)
    caller.talk([], tail=0.3)
    caller.bye()
    wait_for("the end", lambda: call not in [one["call"] for one in lab.ask("calls")["calls"]])
    tally.check("and nothing of a call that lost nothing",
                lab.log("offhookd").count("kept pace") == before + 1)
    caller.close()


if __name__ == "__main__":
    run((test_hold, test_before_the_ack, test_codec, test_bridge, test_bridge_ends, test_early, test_figures))
