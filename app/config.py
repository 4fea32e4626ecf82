"""Settings of one installation, read from the environment once at start."""

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLE_SECRET = "sample-secret-for-demonstration-only"  # noqa: S105  refused in production, see Settings.problems


class ConfigurationError(RuntimeError):
    """The installation is not fit to start; the text says what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that differs between installations."""

    environment: str = "demo"  # demo | test | production
    secret_key: str = SAMPLE_SECRET
    index_key: str = SAMPLE_SECRET  # keys the blind indexes of sensitive fields
    data_folder: Path = ROOT / "var"
    control_url: str = ""
    partition_urls: dict[str, str] = field(default_factory=dict)
    owner_urls: dict[str, str] = field(default_factory=dict)  # who migrates, where that is another role
    redis_url: str = ""
    sign_in_idle_minutes: int = 30
    sign_in_lock_minutes: int = 15  # of rest, after which the page asks for the password and goes on
    sign_in_hours: int = 12
    second_factor: str = ""  # who must have one: administrators | nobody; "" is the environment's default
    district_zone: str = "Asia/Shanghai"
    embedded_workers: bool = True  # relay and sealer as threads of the web server
    log_format: str = "json"
    metrics_password: str = ""  # with any name, by basic authentication, it opens /metrics to a monitor
    trusted_proxies: int = 0  # how many of ours stand in front and name the caller's address
    tracing: bool = False

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read HIS_* variables; every one has a safe default outside production."""
        env = os.environ
        folder = Path(env.get("HIS_DATA_FOLDER", str(ROOT / "var"))).absolute()
        settings = cls(
            environment=env.get("HIS_ENVIRONMENT", "demo"),
            secret_key=env.get("HIS_SECRET_KEY", SAMPLE_SECRET),
            index_key=env.get("HIS_INDEX_KEY", SAMPLE_SECRET),
            data_folder=folder,
            control_url=env.get("HIS_CONTROL_URL", f"sqlite:///{folder}/control.sqlite"),
            partition_urls=_named_urls(env.get("HIS_PARTITION_URLS", f"p1=sqlite:///{folder}/p1.sqlite")),
            owner_urls=_named_urls(env.get("HIS_OWNER_URLS", "")),
            redis_url=env.get("REDIS_URL", ""),
            second_factor=env.get("HIS_SECOND_FACTOR", ""),
            district_zone=env.get("HIS_ZONE", "Asia/Shanghai"),
            embedded_workers=env.get("HIS_EMBEDDED_WORKERS", "1") == "1",
            log_format=env.get("HIS_LOG_FORMAT", "json"),
            metrics_password=env.get("HIS_METRICS_PASSWORD", ""),
            trusted_proxies=int(env.get("HIS_TRUSTED_PROXIES", "0")),
        )
        if problems := settings.problems():
            raise ConfigurationError("\n".join(problems))
        return settings

    @property
    def factor_policy(self) -> str:
        """Who must have a second factor: in production the administrators, unless the operator says otherwise."""
        return self.second_factor or ("administrators" if self.environment == "production" else "nobody")

    def urls(self) -> dict[str, str]:
        """Name → address of control and of each partition."""
        return {"control": self.control_url, **self.partition_urls}

    def problems(self) -> list[str]:
        """What forbids this installation to start, in words an operator understands."""
        found = []
        if self.environment not in {"demo", "test", "production"}:
            found.append("HIS_ENVIRONMENT must be demo, test or production.")
        if self.factor_policy not in {"administrators", "nobody"}:
            found.append("HIS_SECOND_FACTOR must be administrators or nobody.")
        if unknown := sorted(set(self.owner_urls) - set(self.urls())):
            found.append(f"HIS_OWNER_URLS names databases that do not exist: {', '.join(unknown)}.")
        if self.environment == "production":
            found += self._problems_of_production()
        return found

    def _problems_of_production(self) -> list[str]:
        found = []
        for name, value in (("HIS_SECRET_KEY", self.secret_key), ("HIS_INDEX_KEY", self.index_key)):
            if value == SAMPLE_SECRET or len(value) < 32:
                hint = secrets.token_urlsafe(48)
                found.append(f"{name} is a sample or shorter than 32 characters, for instance: {hint}")
        if self.secret_key == self.index_key:
            found.append("HIS_SECRET_KEY and HIS_INDEX_KEY must differ: one secret, one purpose.")
        if os.environ.get("FLASK_DEBUG", "") not in {"", "0"}:
            found.append("FLASK_DEBUG opens a console to every visitor; it must not be set.")
        if any(url.startswith("sqlite") for url in self.urls().values()):
            found.append("SQLite serves demonstrations; production needs PostgreSQL or SQL Server.")
        return found


def _named_urls(text: str) -> dict[str, str]:
    """Read 'p1=url;p2=url' into a dict, in the order given."""
    pairs = (part.split("=", 1) for part in text.split(";") if part.strip())
    return {name.strip(): url.strip() for name, url in pairs}
