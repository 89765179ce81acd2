# SPDX-License-Identifier: ISC
"""The life of a server's certificate: it is renewed, it expires, its authority changes; and what is
resumed of an earlier session when that happens. A valid change loses no registration, any other fails
closed and says why."""
import os
import ssl
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from certificates import CLIENT, PAST, Maker, dns, expires_in
from lab import Lab, Tally, wait_for
from registrar import OpensslServer, Registrar

tally = Tally()
NAME = "lab.example"
DAY = 24 * 3600


def status(lab):
    return lab.ask("status") or {}


class Line:
    """A server, and the daemon that is registered there."""

    def __init__(self, lab):
        self.lab = lab
        self.maker = Maker(lab)
        self.maker.authority("middle")
        self.maker.authority("stranger", signer=None)
        self.maker.make("first", *dns(NAME))
        self.registrar = Registrar(lab.path("first.pem"), lab.path("first.key"),
                                   address=("127.0.0.1", lab.tls))

    def show(self, *lines, behind=(), version=None, **options):
        self.maker.make("shown", *(lines or dns(NAME)), **options)
        self.registrar.show(self.maker.chain("sent", "shown", *behind), self.lab.path("shown.key"),
                            version)

    def trust(self, *authorities):
        """What tls.ca_file holds from the next reload on."""
        return self.maker.chain("trusted", *authorities)

    def cut(self):
        """The connection breaks. It may be back before anybody has looked."""
        connects = status(self.lab)["connects"]
        self.registrar.cut()
        wait_for("the loss", lambda: status(self.lab).get("connection") != "connected" or
                 status(self.lab)["connects"] > connects, 10)

    def comes_back(self, seconds=10):
        """Whether the line is registered over one new connection, and how long that took."""
        start = time.monotonic()
        bound = len(self.registrar.bound())
        while time.monotonic() < start + seconds:
            self.lab.ctl("reregister")  # a line that waits tries now
            if self.lab.is_online() and len(self.registrar.bound()) > bound:
                return "%.2f s" % (time.monotonic() - start)
            time.sleep(0.2)
        return None

    def is_refused(self, words, seconds=10):
        """The reason, when it has these words and not one byte of SIP went out."""
        before = self.registrar.sip_bytes
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.lab.ctl("reregister")
            text = status(self.lab).get("connection_failure", "")
            if words in text:
                return self.registrar.sip_bytes == before and text
            time.sleep(0.2)
        return None

    def last(self):
        return self.registrar.handshakes[-1] if self.registrar.handshakes else {}


# What is shown from now on, what is trusted from a reload on, and the words in status; None: no
# registration is lost.
ROTATIONS = [
    ("another key", dict(), None, None),
    ("renewed", dict(), None, None),
    ("a key of RSA", dict(kind="rsa"), None, None),
    ("an intermediate authority", dict(signer="middle", behind=["middle"]), None, None),
    ("a sip: URI in place of the DNS name", dict(lines=('uri = "sip:lab.example"',)), None, None),
    ("another name", dict(lines=dns("other.example")), None, 'not for "lab.example"'),
    ("the right name again", dict(), None, None),
    ("an expired one", dict(lines=dns(NAME) + PAST), None, "has expired"),
    ("a good one after it", dict(), None, None),
    ("one that signed itself", dict(signer=None), None, "only the server itself has signed it"),
    ("a good one again", dict(), None, None),
    ("another authority", dict(signer="stranger"), None, "is not known here"),
    ("the same, trusted by a reload", None, ["stranger"], None),
    ("the authority of before", dict(), None, "is not known here"),
    ("both authorities, by a reload", None, ["ca", "stranger"], None),
    ("the new authority of both", dict(signer="stranger"), None, None),
    ("back to the old one", dict(), None, None),
    ("TLS 1.2 from now on", dict(version=ssl.TLSVersion.TLSv1_2), None, None),
    ("an intermediate that is left out", dict(signer="middle"), None, '"Authority middle" is not known'),
    ("and sent", dict(signer="middle", behind=["middle"]), None, None),
]


def rotate(line, name, shown, trusted, words):
    if shown is not None:
        options = dict(shown)
        line.show(*options.pop("lines", ()), **options)
    if trusted:
        line.trust(*trusted)
        changed = line.lab.ask("reload")["changed"]
        tally.check("%s: the reload says what has changed" % name, changed == ["tls.ca_file"], changed)
    elif status(line.lab).get("connection") == "connected":
        line.cut()
    if words:
        tally.check("%s: refused, no byte of SIP" % name, line.is_refused(words),
                    status(line.lab).get("connection_failure"))
    else:
        tally.check("%s: registered again" % name, line.comes_back(20), status(line.lab).get("summary"))


