"""Settings of one installation, read from the environment once at start."""

import base64
import importlib.util
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLE_MASTER_KEY = "c2FtcGxlIG1hc3RlciBrZXksIGRlbW9uc3RyYXRpb24="  # 32 bytes; refused in production
MASTER_BYTES = 32
SAMPLE_SECRET = "sample-secret-for-demonstration-only"  # noqa: S105  refused in production, see Settings.problems


class ConfigurationError(RuntimeError):
    """The installation is not fit to start; the text says what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that differs between installations."""

    environment: str = "demo"  # demo | test | production
    secret_key: str = SAMPLE_SECRET
    index_key: str = SAMPLE_SECRET  # of earlier versions: needed until `flask keys seal` is through
    master_key: str = field(default=SAMPLE_MASTER_KEY, repr=False)  # wraps the keys of the centres; base64
    crypto_suite: str = "intl"  # intl | gm
    audit_heads: Path | None = None  # folder of the trail's signed heads; better not on this machine
    audit_copy: Path | None = None  # folder of another machine, to which the trail is copied as it grows
    audit_key: Path | None = None  # file of the key that signs them
    data_folder: Path = ROOT / "var"
    control_url: str = ""
    partition_urls: dict[str, str] = field(default_factory=dict)
    replica_urls: dict[str, tuple[str, ...]] = field(default_factory=dict)  # copies for reading, by partition
    owner_urls: dict[str, str] = field(default_factory=dict)  # who migrates, where that is another role
    redis_url: str = ""
    account_requests: int = 600  # of one account in a minute, for each process; 0 for no limit
    centre_requests: int = 8  # of one centre at once in a process, waiting or running; 0 for no limit
    sign_in_idle_minutes: int = 30
    sign_in_lock_minutes: int = 15  # of rest, after which the page asks for the password and goes on
    sign_in_hours: int = 12
    second_factor: str = ""  # who must have one: administrators | nobody; "" is the environment's default
    district_zone: str = "Asia/Shanghai"
    embedded_workers: bool = True  # relay and sealer as threads of the web server
    log_format: str = "json"
    metrics_password: str = ""  # with any name, by basic authentication, it opens /metrics to a monitor
    outgoing_hosts: frozenset[str] = frozenset()  # which it may call: payment channels; see app.outgoing
    trusted_proxies: int = 0  # how many of ours stand in front and name the caller's address

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read HIS_* variables; every one has a safe default outside production."""
        env = os.environ
        folder = Path(env.get("HIS_DATA_FOLDER", str(ROOT / "var"))).absolute()
        settings = cls(
            environment=env.get("HIS_ENVIRONMENT", "demo"),
            secret_key=env.get("HIS_SECRET_KEY", SAMPLE_SECRET),
            index_key=env.get("HIS_INDEX_KEY", SAMPLE_SECRET),
            master_key=_master_key(),
            crypto_suite=env.get("HIS_CRYPTO_SUITE", "intl"),
            audit_heads=_path(env.get("HIS_AUDIT_HEADS", "")),
            audit_copy=_path(env.get("HIS_AUDIT_COPY", "")),
            audit_key=_path(env.get("HIS_AUDIT_KEY_FILE", "")),
            data_folder=folder,
            control_url=env.get("HIS_CONTROL_URL", f"sqlite:///{folder}/control.sqlite"),
            partition_urls=_named_urls(env.get("HIS_PARTITION_URLS", f"p1=sqlite:///{folder}/p1.sqlite")),
            replica_urls=_named_lists(env.get("HIS_REPLICA_URLS", "")),
            owner_urls=_named_urls(env.get("HIS_OWNER_URLS", "")),
            redis_url=env.get("REDIS_URL", ""),
            account_requests=int(env.get("HIS_ACCOUNT_REQUESTS", "600")),
            centre_requests=int(env.get("HIS_CENTRE_REQUESTS", "8")),
            second_factor=env.get("HIS_SECOND_FACTOR", ""),
            district_zone=env.get("HIS_ZONE", "Asia/Shanghai"),
            embedded_workers=env.get("HIS_EMBEDDED_WORKERS", "1") == "1",
            log_format=env.get("HIS_LOG_FORMAT", "json"),
            metrics_password=env.get("HIS_METRICS_PASSWORD", ""),
            outgoing_hosts=frozenset(env.get("HIS_OUTGOING_HOSTS", "").replace(",", " ").split()),
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
        found += self._problems_of_crypto()
        if self.factor_policy not in {"administrators", "nobody"}:
            found.append("HIS_SECOND_FACTOR must be administrators or nobody.")
        if unknown := sorted(set(self.owner_urls) - set(self.urls())):
            found.append(f"HIS_OWNER_URLS names databases that do not exist: {', '.join(unknown)}.")
        if self.environment == "production":
            found += self._problems_of_production()
        return found

    @property
    def heads_folder(self) -> Path:
        """Where the trail's signed heads are kept."""
        return self.audit_heads or self.data_folder / "audit-heads"

    @property
    def audit_key_file(self) -> Path:
        """The key that signs them."""
        return self.audit_key or self.data_folder / "audit-key.pem"

    def master_secret(self) -> bytes:
        """The master key's bytes."""
        return base64.b64decode(self.master_key)

    def _problems_of_crypto(self) -> list[str]:
        found = []
        if self.crypto_suite not in {"intl", "gm"}:
            found.append("HIS_CRYPTO_SUITE must be intl or gm.")
        if self.crypto_suite == "gm" and importlib.util.find_spec("tongsuopy") is None:
            found.append(
                "HIS_CRYPTO_SUITE=gm signs with SM2, which needs the extra gm (requirements-gm.lock)."
            )
        try:
            is_right = len(base64.b64decode(self.master_key, validate=True)) == MASTER_BYTES
        except ValueError:
            is_right = False
        if not is_right:
            found.append("The master key must be 32 random bytes in base64: `flask keys make` writes one.")
        return found

    def _problems_of_production(self) -> list[str]:
        found = []
        if self.secret_key == SAMPLE_SECRET or len(self.secret_key) < 32:
            hint = secrets.token_urlsafe(48)
            found.append(f"HIS_SECRET_KEY is a sample or shorter than 32 characters, for instance: {hint}")
        if self.secret_key in {self.index_key, self.master_key} or self.index_key == self.master_key:
            found.append(
                "HIS_SECRET_KEY, HIS_INDEX_KEY and the master key must differ: one secret, one purpose."
            )
        if self.master_key == SAMPLE_MASTER_KEY:
            found.append(
                "HIS_MASTER_KEY_FILE must name the installation's own master key: `flask keys make`."
            )
        if os.environ.get("FLASK_DEBUG", "") not in {"", "0"}:
            found.append("FLASK_DEBUG opens a console to every visitor; it must not be set.")
        if any(url.startswith("sqlite") for url in self.urls().values()):
            found.append("SQLite serves demonstrations; production needs PostgreSQL or SQL Server.")
        return found


