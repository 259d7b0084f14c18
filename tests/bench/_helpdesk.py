"""django-helpdesk (PyPI), beside which our intake of mail is measured; no dependency of ours.

It is fetched into `build/bench/` by ordinary pip the first time, runs as its manual says (gunicorn,
four workers) over a database of the same PostgreSQL, and reads each mail by the function that its
`get_email` command calls. Its answers are rendered and go to Django's dummy back end. Where it
cannot be had it is skipped, aloud.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.bench._house import free_port

FOLDER = Path("build/bench/django_helpdesk")
WANTED = ("django-helpdesk==2.6.1", "django==5.2.*", "psycopg2-binary", "gunicorn", "packaging")
FORMS = "django-bootstrap5-form"  # asks for an old Django, and works with this one
FETCH_SECONDS, START_SECONDS = 300, 60
NAME = "helpdesk"

SETTINGS = """
SECRET_KEY = "bench"
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "bench_urls"
USE_TZ = True
SITE_ID = 1
STATIC_URL = "/static/"
MEDIA_ROOT = {media!r}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
HELPDESK_TEAMS_MODE_ENABLED = False
INSTALLED_APPS = [
    "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes",
    "django.contrib.sessions", "django.contrib.messages", "django.contrib.sites",
    "django.contrib.staticfiles", "django.contrib.humanize", "bootstrap5form", "rest_framework",
    "helpdesk",
]
MIDDLEWARE = []  # a mail needs none, and each costs
SILENCED_SYSTEM_CHECKS = ["admin.E404", "admin.E408", "admin.E409", "admin.E410"]
TEMPLATES = [{{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
              "OPTIONS": {{"context_processors": ["django.template.context_processors.request",
                                                 "django.contrib.auth.context_processors.auth"]}}}}]
DATABASES = {{"default": {{"ENGINE": "django.db.backends.postgresql", "NAME": {name!r},
             "HOST": {host!r}, "USER": {user!r}, "CONN_MAX_AGE": 600}}}}
"""
URLS = """
import logging
from django.http import HttpResponse
from django.urls import path, include
from django.views.decorators.csrf import csrf_exempt
from helpdesk.email import extract_email_metadata
from helpdesk.models import Queue

logger = logging.getLogger("bench")
logger.setLevel(logging.CRITICAL)
queues = []

@csrf_exempt
def mail(request):
    if not queues:
        queues.append(Queue.objects.get(slug="bench"))
    given = request.body.decode("utf-8", "surrogateescape")
    ticket = extract_email_metadata(given, queues[0], logger)
    status = 200 if ticket else 422
    return HttpResponse("done", status=status, headers={"Content-Length": "4"})

urlpatterns = [path("mail", mail), path("helpdesk/", include("helpdesk.urls"))]
"""
QUEUE = """
from helpdesk.models import Queue
Queue.objects.create(title="Bench", slug="bench", email_address="help@shop.example",
                     allow_email_submission=True)
"""
CREATE = """
import psycopg2
connection = psycopg2.connect(dbname="postgres", host={host!r}, user={user!r})
connection.autocommit = True
connection.cursor().execute("CREATE DATABASE {name}")
"""
COUNT = "from helpdesk.models import Ticket; print(Ticket.objects.count())"


def missing() -> str:
    """Fetch it where it is not here yet; why it cannot be had, else nothing."""
    if not _python().exists():
        subprocess.run([sys.executable, "-m", "venv", FOLDER], check=False, capture_output=True)
    if not _works():
        pip = [str(_python()), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        for wanted in (WANTED, ("--no-deps", FORMS)):
            try:
                subprocess.run(
                    [*pip, *wanted], timeout=FETCH_SECONDS, check=False, capture_output=True
                )
            except subprocess.TimeoutExpired:
                return f"no answer from the package index in {FETCH_SECONDS} s"
    return "" if _works() else "django-helpdesk cannot be installed here"


def _python() -> Path:
    return FOLDER.absolute() / "bin" / "python"


def _works() -> bool:
    wanted = "import helpdesk, psycopg2, gunicorn, bootstrap5form"
    try:
        done = subprocess.run([_python(), "-c", wanted], check=False, capture_output=True)
    except OSError:
        return False
    return done.returncode == 0


class Helpdesk:
    """A running one: `port` takes mails at /mail."""

    def __init__(self, directory: Path, url: str) -> None:
        parts = urlsplit(url)
        self.directory = directory
        self.port = free_port()
        place = {"name": NAME, "user": parts.username, "host": parse_qs(parts.query)["host"][0]}
        self._create = CREATE.format(**place)
        settings = SETTINGS.format(media=str(directory / "media"), **place)
        (directory / "bench_settings.py").write_text(settings)
        (directory / "bench_urls.py").write_text(URLS)
        self._environ = {
            **os.environ, "DJANGO_SETTINGS_MODULE": "bench_settings", "PYTHONPATH": str(directory),
            "PYTHONWARNINGS": "ignore",
        }  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def django(self, *command: str) -> str:
        """A command of Django's. Raises RuntimeError with what it said."""
        done = subprocess.run(
            [_python(), "-m", "django", *command], env=self._environ, cwd=self.directory,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"django {command[0]}: {done.stderr[-1500:]}")
        return done.stdout

    def start(self) -> None:
        subprocess.run([_python(), "-c", self._create], check=True, capture_output=True)
        self.django("migrate", "--verbosity", "0")
        self.django("loaddata", "--verbosity", "0", "emailtemplate.json")
        self.django("shell", "-c", QUEUE)
        command = [
            str(_python()), "-m", "gunicorn", "--workers", "4", "--worker-class", "gthread",
            "--threads", "4", "--bind", f"127.0.0.1:{self.port}", "--log-level", "error",
            "django.core.wsgi:get_wsgi_application()",
        ]  # fmt: skip
        with (self.directory / "log").open("wb") as log:
            self._process = subprocess.Popen(
                command, env=self._environ, cwd=self.directory, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log,
            )  # fmt: skip
        end = time.monotonic() + START_SECONDS
        while not self._answers():
            if time.monotonic() > end or self._process.poll() is not None:
                raise RuntimeError((self.directory / "log").read_text()[-1500:])
            time.sleep(0.2)

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/nothing", timeout=5)
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def tickets(self) -> int:
        return int(self.django("shell", "-v", "0", "-c", COUNT).split()[-1])

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(20)


@contextmanager
def helpdesk(url: str) -> Iterator[Helpdesk | None]:
    """A running django-helpdesk over a new database beside that one; None where there is none."""
    if why := missing():
        print(f"SKIPPED beside django-helpdesk: {why}", flush=True)
        yield None
        return
    directory = Path(tempfile.mkdtemp(prefix="cc-"))
    found = Helpdesk(directory, url)
    try:
        found.start()
        yield found
    finally:
        found.stop()
        shutil.rmtree(directory, ignore_errors=True)
