"""A real server and a real browser: the product as people at the windows use it."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from support import world
from werkzeug.serving import make_server

ROOT = Path(__file__).resolve().parents[2]
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZES = {"desktop": {"width": 1440, "height": 900}, "tablet": {"width": 820, "height": 1180}}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        yield chromium
        chromium.close()


class Counted:
    """An application that knows how many of its answers are still under way, so a test can end after them."""

    def __init__(self, application: Any) -> None:
        self.application = application
        self._changed = threading.Condition()
        self._under_way = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        self._count(+1)
        try:
            answer = self.application(environ, start_response)
        except BaseException:
            self._count(-1)
            raise
        return self._give(answer)

    def _give(self, answer: Any) -> Iterator[bytes]:
        try:
            yield from answer
        finally:  # also where the server forgets ``close``, after a browser that hung up
            answer.close()
            self._count(-1)

    def _count(self, by: int) -> None:
        with self._changed:
            self._under_way += by
            self._changed.notify_all()

    def wait(self, seconds: float) -> None:
        """Wait until every answer is given; a stream that nobody hears any more is not waited for longer."""
        with self._changed:
            self._changed.wait_for(lambda: self._under_way == 0, seconds)


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The address of the product, served by threads of this process."""
    app.config["WTF_CSRF_ENABLED"] = True
    counted = Counted(app)
    server = make_server("127.0.0.1", 0, counted, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    counted.wait(seconds=10)


class Desk:
    """One person's browser: counts acts (a key, chord, scan or typed identifier) and notes every fault."""

    def __init__(self, context: BrowserContext, address: str, *, is_touch: bool = False) -> None:
        self.context = context
        self.is_touch = is_touch
        self.page: Page = context.new_page()
        self.address = address
        self.acts = 0
        self.faults: list[str] = []
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.add_init_script(
            "document.addEventListener('securitypolicyviolation', "
            "e => console.error('CSP ' + e.violatedDirective + ' ' + e.blockedURI))"
        )

    def _hear(self, message: Any) -> None:
        expected = (
            "status of 422" in message.text or "status of 409" in message.text
        )  # a refusal is an answer
        if message.type == "error" and not expected:
            self.faults.append(message.text)

    def sign_in(self, name: str) -> "Desk":
        """Sign in as somebody of the test world."""
        self.page.goto(f"{self.address}/sign-in")
        self.page.fill("input[name=name]", name)
        self.page.fill("input[name=password]", world.PASSWORD)
        self.page.press("input[name=password]", "Enter")
        self.page.wait_for_url(lambda url: not url.endswith("/sign-in"))  # the district begins elsewhere
        return self

    def second_tab(self) -> "Desk":
        """Another tab of the same browser."""
        return Desk(self.context, self.address, is_touch=self.is_touch)

    def expect(self, text: str) -> None:
        """This fault belongs to the test."""
        assert any(text in fault for fault in self.faults)
        self.faults[:] = [fault for fault in self.faults if text not in fault]

    def open(self, path: str) -> Page:
        """Open a page and begin to count."""
        self.page.goto(f"{self.address}{path}")
        self.page.wait_for_load_state("networkidle")
        self.acts = 0
        return self.page

    def press(self, key: str) -> None:
        """One key or chord, once the page listens: no hand is as quick as a program on a page half loaded."""
        self.page.wait_for_selector("html[data-ready]", state="attached")
        self.acts += 1
        self.page.keyboard.press(key)

    def act(self, key: str) -> None:
        """What a key does: the key at a keyboard, a tap on its button on a tablet."""
        if not self.is_touch:
            self.press(key)
            return
        self.acts += 1
        self.page.tap(f"[data-key='{key}']:visible")

    def identify(self, text: str) -> None:
        """A typed identifier in the field that has the focus: one act."""
        self.acts += 1
        self.page.keyboard.type(text)

    def scan(self, text: str) -> None:
        """A scan into the field that has the focus, with the Enter a scanner sends: one act."""
        self.acts += 1
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def initials(self, text: str) -> None:
        """Letters typed one by one, each an act."""
        for letter in text:
            self.press(letter)

    def settle(self) -> None:
        """Wait until the page is quiet."""
        self.page.wait_for_load_state("networkidle")

    def accessibility(self) -> list[str]:
        """Serious and critical faults that axe finds on the page as it stands."""
        source = (ROOT / "node_modules/axe-core/axe.min.js").read_text()
        self.page.evaluate(source)
        result = self.page.evaluate(
            "async () => (await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa']})).violations"
            ".filter(v => ['serious', 'critical'].includes(v.impact))"
            ".map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).join('; '))"
        )
        return list(result)

    def overflow(self) -> int:
        """Pixels by which the page is wider than the window."""
        width: int = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        return max(0, width)


@pytest.fixture(params=["desktop-zh_Hans", "desktop-en", "tablet-zh_Hans", "tablet-en"])
def setting(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Size of the window and language."""
    size, language = request.param.split("-")
    return size, language


@pytest.fixture
def open_desk(browser: Browser, address: str, setting: tuple[str, str]) -> Iterator[Any]:
    """``open_desk("doctor")`` gives a signed-in desk; at the end no desk may have had a fault."""
    size, language = setting
    desks: list[Desk] = []
    contexts: list[BrowserContext] = []

    def make(role: str, place: str = "c1") -> Desk:
        context = browser.new_context(viewport=SIZES[size], locale="zh-CN", has_touch=size == "tablet")
        context.add_cookies([{"name": "his_language", "value": language, "url": address}])
        contexts.append(context)
        desks.append(Desk(context, address, is_touch=size == "tablet").sign_in(f"{role}@{place}"))
        return desks[-1]

    yield make
    faults = [fault for desk in desks for fault in desk.faults]
    for context in contexts:
        context.close()
    assert faults == []
