# SPDX-License-Identifier: ISC
"""Who gets our credentials (decision 13, threat A1). The far end of a call, or anybody whose answer a
proxy hands on, may challenge any request of ours: each method, by 401 and 407, in the realm of the
registration and in another. Everything that the daemon sends is searched for `response=`."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Lab, Tally, wait_for
from registrar import Registrar, header

tally = Tally()
OWN, FOREIGN = "lab", "evil.example"
STATUS = {401: ("401 Unauthorized", "WWW-Authenticate", "Authorization"),
          407: ("407 Proxy Authentication Required", "Proxy-Authenticate", "Proxy-Authorization")}
SDP = ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
       "m=audio 9 RTP/AVP 0\r\n")

# The request, and whether it is answered in our own realm; in another one it never is.
REQUESTS = [("REGISTER", True), ("INVITE", True), ("MESSAGE", True),
            ("re-INVITE", False), ("REFER", False), ("BYE", False)]
IN_DIALOG = [request for request, is_answered in REQUESTS if not is_answered]

# request, code, realm, whether it is answered, what the daemon is told, what the registration was
ROWS = [(request, code, realm, is_answered and realm == OWN,
         ["auth.realm=" + OWN] if request == "REGISTER" else [], OWN)
        for request, is_answered in REQUESTS for code in (401, 407) for realm in (OWN, FOREIGN)]
ROWS += [(request, 407, realm, realm == OWN, ["auth.in_dialog=true"], OWN)
         for request in IN_DIALOG for realm in (OWN, FOREIGN)]
ROWS += [(request, 407, OWN, False, [], None) for request in ("INVITE", "MESSAGE")]
ROWS += [(request, 407, OWN, True, ["auth.realm=" + OWN], None) for request in ("INVITE", "MESSAGE")]
ROWS += [(request, 407, FOREIGN, False, ["auth.realm=" + OWN], None)
         for request in ("INVITE", "MESSAGE")]
ROWS += [(request, 407, FOREIGN, True, ["auth.realm=%s,%s" % (OWN, FOREIGN)], OWN)
         for request in ("INVITE", "MESSAGE")]


class Proxy(Registrar):
    """A registrar whose other requests end at somebody who wants our password."""

    def __init__(self, *words, **options):
        super().__init__(*words, **options)
        self.wire = []
        self.stream = None
        self.row = None
        self.challenges = 0
        self.has_called = False
        self.number = 0

    def begin(self, row, registered_in):
        self.wire, self.row, self.challenges, self.has_called = [], row, 0, False
        self.challenge = ("SHA-256", registered_in) if registered_in else None

    def register(self, stream, message):
        self.stream = stream
        self.wire.append(message)
        request, code, realm = self.row
        if request == "REGISTER":
            self.challenge = ("SHA-256", realm)
            self.challenges += 1
        if request == "REGISTER" and code == 407:
            message = message.replace("Proxy-Authorization: ", "Authorization: ")
        answer = self.answer(message)
        if request == "REGISTER" and code == 407:
            answer = answer.replace("401 Unauthorized", STATUS[407][0]).replace(
                "WWW-Authenticate", "Proxy-Authenticate")
        stream.sendall(answer.encode())
        if request in IN_DIALOG and answer.startswith("SIP/2.0 200") and not self.has_called:
            self.has_called = True
            self.call("INVITE")

    def other(self, stream, message):
        self.wire.append(message)
        if message.startswith("SIP/2.0"):
            if message.startswith("SIP/2.0 200") and header(message, "CSeq").endswith(" INVITE"):
                self.invitation = message
                self.call("ACK")
            return
        method = message.split()[0]
        if method == "ACK":
            return
        wanted = "INVITE" if self.row[0] == "re-INVITE" else self.row[0]
        is_right = "response=" in message
        if method == wanted and not is_right and self.challenges < 3:
            self.challenges += 1
            status, name, _ = STATUS[self.row[1]]
            self.respond(message, status, '%s: Digest realm="%s", nonce="nonce-of-%s", '
                         'algorithm=SHA-256, qop="auth"' % (name, self.row[2], self.row[2]))
        else:
            self.respond(message, {"INVITE": "486 Busy Here",
                                   "REFER": "603 Decline"}.get(method, "200 OK"))

    def respond(self, request, status, *lines):
        answer = ["SIP/2.0 " + status]
        for name in ("Via", "From", "To", "Call-ID", "CSeq"):
            value = header(request, name)
            answer.append("%s: %s%s" % (name, value, ";tag=p" if name == "To" and "tag=" not in value
                                        else ""))
        self.stream.sendall("\r\n".join(answer + list(lines) + ["Content-Length: 0", "", ""]).encode())

    def call(self, method):
        """An INVITE to the daemon, or the ACK for its 200."""
        if method == "INVITE":
            self.number = len(self.registers)  # another REGISTER may come before the ACK
        to = header(self.invitation, "To") if method == "ACK" else "<sip:alice@lab.example>"
        body = SDP if method == "INVITE" else ""
        contact = [one["contact"] for one in self.bound()][-1]
        self.stream.sendall((
            "%s %s SIP/2.0\r\nVia: SIP/2.0/TLS peer.example;branch=z9hG4bK%s%d\r\nMax-Forwards: 70\r\n"
            "From: <sip:peer@evil.example>;tag=p\r\nTo: %s\r\nCall-ID: %d@evil.example\r\n"
            "CSeq: 1 %s\r\nContact: <sip:peer@evil.example>\r\n%sContent-Length: %d\r\n\r\n%s"
            % (method, contact, method, self.number, to, self.number, method,
               "Content-Type: application/sdp\r\n" if body else "", len(body), body)).encode())


def provoke(lab, proxy, request):
    """Has the daemon send it."""
    if request == "REGISTER":
        return
    lab.wait_online()
    if request == "INVITE":
        lab.ask("dial", args="--detach sip:peer@lab.example /bin/cat")
    elif request == "MESSAGE":
        lab.ctl("message", "sip:peer@lab.example", "hello")
    else:
        call = wait_for("the call", lambda: [one["call"] for one in lab.ask("calls")["calls"]
                                             if one["state"] == "up"], 10)[0]
        lab.ctl("--call", call, *{"re-INVITE": ("hold",), "REFER": ("transfer", "sip:third@lab.example"),
                                  "BYE": ("hangup",)}[request])


def is_settled(lab, proxy, is_answered, code):
    """Everything that comes of it has come: the answer where one is due, else the end of it."""
    if is_answered:
        return any("\r\n%s: " % STATUS[code][2] in text for text in credentials(proxy, proxy.row[0]))
    failure = (lab.ask("status") or {}).get("registration_failure")
    return proxy.challenges and (proxy.row[0] != "REGISTER" or failure)


def credentials(proxy, request=None):
    """Messages with credentials; of that request, or all."""
    wanted = "INVITE" if request == "re-INVITE" else request
    return [text for text in proxy.wire if "response=" in text and
            (not wanted or text.startswith(wanted + " "))]


def check(lab, proxy, row):
    request, code, realm, is_answered, options, registered_in = row
    proxy.begin((request, code, realm), registered_in)
    lab.start_daemon(*[part for one in options for part in ("-o", one)], wait=False, scheme="sip",
                     incoming="answer /bin/cat", dial={"allow": ["*", "*@*"]})
    provoke(lab, proxy, request)
    try:
        wait_for("what comes of it", lambda: is_settled(lab, proxy, is_answered, code), 8)
        is_there = True
    except AssertionError:
        is_there = False
    lab.stop_daemon()  # whatever else was to be sent has been sent
    # A REGISTER answers its registrar, an ACK repeats what its INVITE had (RFC 3261 22.1).
    method = "INVITE" if request == "re-INVITE" else request
    admitted = {"REGISTER"} if request != "REGISTER" or is_answered else set()
    if is_answered:
        admitted |= {method, "ACK"}
    if "auth.in_dialog=true" in options and is_answered:
        admitted.add("BYE")  # the nonce that was answered serves the requests that follow
    leaks = [text.split()[0] + " " + text.split()[1] for text in credentials(proxy)
             if text.split()[0] not in admitted or
             'realm="%s"' % (OWN if text.startswith("REGISTER ") else row[2]) not in text]
    tally.check("%s challenged by %d in %s realm%s%s: %s"
                % (request, code, "our own" if realm == OWN else "a foreign",
                   ", " + " ".join(options) if options else "",
                   "" if registered_in or request == "REGISTER" else ", registered without a challenge",
                   "answered" if is_answered else "no credentials"),
                is_there and not leaks and proxy.challenges > 0,
                leaks or ("" if is_there else "%d challenges" % proxy.challenges))
    if not is_answered:
        tally.check("%s, %d, %s: it is not tried over and over" % (request, code, realm),
                    proxy.challenges <= 2, proxy.challenges)


if __name__ == "__main__":
    with Lab(name="lab.example") as lab:
        proxy = Proxy(lab.path("server.pem"), lab.path("server.key"), address=("127.0.0.1", lab.tls))
        proxy.password = lab.password
        for row in ROWS:
            check(lab, proxy, row)
        tally.check("%d kinds of challenge" % len(ROWS), len(ROWS) >= 12)
    tally.end()