def is_production() -> bool:
    """Whether the running application serves real residents."""
    from flask import current_app

    settings: Settings = current_app.extensions["his_settings"]
    return settings.environment == "production"


def _master_key() -> str:
    """From a file that nobody else may read, from the environment, or the sample."""
    name = os.environ.get("HIS_MASTER_KEY_FILE", "")
    return read_secret(Path(name)) if name else os.environ.get("HIS_MASTER_KEY", SAMPLE_MASTER_KEY)


def _path(text: str) -> Path | None:
    return Path(text).absolute() if text else None


def read_secret(path: Path) -> str:
    """What a file of secrets holds.

    Raises:
        ConfigurationError: it is not there, or others may read it.
    """
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigurationError(f"{path} may be read by others: chmod 600 {path}")
        return path.read_text().strip()
    except OSError as failure:
        raise ConfigurationError(f"{path} cannot be read: {failure.strerror}") from None


def _pairs(text: str) -> list[tuple[str, str]]:
    """Read 'p1=url;p2=url', in the order given."""
    pairs = (part.split("=", 1) for part in text.split(";") if part.strip())
    return [(name.strip(), url.strip()) for name, url in pairs]


def _named_urls(text: str) -> dict[str, str]:
    return dict(_pairs(text))


def _named_lists(text: str) -> dict[str, tuple[str, ...]]:
    """As above, where a name may stand several times."""
    found: dict[str, tuple[str, ...]] = {}
    for name, url in _pairs(text):
        found[name] = (*found.get(name, ()), url)
    return found