def check_rotations():
    with Lab(name=NAME) as lab:
        line = Line(lab)
        lab.start_daemon("-o", "tls.ca_file=" + line.trust("ca"))
        for row in ROTATIONS:
            rotate(line, *row)
        tally.check("20 rotations: one daemon", lab.daemon.poll() is None)
        lab.stop_daemon()


def check_resumption(version, lab, line):
    name = version.name
    line.show(version=version)
    lab.start_daemon()
    tally.check("%s: the first handshake is a full one" % name, not line.last()["is_resumed"], line.last())
    tally.check("%s: SNI is the configured name" % name, line.last()["name"] == NAME)
    for _ in range(2):
        line.cut()
        seconds = line.comes_back()
        tally.check("%s: a new connection resumes the session" % name, line.last()["is_resumed"], seconds)
    line.registrar.show(lab.path("sent.pem"), lab.path("shown.key"), version)
    count = len(line.registrar.connections)
    line.cut()
    seconds = line.comes_back()
    tally.check("%s: a server that was started again gets a full handshake, at once" % name,
                seconds and not line.last()["is_resumed"] and
                len(line.registrar.connections) == count + 1, seconds)
    line.cut()
    line.comes_back()
    tally.check("%s: and is resumed from then on" % name, line.last()["is_resumed"])
    crl = line.maker.revoke("crl", "middle")
    lab.stop_daemon()
    lab.start_daemon("-o", "tls.crl_file=" + crl)
    line.cut()
    line.comes_back()
    tally.check("%s: resumed with a revocation list" % name, line.last()["is_resumed"])
    count = len(line.registrar.handshakes)
    line.maker.revoke("crl", "first")
    lab.ask("reload")
    wait_for("a new connection", lambda: len(line.registrar.handshakes) > count, 10)
    lab.wait_online()
    tally.check("%s: a reload forgets the session: a full handshake" % name,
                not line.last()["is_resumed"])
    endings = len(line.registrar.endings)
    line.maker.revoke("crl", "shown")
    lab.ask("reload")
    wait_for("the end of the connection", lambda: len(line.registrar.endings) > endings, 10)
    tally.check("%s: a certificate that is revoked by a reload is refused" % name,
                line.is_refused("has been revoked"), status(lab).get("connection_failure"))
    tally.check("%s: the connection that the reload ended was closed in order" % name,
                line.registrar.endings[endings] == "close_notify", line.registrar.endings[endings:])
    line.maker.revoke("crl", "middle")
    lab.ask("reload")
    tally.check("%s: the certificate that is no longer listed is taken" % name, line.comes_back())
    tally.check("%s: by a full handshake" % name, not line.last()["is_resumed"])
    endings = len(line.registrar.endings)
    lab.stop_daemon()
    wait_for("the end of the connection", lambda: len(line.registrar.endings) > endings, 10)
    tally.check("%s: the end of the daemon is an orderly close" % name,
                line.registrar.endings[endings:] == ["close_notify"], line.registrar.endings[endings:])


def check_intolerant(lab, line):
    """A server that does not forgive the offer of a session."""
    line.show()
    lab.start_daemon()
    line.registrar.hates_sessions = True
    count = len(line.registrar.connections)
    waits = lab.log("offhookd").count("no connection server=")
    line.cut()
    seconds = line.comes_back()
    tally.check("a server that hangs up at the offer of a session gets a full handshake at once",
                seconds and len(line.registrar.connections) == count + 2 and
                not line.last()["is_resumed"] and
                lab.log("offhookd").count("no connection server=") == waits + 1, seconds)
    line.registrar.hates_sessions = False
    lab.stop_daemon()


