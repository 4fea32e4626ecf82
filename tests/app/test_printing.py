"""Papers are set in a process of their own, which may die without taking anything along."""

import contextlib
import os
import signal
from collections.abc import Iterator

import pytest
from flask import Flask

from app import paper_maker
from app.errors import Unavailable
from app.printing import PaperFault, PaperMaker


@pytest.fixture
def maker() -> Iterator[PaperMaker]:
    made = PaperMaker()
    yield made
    made.stop()


def test_a_paper_is_a_pdf_with_its_text_inside(maker: PaperMaker) -> None:
    assert maker.make("<p>处方笺</p>").startswith(b"%PDF")


@pytest.mark.control("APP-07")
def test_nothing_is_fetched_from_outside(maker: PaperMaker) -> None:
    with pytest.raises(PaperFault):
        maker.make('<link rel="stylesheet" href="http://127.0.0.1:9/a.css"><p>x</p>')
    assert maker.make("<p>the next one</p>").startswith(b"%PDF")


def test_a_killed_process_costs_one_paper_and_no_more(app: Flask, maker: PaperMaker) -> None:
    maker.make("<p>first</p>")
    stopped = maker._process
    os.kill(stopped.pid, signal.SIGSTOP)  # dies while it is asked, not before
    os.kill(stopped.pid, signal.SIGKILL)
    with contextlib.suppress(Unavailable):  # where its end had not yet been seen
        maker.make("<p>second</p>")
    assert maker.make("<p>third</p>").startswith(b"%PDF")
    assert maker._process.pid != stopped.pid


def test_a_message_that_breaks_off_is_the_end() -> None:
    read, write = os.pipe()
    with os.fdopen(read, "rb") as source:
        os.write(write, paper_maker.LENGTH.pack(100) + b"broken off")
        os.close(write)
        assert paper_maker.receive(source) is None
        assert paper_maker.receive(source) is None
