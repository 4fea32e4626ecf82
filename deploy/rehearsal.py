"""Desks at work while servers fall: opens residents' files through the front door and counts what was acknowledged.

    HIS_PASSWORD=… rehearsal.py https://his.example.cn --name cd.registrar --seconds 120 [--ca ca.pem] [--desks 4]

Every second it says how many files were opened and what the desks were told instead. At the end each acknowledged file
is asked for again by its command's key: one that is gone is lost work, and the exit code says so. Only for a rehearsal:
the files it opens (演练…) stay. Needs nothing but Python; ``--code`` opens the account with a one-time code first.
"""

import argparse
import collections
import http.cookiejar
import json
import os
import re
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from typing import Any


class Desk:
    """A browser's session."""

    def __init__(self, base: str, ca: str) -> None:
        self.base = base.rstrip("/")
        if ca:
            os.environ["SSL_CERT_FILE"] = ca  # whom the certificates of https are checked against
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(cookies)
        self.token = ""

    def ask(self, path: str, sent: bytes | None = None, **headers: str) -> tuple[int, str]:
        """Status and text; 0 when no answer came."""
        told = {"Referer": f"{self.base}/", "X-CSRFToken": self.token, **headers}
        request = urllib.request.Request(self.base + path, sent, told)  # noqa: S310  the operator's own address
        try:
            with self._opener.open(request, timeout=30) as answer:
                status, text = answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            status, text = refusal.code, refusal.read().decode()
        except (OSError, urllib.error.URLError):
            return 0, ""
        if found := re.search(r'name="csrf-token" content="([^"]+)"', text):
            self.token = found[1]
        return status, text

    def form(self, path: str, **fields: str) -> int:
        """Send a page's form; the status of the page it leads to."""
        return self.ask(path, urllib.parse.urlencode(fields | {"csrf_token": self.token}).encode())[0]

    def sign_in(self, name: str, password: str, code: str = "") -> bool:
        """Sign in, by a one-time code the first time."""
        self.ask("/welcome" if code else "/sign-in")
        if code:
            status = self.form("/welcome", code=code, password=password, again=password)
        else:
            status = self.form("/sign-in", name=name, password=password)
        return status == 200 and self.ask("/session")[0] == 200

    def open_file(self, key: str, number: int) -> tuple[int, Any]:
        """One command."""
        spelled = str(number).translate(str.maketrans("0123456789", "零一二三四五六七八九"))
        body = json.dumps(
            {"name": f"演练{spelled}", "born_on": "1970-01-01", "is_another_person": True}
        ).encode()
        status, text = self.ask(
            "/api/v1/patients/create-patient",
            body,
            **{"Content-Type": "application/json", "Idempotency-Key": key, "Accept": "application/json"},
        )
        return status, json.loads(text) if status == 200 else text


class Rehearsal:
    """What all desks together saw."""

    def __init__(self) -> None:
        self.until = 0.0
        self.kept: dict[str, tuple[int, str]] = {}  # key → number, id
        self.told: collections.Counter[int] = collections.Counter()
        self.gaps: list[float] = []
        self.words: dict[int, str] = {}  # by status, the first
        self._last = 0.0
        self._lock = threading.Lock()

    def work(self, desk: Desk, first: int) -> None:
        """Open one file after another; a command without an answer is sent again under its key."""
        number, key = first, str(uuid.uuid4())
        while time.monotonic() < self.until:
            status, answer = desk.open_file(key, number)
            with self._lock:
                self.told[status] += 1
                self.words.setdefault(status, "" if status == 200 else str(answer)[:200])
                if status == 200:
                    moment = time.monotonic()
                    self.gaps.append(moment - self._last if self._last else 0.0)
                    self._last = moment
                    self.kept[key] = (number, answer["id"])
            if status == 200:
                number, key = number + 1, str(uuid.uuid4())
            else:
                time.sleep(0.5)

    def lost(self, desk: Desk) -> list[str]:
        """Keys of acknowledged commands that are not there any more."""
        return [
            key
            for key, (number, row) in self.kept.items()
            if (answer := desk.open_file(key, number))[0] != 200 or answer[1]["id"] != row
        ]


def main() -> int:
    """Rehearse."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("base")
    parser.add_argument("--name", required=True)
    parser.add_argument("--code", default="")
    parser.add_argument("--ca", default="")
    parser.add_argument("--desks", type=int, default=4)
    parser.add_argument("--seconds", type=int, default=60)
    told = parser.parse_args()
    desks = [Desk(told.base, told.ca) for _ in range(told.desks)]
    for place, desk in enumerate(desks):
        if not desk.sign_in(told.name, os.environ["HIS_PASSWORD"], told.code if place == 0 else ""):
            print(f"desk {place}: not signed in")
            return 2
    seen = Rehearsal()
    seen.until = time.monotonic() + told.seconds
    threads = [
        threading.Thread(target=seen.work, args=(desk, 10_000_000 * (place + 1)), daemon=True)
        for place, desk in enumerate(desks)
    ]
    for thread in threads:
        thread.start()
    before = 0
    while time.monotonic() < seen.until:
        time.sleep(1)
        print(f"{time.strftime('%H:%M:%S')} {len(seen.kept) - before:5} files", flush=True)
        before = len(seen.kept)
    for thread in threads:
        thread.join(40)
    lost = seen.lost(desks[0])
    print(f"answers by status (0: none): {dict(sorted(seen.told.items()))}")
    for status, words in seen.words.items():
        if words:
            print(f"{status}: {words}")
    print(f"acknowledged {len(seen.kept)}, lost {len(lost)}, longest pause {max(seen.gaps, default=0):.1f} s")
    return 1 if lost or not seen.kept else 0


if __name__ == "__main__":
    sys.exit(main())
