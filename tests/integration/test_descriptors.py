# SPDX-License-Identifier: ISC
"""The audio of a call through descriptors of the control socket: who speaks, who listens, what is
heard of it at the far end (contract, "Audio")."""
import os
import re
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from attachments import (CTL, RATE, Client, begin, close_all, in_background, loudness, pcm,
                         read_for, resampled, run, write_all)
from lab import (CLOSE, ENOUGH, Caller, correlate, likenesses, places_of, share_heard, share_like, tone,
                 wait_for)
from schema import Schema

WHOLE = 0.95  # a busy machine may have spoilt a frame or two


def test_rates(lab, tally):
    caller, call = begin(lab)
    speech = tone(1.2, seed=5)
    for rate in (8000, 16000, 24000, 48000):
        client = Client(lab)
        answer, fds = client.attach(call, rate=rate)
        tally.check("%d Hz: two descriptors" % rate,
                    answer.get("fds") == 2 and answer.get("rate") == rate and len(fds) == 2, answer)
        shares = {}

        def both_ways():
            heard, said = [], tone(1.0, seed=rate)
            reader = in_background(lambda fd: heard.extend(read_for(fd, 2.2)), fds[0])
            # All in one write, as programs do that have it in a file.
            writer = in_background(write_all, fds[1], pcm(resampled(speech, rate)))
            far = caller.talk(said, tail=1.2)
            writer.join()
            reader.join()
            shares.update(heard=share_like(speech, far), read=share_like(said, heard[::rate // RATE]))
            return shares["heard"] >= WHOLE, "%.3f" % shares["heard"]

        def read_whole():
            if shares["read"] < WHOLE:
                both_ways()
            return shares["read"] >= WHOLE, "%.3f" % shares["read"]
        tally.fairly("%d Hz: what is written is heard whole, without gaps" % rate, lab, both_ways)
        tally.fairly("%d Hz: what is said is read whole" % rate, lab, read_whole)
        close_all(fds)
        client.close()
    tally.check("the answer is as its schema says", not Schema().faults("audio", answer), answer)
    tally.check("BYE is answered 200", caller.bye() == 200)
    caller.close()


def test_words(lab, tally):
    caller, call = begin(lab)
    client = Client(lab)
    for fields, error, word in (({"rate": 11025}, "usage", "8000"), ({"rate": "x"}, "usage", "whole"),
                                ({"args": "--rate 12"}, "usage", "8000"),
                                ({"args": "--loud"}, "usage", "--listen"),
                                ({"args": "--both --speak"}, "usage", "--listen")):
        answer, _ = client.attach(call, **fields)
        tally.check("refused: %s" % fields, answer.get("error") == error and word in answer["text"],
                    answer)
    answer, _ = client.attach("none")
    tally.check("no such call: over", answer.get("error") == "over", answer)
    answer, fds = client.attach(call, args="--speak")
    tally.check("--speak: one descriptor", answer.get("fds") == 1 and len(fds) == 1, answer)
    second, extra = Client(lab), []
    answer, _ = second.attach(call)
    tally.check("a second speaker is refused", answer.get("error") == "refused" and
                "--replace" in answer["text"], answer)
    for _ in range(4):
        answer, more = second.attach(call, args="--listen --rate 16000")
        extra += more
    tally.check("four listen", answer.get("fds") == 1 and len(extra) == 4, answer)
    answer, _ = second.attach(call, args="--listen")
    tally.check("a fifth is refused", answer.get("error") == "refused", answer)
    answer, replacing = second.attach(call, args="--speak --replace")
    tally.check("--replace takes the speaker's place", answer.get("fds") == 1, answer)
    try:
        os.write(fds[0], b"\0" * 320)
        is_told = False
    except BrokenPipeError:
        is_told = True
    tally.check("whoever spoke finds its pipe closed", is_told)
    speech = tone(0.6, seed=9)

    def the_other():
        in_background(write_all, replacing[0], pcm(resampled(speech, 8000)))
        share = share_heard(speech, caller.talk([], tail=1.5))
        return share >= ENOUGH, "%.3f" % share
    tally.fairly("the other is heard", lab, the_other)
    caller.bye()
    tally.check("the end of the call is the end of file",
                wait_for("the end", lambda: read_for(extra[0], 0.5) is not None and
                         os.read(extra[0], 10) == b""))
    tally.check("an attachment after the end: over",
                second.attach(call)[0].get("error") == "over")
    close_all(fds + extra + replacing)
    client.close()
    second.close()
    caller.close()


def test_flush(lab, tally):
    """Barge-in: silence in the RTP that the caller receives, and the figure that is reported."""
    caller, call = begin(lab)
    client, asker = Client(lab), Client(lab)
    _, fds = client.attach(call, args="--speak", rate=8000)
    for turn in range(5):
        speech = tone(4, seed=20 + turn)
        stop = threading.Event()

        def write(samples=speech, end=stop):
            data = pcm(samples)
            while data and not end.is_set():
                data = data[os.write(fds[0], data[:320]):]

        writer = in_background(write)
        answers = {}

        def barge_in(end=stop, box=answers):
            time.sleep(0.8)
            end.set()
            box["at"] = time.monotonic()
            box["flush"] = asker.ask("flush", call=call)

        barger = in_background(barge_in)
        caller.loud_at = 0
        heard = caller.talk([], tail=2.0)
        barger.join()
        writer.join()
        pieces = [i for i, place in enumerate(places_of(speech, heard)) if place >= 0]
        in_rtp = len(pieces) * 10
        reported = answers["flush"].get("heard_ms", -1)
        tally.check("flush %d: what was heard is reported within 20 ms" % turn,
                    abs(in_rtp - reported) <= 20, "%d ms heard, %d reported" % (in_rtp, reported))
        # Loopback and a busy machine apart, the last of it came within a frame or two.
        print("     the last sound came %.0f ms after flush was asked for" % max(
            0, (caller.loud_at - answers["at"]) * 1000))
        tally.check("flush %d: of a second and more only what was played" % turn,
                    reported < 2000, reported)
    answer = asker.ask("drain", call=call)
    tally.check("nothing queued: drain is done at once", answer.get("ok"), answer)
    tally.check("answers are as their schema says", not Schema().faults("heard", answer), answer)
    event = client.line()
    tally.check("whoever speaks is told of a flush", not Schema().faults("flushed", event), event)
    caller.bye()
    close_all(fds)
    client.close()
    asker.close()
    caller.close()


def test_drain(lab, tally):
    caller, call = begin(lab)
    client = Client(lab)
    _, fds = client.attach(call, args="--speak", rate=16000)
    speech = tone(1.003, seed=31)  # ends within a frame
    answers = {}

    def speak():
        write_all(fds[0], pcm(resampled(speech, 16000)))
        answers["drain"] = client.ask("drain", call=call)
        answers["at"] = time.monotonic()

    start = time.monotonic()
    speaker = in_background(speak)
    heard = caller.talk([], tail=1.6)
    speaker.join()
    matches = [match >= CLOSE for match, _ in likenesses(speech, heard)]
    share, first, last = (sum(part) / len(part) for part in (matches, matches[:5], matches[-5:]))
    tally.check("all of it is heard", share >= WHOLE, "%.3f" % share)
    tally.check("the first 100 ms, too", first >= ENOUGH, "%.3f" % first)
    tally.check("and the last", last >= ENOUGH, "%.3f" % last)
    tally.check("drain is answered when it was played out", answers["at"] - start >= 1.0,
                answers["at"] - start)
    tally.check("drain tells what was heard", abs(answers["drain"]["heard_ms"] - 1003) <= 20, answers)
    in_background(write_all, fds[0], pcm(resampled(speech, 16000))).join()
    close_all(fds)
    answer = client.ask("drain", call=call)
    tally.check("also when the pipe has been closed", abs(answer["heard_ms"] - 1003) <= 20, answer)
    tally.check("but once", client.ask("drain", call=call)["heard_ms"] == 0)
    caller.bye()
    client.close()
    caller.close()


def test_mute(lab, tally):
    caller, call = begin(lab)
    client = Client(lab)
    _, fds = client.attach(call, args="--speak", rate=8000)
    tally.check("mute", client.ask("mute", call=call).get("ok"))
    in_background(write_all, fds[0], pcm(tone(0.6, seed=3)))
    tally.check("a muted call is silent", loudness(caller.talk([], tail=1.0)[1600:]) < 20)
    tally.check("what was muted was not heard", client.ask("drain", call=call).get("heard_ms") == 0)
    tally.check("unmute", client.ask("unmute", call=call).get("ok"))
    speech = tone(0.6, seed=4)

    def again():
        in_background(write_all, fds[0], pcm(speech))
        share = share_heard(speech, caller.talk([], tail=1.0))
        return share >= ENOUGH, "%.3f" % share
    tally.fairly("heard again", lab, again)
    caller.bye()
    close_all(fds)
    client.close()
    caller.close()


def test_both(lab, tally):
    caller, call = begin(lab)
    client = Client(lab)
    _, mixed = client.attach(call, args="--listen --both", rate=8000)
    _, speaking = client.attach(call, args="--speak", rate=8000)
    theirs, ours = tone(1.0, seed=40), tone(1.0, seed=41)
    heard = []

    def mixture():
        heard.clear()
        reader = in_background(lambda: heard.extend(read_for(mixed[0], 2.5)))
        in_background(write_all, speaking[0], pcm(ours))
        caller.talk(theirs, tail=1.0)
        reader.join()

    def likeness(said):
        return max(correlate(said[at:at + 400], heard)[0] for at in (800, 2400, 4000, 5600))

    def is_heard(said):
        if likeness(said) <= 0.5:
            mixture()
        return likeness(said) > 0.5, "%.3f" % likeness(said)
    mixture()
    tally.fairly("--both: the far end is heard", lab, lambda: is_heard(theirs))
    tally.fairly("--both: what is said is heard", lab, lambda: is_heard(ours))
    caller.bye()
    close_all(mixed + speaking)
    client.close()
    caller.close()


def test_bridge(lab, tally):
    left, left_call = begin(lab)
    right, right_call = begin(lab)
    client = Client(lab)
    answer = client.ask("bridge", call=left_call, args="nothing")
    tally.check("bridge wants another call", answer.get("error") == "refused", answer)
    answer = client.ask("bridge", call=left_call, args=left_call)
    tally.check("not the same", answer.get("error") == "refused", answer)
    answers = {}
    waiting = in_background(lambda: answers.update(client.ask("bridge", call=left_call,
                                                              args=right_call)))
    time.sleep(0.3)
    said = {left: tone(1.2, seed=50), right: tone(1.2, seed=51)}
    heard = {}

    def speak():
        threads = [in_background(lambda one: heard.update({one: one.talk(said[one], tail=0.6)}), one)
                   for one in (left, right)]
        for thread in threads:
            thread.join()

    def are_bridged(one, other):
        if share_heard(said[other], heard[one]) < ENOUGH:
            speak()
        share = share_heard(said[other], heard[one])
        return share >= ENOUGH, "%.3f" % share
    speak()
    tally.fairly("bridged: the left end hears the other", lab, lambda: are_bridged(left, right))
    tally.fairly("bridged: the right end hears the other", lab, lambda: are_bridged(right, left))
    other = Client(lab)
    answer, _ = other.attach(left_call, args="--speak")
    tally.check("nobody else speaks on a bridged call", answer.get("error") == "refused", answer)
    answer, fds = other.attach(left_call, args="--listen")
    tally.check("but may listen", answer.get("fds") == 1, answer)
    left.bye()
    waiting.join(10)
    tally.check("bridge is done when one call is over", answers.get("ok"), answers)
    state = [call["call"] for call in lab.ask("calls")["calls"]]
    tally.check("the other call goes on", right_call in state, state)
    right.bye()
    close_all(fds)
    client.close()
    other.close()
    left.close()
    right.close()


def test_ownership(lab, tally):
    lab.hook("incoming", CTL + " answer; sleep 0.5")
    caller, call = begin(lab)
    client = Client(lab)
    _, fds = client.attach(call, rate=8000)
    time.sleep(1.5)
    tally.check("a client keeps the call alive", call in
                [one["call"] for one in lab.ask("calls")["calls"]])
    client.socket.close()  # the descriptors stay open, as in a child of a client that was killed
    tally.check("a client that is gone ends its call", caller.wait_bye(5))
    close_all(fds)
    caller.close()


def test_early(lab, tally):
    lab.hook("incoming", "%s progress && %s wait 20" % (CTL, CTL))
    caller = Caller(lab)
    status, _ = caller.invite(until=183)
    tally.check("progress: 183", status == 183, status)
    caller.remote = ("127.0.0.1", int(re.search(r"m=audio (\d+)", caller.last).group(1)))
    call = lab.ask("calls")["calls"][0]["call"]
    client = Client(lab)
    answer, fds = client.attach(call, args="--speak", rate=8000)
    speech = tone(0.8, seed=60)
    if fds:
        in_background(write_all, fds[0], pcm(speech))
    share = share_heard(speech, caller.talk([], tail=1.5))
    tally.check("early media is heard before the answer", share >= ENOUGH, "%.3f %s" % (share, answer))
    caller.cancel()
    close_all(fds)
    client.close()
    caller.close()


if __name__ == "__main__":
    run((test_rates, test_words, test_flush, test_drain, test_mute, test_both, test_bridge,
         test_ownership, test_early))
