# SPDX-License-Identifier: ISC
"""The laboratory on a machine of its own (booted.sh): the daemons are the units that ship, with their
files where the documentation has them."""
import json
import os
import subprocess
import sys
import tempfile

from lab import Lab, run, wait_for


def enter_booted_machine():
    """Runs the test again on a machine that is booted for it, with what has been built installed."""
    if os.environ.get("OFFHOOK_BOOTED") != "yes":
        folder = os.path.dirname(os.path.abspath(__file__))
        os.execvp("bash", ["bash", os.path.join(folder, "booted.sh"), "/usr/bin/python3",
                           "/srv/source/tests/integration/" + os.path.basename(sys.argv[0]),
                           *sys.argv[1:]])
    tempfile.tempdir = "/srv"  # the unit has a /tmp of its own


def write(path, text, mode=0o644, group=None):
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)
    if group:
        run("chgrp", group, path)


class UnitLab(Lab):
    """A registrar, and the units."""

    def __init__(self, **options):
        super().__init__(**options)
        self.hooks = "/etc/offhookd/hooks"
        os.symlink("/run/offhookd/control", self.path("control"))

    def configure_unit(self, unit="offhookd", user="alice", extra=""):
        """As the README says: the file, the password, the drop-in."""
        line = unit.partition("@")[2] or "offhookd"
        write("/etc/offhookd/%s.conf" % line, 'aor = "sips:%s@%s";\nname = "%s";\n'
              'outbound_proxy = "127.0.0.1:%d";\ntls = { ca_file = "%s"; name = "%s"; };\n%s'
              % (user, self.name, "home" if line == "offhookd" else line, self.tls,
                 self.path("ca.pem"), self.name, extra), 0o640, "offhook")
        write("/etc/offhookd/%s.secret" % line, self.password + "\n", 0o600)
        self.drop_in(unit, "credential",
                     "LoadCredential=sip-password:/etc/offhookd/%s.secret" % line)

    @staticmethod
    def drop_in(unit, name, *lines, is_loaded=True):
        """As `systemctl edit` makes it."""
        folder = "/etc/systemd/system/%s.service.d" % unit
        os.makedirs(folder, exist_ok=True)
        write("%s/%s.conf" % (folder, name), "[Service]\n%s\n" % "\n".join(lines))
        if is_loaded:
            run("systemctl", "daemon-reload")

    def start_unit(self, unit="offhookd", verb="restart"):
        subprocess.run(["systemctl", verb, unit], check=False)
        self.wait_unit(unit)

    def wait_unit(self, unit="offhookd", seconds=15):
        def check():
            answer = self.unit_ask(unit, "--json", "status")
            return answer and json.loads(answer).get("registered")
        try:
            wait_for(unit + " to be online", check, seconds)
        except AssertionError:
            print(run("journalctl", "-u", unit, "--no-pager", "-n", "30").stdout)
            raise

    @staticmethod
    def unit_ask(unit, *words):
        socket = "/run/%s/control" % unit.replace("@", "-")
        return subprocess.run(["offhookctl", "--socket", socket, *words], capture_output=True,
                              text=True, check=False).stdout

    @staticmethod
    def journal(unit="offhookd"):
        return run("journalctl", "-u", unit, "--no-pager", "-o", "cat").stdout

    def show_logs(self):
        print(self.journal()[-6000:])
        super().show_logs()