def check_expiry(lab, line, seconds=10):
    """The certificate expires while the connection is up."""
    line.show(*dns(NAME), *expires_in(seconds))
    lab.start_daemon()
    tally.check("a certificate that is about to expire is told in the status line",
                "the server's certificate expires on " in status(lab)["summary"],
                status(lab)["summary"])
    text = wait_for("the expiry", lambda: "has expired" in status(lab).get("certificate_warning", "") and
                    status(lab)["summary"], seconds + 5)
    before = len(line.registrar.registers)
    lab.ctl("reregister")
    wait_for("a REGISTER", lambda: len(line.registrar.registers) > before, 10)
    tally.check("the connection outlives the certificate", status(lab)["registered"] and
                status(lab)["connects"] == 1, text)
    tally.check("STATUS has it, too", "the next connection will be refused" in text)
    line.cut()
    tally.check("the next one is refused, though the session could be resumed",
                line.is_refused("has expired"), status(lab).get("connection_failure"))
    tally.check("the status line says it once", status(lab)["summary"].count("expired") == 1,
                status(lab)["summary"])
    line.show()
    tally.check("a renewed one is taken", line.comes_back())
    tally.check("and the warning is gone", "certificate_warning" not in status(lab), status(lab))
    lab.stop_daemon()


def check_renewed_in_place(lab, line, seconds=8):
    """A server that keeps its sessions over the renewal: the old session brings the expired one."""
    line.show(*dns(NAME), *expires_in(seconds))
    lab.start_daemon()
    line.maker.make("renewed", *dns(NAME))
    line.registrar.context.load_cert_chain(lab.path("renewed.pem"), lab.path("renewed.key"))
    wait_for("the expiry", lambda: "has expired" in status(lab).get("certificate_warning", ""),
             seconds + 5)
    line.cut()
    back = line.comes_back()
    tally.check("the line comes back", back)
    tally.comes("an expired certificate in an old session gives way to the one of today",
                lambda: not line.last()["is_resumed"] and
                "certificate_warning" not in status(lab), 5)
    lab.stop_daemon()


def check_warnings(lab, line):
    line.show('dns_name = "lab.example"', *expires_in(5 * DAY))
    line.maker.make("ours", *expires_in(3 * DAY), cn="alice-phone", usage=CLIENT)
    first = lab.log("offhookd").count("a certificate expires")
    lab.start_daemon("-o", "tls.cert_file=" + lab.path("ours.pem"),
                     "-o", "tls.key_file=" + lab.path("ours.key"))
    answer = status(lab)
    tally.check("status has both warnings and both dates", all(
        key in answer for key in ("certificate_expires", "certificate_warning",
                                  "own_certificate_expires", "own_certificate_warning")), answer)
    tally.check("they say what to do", "tell the provider" in answer["certificate_warning"] and
                "renew tls.cert_file and reload" in answer["own_certificate_warning"])
    line.cut()
    line.comes_back()
    lines = lab.log("offhookd").count("a certificate expires") - first
    tally.check("the log has each once, however often the line reconnects", lines == 2, lines)
    line.maker.make("ours", cn="alice-phone", usage=CLIENT)
    lab.ask("reload")
    wait_for("the reload", lambda: "own_certificate_warning" not in status(lab), 5)
    tally.check("our own certificate renewed and read again: no warning",
                "own_certificate_expires" in status(lab))
    lab.stop_daemon()


def check_renegotiation(lab):
    line = Maker(lab)
    line.make("openssl", *dns(NAME))
    server = OpensslServer(lab, lab.path("openssl.key"), lab.path("openssl.pem"), "-tls1_2")
    lab.start_daemon(wait=False)
    server.register()
    for letter in (b"r\n", b"R\n"):
        server.write(letter)
    count = server.seen.count(b"\r\n\r\n")
    server.write(b"\r\nOPTIONS sip:alice@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS peer.example;branch=z9hG4bKr\r\n"
          b"From: <sip:peer@example.com>;tag=p\r\nTo: <sip:alice@example.com>\r\nCall-ID: r@peer\r\n"
          b"CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n")
    try:
        wait_for("the answer", lambda: server.seen.count(b"\r\n\r\n") > count, 5)
    except AssertionError:
        pass
    tally.check("TLS 1.2: two wishes to renegotiate leave the connection up",
                status(lab).get("connects") == 1 and b"200 OK" in server.seen.split(b"REGISTER")[-1] and
                server.seen.count(b"SSL_do_handshake") >= 2, server.seen.count(b"SSL_do_handshake"))
    lab.stop_daemon()
    server.stop()


if __name__ == "__main__":
    check_rotations()
    with Lab(name=NAME) as lab:
        line = Line(lab)
        for version in (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2):
            check_resumption(version, lab, line)
        check_intolerant(lab, line)
        check_expiry(lab, line)
        check_renewed_in_place(lab, line)
        check_warnings(lab, line)
        line.registrar.stop()
        check_renegotiation(lab)
    tally.end()
