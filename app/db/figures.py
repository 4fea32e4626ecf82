"""What routing did in this process: shown by /metrics and on the operator's page of partitions."""

from prometheus_client import Counter, Gauge

UNITS = Counter("his_units_total", "Units of work by where they went", ["partition", "route"])
FALLBACKS = Counter("his_read_fallbacks_total", "Reads that went to the primary", ["partition", "reason"])
MARK_WAITS = Counter("his_mark_waits_total", "Reads that waited for their own write", ["partition"])
LAG = Gauge("his_replica_lag_seconds", "How far a copy is behind", ["partition", "replica"])
USED = Gauge("his_replica_in", "1 while a copy is used", ["partition", "replica"])
RETRIES = Counter("his_retries_total", "Commands tried again", ["database", "reason"])
UNKNOWN = Counter("his_unknown_outcomes_total", "Commits whose answer was lost", ["database"])
LOST = Counter("his_lost_writes_total", "Acknowledged writes that a failover lost", ["partition"])


def snapshot() -> dict[str, float]:
    """Every counter and gauge of routing as ``name{labels}`` → value."""
    found = {}
    for metric in (UNITS, FALLBACKS, MARK_WAITS, LAG, USED, RETRIES, UNKNOWN, LOST):
        for family in metric.collect():
            for sample in family.samples:
                if not sample.name.endswith("_created"):
                    labels = ",".join(sample.labels.values())
                    found[f"{sample.name.removeprefix('his_')}[{labels}]"] = sample.value
    return found
