"""Break a rule of money or medicine on purpose, in a copy, and see whether a test notices: one line each in a table.

``make mutations`` runs all, ``python deploy/mutations.py fefo callback`` some. A rule that is broken unnoticed, and a
place that is no longer found, make the command fail; so does a copy whose tests fail with nothing broken.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEFT_BEHIND = shutil.ignore_patterns(".*", "node_modules", "__pycache__", "var", "build")
ROOMS = ("charging", "payments", "insurance", "dispensing", "storeroom", "app")
CHECKS_OF_BALANCES = (
    '        CheckConstraint("on_hand >= 0", name="on_hand"),\n',
    '        CheckConstraint("held <= on_hand", name="free"),\n',
    '        CheckConstraint("held + frozen <= on_hand", name="unfrozen"),\n',
)


@dataclass(frozen=True, slots=True)
class Mutation:
    """A sentence of the rule, the file it stands in, and what is written instead of what."""

    name: str
    rule: str
    file: str
    changes: tuple[tuple[str, str], ...]

    def broken(self) -> str:
        """The text of the file with the rule broken."""
        text = (ROOT / self.file).read_text(encoding="utf-8")
        for old, new in self.changes:
            if text.count(old) != 1:
                raise SystemExit(f"{self.name}: {self.file} holds {text.count(old)} times {old!r}")
            text = text.replace(old, new)
        return text


MUTATIONS = (
    Mutation(
        "balance",
        "what is not there is not promised",
        "modules/dispensing/rules/batches.py",
        (("    if quantity > available:\n        return Allocation((), quantity, available)\n", ""),),
    ),
    Mutation(
        "balance_check",
        "the database refuses a balance below zero",
        "modules/dispensing/models/stock.py",
        tuple((check, "") for check in CHECKS_OF_BALANCES),
    ),
    Mutation(
        "idempotency",
        "the second arrival of a command has no effect",
        "app/use_cases.py",
        (("        _remember(case, by, command_id, digest, result)\n", ""),),
    ),
    Mutation(
        "refund_limit",
        "a channel gives back no more than it was paid",
        "modules/payments/services/refunds.py",
        (
            (
                "    if amount > order.refundable_amount:\n",
                "    if amount > order.refundable_amount + 10**6:\n",
            ),
        ),
    ),
    Mutation(
        "refund_quantity",
        "a line gives back no more than was settled",
        "modules/charging/services/refunds.py",
        (("            raise RefundTooLarge(", "            RefundTooLarge("),),
    ),
    Mutation(
        "rounding",
        "an amount is rounded once",
        "modules/charging/rules/amounts.py",
        (
            (
                "(unit_price * quantity / per).quantize(_CENT, ROUND_HALF_UP)",
                "((unit_price / per).quantize(_CENT) * quantity).quantize(_CENT, ROUND_HALF_UP)",
            ),
        ),
    ),
    Mutation(
        "rounding_cost",
        "a cost is rounded once",
        "modules/dispensing/rules/costs.py",
        (
            (
                "round_amount(left * unit_cost)",
                "round_amount(left * round_amount(unit_cost))",
            ),
            (
                "round_amount(after * unit_cost)",
                "round_amount(after * round_amount(unit_cost))",
            ),
        ),
    ),
    Mutation(
        "last_fen",
        "the last units of a batch take the last fen",
        "modules/dispensing/rules/costs.py",
        (("        return held\n", "        return max(held - NOTHING - Decimal('0.01'), NOTHING)\n"),),
    ),
    Mutation(
        "fefo",
        "the nearest expiry leaves first",
        "modules/dispensing/rules/batches.py",
        (("sorted(usable, key=_turn)", "sorted(usable, key=_turn, reverse=True)"),),
    ),
    Mutation(
        "return_order",
        "a return goes to the batch that was issued last",
        "modules/dispensing/rules/batches.py",
        (("    for pick in reversed(issued):\n", "    for pick in issued:\n"),),
    ),
    Mutation(
        "callback",
        "a report of a channel is proven by its signature",
        "modules/payments/services/reports.py",
        (("    if not channels.is_report(", "    if False and not channels.is_report("),),
    ),
    Mutation(
        "insurer",
        "an answer of the insurer is proven by its signature",
        "modules/insurance/gateways/insurer.py",
        (
            (
                "    if not shared_secrets.is_signed_body(",
                "    if False and not shared_secrets.is_signed_body(",
            ),
        ),
    ),
)


def main() -> None:
    """Try each; the exit code counts those that nobody noticed."""
    wanted = set(sys.argv[1:])
    unnoticed = 0
    for mutation in MUTATIONS:  # before anything runs: every place is still there
        mutation.broken()
    if failed := try_out(None):
        raise SystemExit(f"{failed} fails with nothing broken")
    print(f"| {'broken rule':<55} | caught by | seconds |\n| --- | --- | --- |", flush=True)
    for mutation in MUTATIONS:
        if wanted and mutation.name not in wanted:
            continue
        began = time.monotonic()
        found = try_out(mutation)
        unnoticed += not found
        seconds = f"{time.monotonic() - began:.0f}"
        print(f"| {mutation.rule:<55} | {found or '**nothing**'} | {seconds} |", flush=True)
    raise SystemExit(unnoticed)


def try_out(mutation: Mutation | None) -> str:
    """The first test that fails on a copy with the rule broken (or with none), or nothing."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        copy = Path(folder)
        shutil.copytree(ROOT, copy, ignore=LEFT_BEHIND, dirs_exist_ok=True)
        if mutation is not None:
            (copy / mutation.file).write_text(mutation.broken(), encoding="utf-8")
        rooms = [f"tests/{room}" for room in ROOMS]
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-n", "2"]
        command += ["-m", "not slow", "--engines", "sqlite", "-rf", "--tb", "no", *rooms]
        run = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    failed = [line.split()[1] for line in run.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return f"`{failed[0].rpartition('::')[2]}`" if failed else ""


if __name__ == "__main__":
    main()
