"""The world outside the demo district: played channels and a simulated insurer, on the simulation's clock."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from app import clock, outgoing, pursuit
from modules.charging.simulators import starting
from modules.demo.services.channels import connect_centres
from modules.demo.services.insurer import connect_insurers

NOBODY = "http://127.0.0.1:9"  # nobody listens to reports while days are played; every result is asked for
TOLD_EVERY = timedelta(seconds=30)
ASKED_EVERY = timedelta(minutes=2)
INSURANCES = {"employee": "310", "resident": "390"}  # by who pays for a resident's care


class Outside:
    """The programs that play the outside, and what a simulation tells them by hand."""

    def __init__(self, channels: str, insurer: str) -> None:
        self.channels, self.insurer = channels, insurer
        self._told_at = self._asked_at = datetime.min.replace(tzinfo=clock.now().tzinfo)

    def connect(self) -> None:
        """Every demo centre takes payments through the channels and settles with the insurer."""
        self.tell_time(clock.now())
        connect_centres(self.channels, NOBODY)
        connect_insurers(f"{self.insurer}/trade")

    def tell_time(self, moment: datetime) -> None:
        """It is this moment outside, too; results that are owed are asked for from time to time."""
        if abs(moment - self._told_at) >= TOLD_EVERY:
            _tell(f"{self.channels}/simulate/clock", {"now": moment.isoformat()})
            self._told_at = moment
        if abs(moment - self._asked_at) >= ASKED_EVERY:
            self._asked_at = moment
            with clock.at(moment):
                pursuit.pursue_all()

    def insure(self, number: str, name: str, cost_type: str) -> None:
        """The insurer knows a resident, unless they pay all of it themselves."""
        if insutype := INSURANCES.get(cost_type):
            balance = "600" if cost_type == "employee" else "0"
            told = {"certno": number, "name": name, "insutype": insutype, "balance": balance}
            _tell(f"{self.insurer}/people", told)

    def note_slip(self, merchant_no: str, number: str, amount: Decimal) -> None:
        """A terminal took a payment; its channel has it in its books."""
        at = clock.local(clock.now())
        told = {"merchant_no": merchant_no, "number": number, "refund": "", "fen": int(amount.scaleb(2))}
        row = {**told, "at": at.isoformat(timespec="seconds"), "day": at.date().isoformat()}
        _tell(f"{self.channels}/simulate/history", [row])


@contextmanager
def playing(folder: Path, *, seed: int, rate: float) -> Iterator[Outside]:
    """Channels and insurer as programs of their own, with their books in ``folder``; they end with the block."""
    programs, addresses = [], []
    try:
        for name in ("channels", "insurer"):
            program, address = starting.begin(name, folder / name, seed=seed, rate=rate)
            programs.append(program)
            addresses.append(address)
        yield Outside(*addresses)
    finally:
        for program in programs:
            program.terminate()
        for program in programs:
            program.wait()


def _tell(url: str, told: Any) -> None:
    outgoing.post(url, {}, json.dumps(told).encode())
