"""The life of an insured settlement."""

from app.i18n import N_, Choice


class SettlementState(Choice):
    """Where an insured settlement stands. Whoever is `settling` or `unknown` is asked about, never repeated."""

    ASKED = "asked", N_("Being reckoned")
    PRESETTLED = "presettled", N_("Reckoned")
    SETTLING = "settling", N_("Being settled")
    UNKNOWN = "unknown", N_("Answer missing")
    SETTLED = "settled", N_("Settled")
    CANCELLING = "cancelling", N_("Being cancelled")
    CANCELLED = "cancelled", N_("Cancelled")
    REVERSED = "reversed", N_("Reversed")
    FAILED = "failed", N_("Failed")
    DEFERRED = "deferred", N_("To be settled later")
    DROPPED = "dropped", N_("Dropped")


S = SettlementState
LIVE = (S.ASKED, S.PRESETTLED, S.SETTLING, S.UNKNOWN, S.SETTLED, S.CANCELLING, S.DEFERRED)
PENDING = (S.SETTLING, S.UNKNOWN, S.CANCELLING)
REPLACEABLE = (S.ASKED, S.PRESETTLED)
TAGS = {S.SETTLED: "o", S.PRESETTLED: "i", S.UNKNOWN: "d", S.FAILED: "d", S.DEFERRED: "w", S.SETTLING: "w"}


def wait_seconds(attempts: int) -> int:
    """How long to wait before the insurer is asked again about something unknown."""
    return (5, 15, 30, 60, 300)[min(attempts, 4)]
