"""Dovecot and Exim from Debian, started without systemd on free ports of this machine.

Any address is a mailbox of Dovecot with the password `secret`; Exim takes mail with STARTTLS and
that password and hands everything to Dovecot, except what is for `nobody@…`, which it refuses, and
for `gone@…`, which it takes and returns.
"""

import os
import pwd
import shutil
import signal
import smtplib
import socket
import subprocess
import time
from pathlib import Path

from tests.support import certificates
from tests.support.house import free_port
from tests.support.postgres import short_directory

PASSWORD = "secret"
MISSING = (
    "no Dovecot or Exim here, or not root: install them with  "
    "apt-get install --no-install-recommends dovecot-imapd dovecot-lmtpd exim4-daemon-light"
)
_START_SECONDS = 60.0


def installed() -> bool:
    """Whether both servers can be started here."""
    found = all(_binary(name) for name in ("dovecot", "exim4"))
    return found and Path("/usr/lib/dovecot/lmtp").exists() and os.geteuid() == 0


class _Server:
    """A process group of our own: ended as a whole, by its id."""

    def __init__(self) -> None:
        self.directory = short_directory()
        self.directory.chmod(0o755)
        self._process: subprocess.Popen[bytes] | None = None

    def _run(self, *command: str, port: int) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + _START_SECONDS
        while not _listens(port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                log = self.directory / "log"
                text = log.read_text()[-2000:] if log.exists() else "it left no log"
                raise RuntimeError(f"{command[0]} did not start: {text}")
            time.sleep(0.02)

    def stop(self, sig: int = signal.SIGTERM) -> None:
        """End it; SIGKILL is the power cut."""
        if self._process is not None:
            self.signal(sig)
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.signal(signal.SIGKILL)
                self._process.wait()
            if sig != signal.SIGKILL:
                self.signal(signal.SIGKILL)  # children that linger
            self._process = None

    def signal(self, sig: int) -> None:
        """To all its processes: SIGSTOP makes it a silent peer."""
        if self._process is not None:
            try:
                os.killpg(self._process.pid, sig)
            except ProcessLookupError:
                return

    def remove(self) -> None:
        """End it and clean up."""
        self.stop(signal.SIGKILL)
        shutil.rmtree(self.directory, ignore_errors=True)


class Dovecot(_Server):
    """IMAP with TLS, STARTTLS and in the clear; LMTP to put mail in."""

    def __init__(self) -> None:
        super().__init__()
        self.imap, self.imaps, self.lmtp = free_port(), free_port(), free_port()
        self._mail = self.directory / "mail"
        self._mail.mkdir()
        shutil.chown(self._mail, "nobody", "nogroup")
        certificate, key = certificates.local().write(self.directory)
        self._config = self.directory / "dovecot.conf"
        self._config.write_text(self._text(certificate, key))

    def start(self) -> None:
        """Start, or start again with the mail there is."""
        self._run(_binary("dovecot"), "-F", "-c", str(self._config), port=self.imap)

    def put(self, user: str, raw: bytes) -> None:
        """Put a mail into a mailbox."""
        with smtplib.LMTP("127.0.0.1", self.lmtp) as lmtp:
            refused = lmtp.sendmail("sender@example.org", [user], raw)
            assert refused == {}

    def forget_uids(self, user: str) -> None:
        """Its folders get another UIDVALIDITY; only while it is stopped."""
        for path in [*(self._mail / user).rglob("dovecot*")]:
            path.unlink()

    def _text(self, certificate: Path, key: Path) -> str:
        nobody = pwd.getpwnam("nobody")
        return f"""
base_dir = {self.directory}/run
state_dir = {self.directory}/state
log_path = {self.directory}/log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = no
default_internal_user = nobody
default_login_user = nobody
default_internal_group = nogroup
first_valid_uid = 0
mail_uid = nobody
mail_gid = nogroup
mail_location = maildir:{self._mail}/%u
auth_mechanisms = plain login
auth_failure_delay = 0
auth_username_chars =
postmaster_address = postmaster@example.org
submission_host = 127.0.0.1
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={nobody.pw_uid} gid={nobody.pw_gid} home={self._mail}/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {self.imap}
  }}
  inet_listener imaps {{
    port = {self.imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {self.lmtp}
  }}
}}
service anvil {{
  chroot =
  # no penalty for everybody on this machine after a wrong password
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""


class Exim(_Server):
    """SMTP with STARTTLS and AUTH, delivering to a Dovecot."""

    def __init__(self, lmtp: int) -> None:
        super().__init__()
        self.smtp = free_port()
        certificate, key = certificates.local().write(self.directory)
        key.chmod(0o644)
        spool = self.directory / "spool"
        spool.mkdir()
        shutil.chown(spool, "Debian-exim", "Debian-exim")
        self._config = self.directory / "exim.conf"
        self._config.write_text(self._text(certificate, key, lmtp))

    def start(self) -> None:
        """Start it."""
        self._run(_binary("exim4"), "-C", str(self._config), "-bdf", "-q2s", port=self.smtp)

    def _text(self, certificate: Path, key: Path, lmtp: int) -> str:
        return f"""
primary_hostname = exim.example.org
spool_directory = {self.directory}/spool
log_file_path = {self.directory}/spool/%slog
daemon_smtp_ports = {self.smtp}
local_interfaces = 127.0.0.1
tls_advertise_hosts = *
tls_certificate = {certificate}
tls_privatekey = {key}
auth_advertise_hosts = *
host_lookup =
rfc1413_query_timeout = 0s
smtp_accept_queue_per_connection = 0
queue_only = false
deliver_drop_privilege = true
keep_environment =
acl_smtp_rcpt = check_rcpt
acl_smtp_data = check_data
begin acl
check_rcpt:
  deny local_parts = nobody
       message = No such user here
  accept authenticated = *
  deny message = Authentication required
check_data:
  accept
begin routers
gone:
  driver = redirect
  local_parts = gone
  data = :fail: No such user any more
  allow_fail
all:
  driver = accept
  transport = lmtp
begin transports
lmtp:
  driver = smtp
  protocol = lmtp
  hosts = 127.0.0.1
  port = {lmtp}
  allow_localhost
  hosts_try_fastopen =
  hosts_require_tls =
  hosts_avoid_tls = *
begin retry
* * F,1h,1s
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if eq{{$auth3}}{{{PASSWORD}}}}}
  server_set_id = $auth2
"""


def _binary(name: str) -> str:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin") or ""


def _listens(port: int) -> bool:
    with socket.socket() as wire:
        wire.settimeout(1)
        return wire.connect_ex(("127.0.0.1", port)) == 0
