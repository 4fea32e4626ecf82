"""What the environment and the files say."""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import make_url

from app.accounts.services import present_profile
from app.db.units import control_unit
from app.doctor.findings import Found, Site, ok, problem, warning
from app.i18n import gettext

PASSWORD_LENGTH = 16


def settings_hold(site: Site) -> Iterator[Found]:
    """Secrets, debug, samples."""
    for said in site.settings.problems():
        yield problem(said, gettext("Change it in his.env and start the processes again."))
    if not site.is_production:
        yield warning(
            gettext("This is a %(environment)s installation.", environment=site.settings.environment),
            gettext("HIS_ENVIRONMENT=production where people are treated."),
        )
    if site.environment.get("FLASK_DEBUG", "") not in {"", "0"} or site.config.get("DEBUG"):
        yield problem(
            gettext("Debugging is on: its console runs any program."), gettext("Take FLASK_DEBUG away.")
        )
    if site.settings.owner_urls:
        yield warning(
            gettext("This process knows the owner of the tables (HIS_OWNER_URLS)."),
            gettext("Only `flask db upgrade` needs it: keep it in owner.env."),
        )
    length = len(site.settings.metrics_password)
    if 0 < length < PASSWORD_LENGTH:
        yield warning(
            gettext("The monitor's password has %(length)s characters.", length=length),
            gettext("Give HIS_METRICS_PASSWORD at least %(least)s.", least=PASSWORD_LENGTH),
        )


def files_are_private(site: Site) -> Iterator[Found]:
    """Keys that only the product's user reads."""
    if not site.environment.get("HIS_MASTER_KEY_FILE"):
        yield warning(
            gettext("The master key stands in the environment or is the sample."),
            gettext("flask keys make FILE, and HIS_MASTER_KEY_FILE=FILE."),
        )
    named = (site.environment.get("HIS_MASTER_KEY_FILE", ""), str(site.settings.audit_key_file))
    for file in (Path(name) for name in named if name):
        if file.exists() and file.stat().st_mode & 0o077:
            yield problem(
                gettext("%(file)s may be read by others.", file=file),
                gettext("chmod 600 %(file)s", file=file),
            )
    folder = site.settings.data_folder
    if folder.exists() and folder.stat().st_mode & 0o007:
        yield warning(
            gettext("%(file)s may be read by everybody.", file=folder),
            gettext("chmod 700 %(file)s", file=folder),
        )


def lines_are_sealed(site: Site) -> Iterator[Found]:
    """TLS with checked certificates to every database and to Redis."""
    urls = [*site.settings.urls().values(), *site.settings.owner_urls.values()]
    urls += [url for copies in site.settings.replica_urls.values() for url in copies]
    for place in sorted({where for url in urls if (where := _open_line(url))}):
        yield problem(
            gettext("The line to %(place)s is not protected by a checked certificate.", place=place),
            gettext("sslmode=verify-full&sslrootcert=… in its address."),
        )
    redis = site.settings.redis_url
    if redis and not redis.startswith(("rediss://", "unix://")):
        yield problem(
            gettext("The line to Redis is not encrypted."),
            gettext("rediss:// and a certificate (redis/his.conf)."),
        )
    if any(url.startswith("mssql") for url in urls):
        yield warning(
            gettext("Whether lines to SQL Server are encrypted cannot be told from their addresses."),
            gettext("Set Force Encryption on every server of the group and look at sys.dm_exec_connections."),
        )


def _open_line(url: str) -> str:
    if not url.startswith("postgresql"):
        return ""
    address = make_url(url)
    said = address.query.get("host", ())
    hosts = [said] if isinstance(said, str) else list(said)
    hosts = hosts or [address.host or ""]
    if all(not host or host.startswith("/") for host in hosts):  # a socket of this machine
        return ""
    return "" if address.query.get("sslmode") == "verify-full" else f"{', '.join(hosts)}/{address.database}"


def cookies_are_closed(site: Site) -> Iterator[Found]:
    """The session's cookie and the way to the desk's true address."""
    wanted = {
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
    }
    wrong = [name for name, value in wanted.items() if site.config.get(name) != value]
    if not str(site.config.get("SESSION_COOKIE_NAME", "")).startswith("__Host-"):
        wrong.append("SESSION_COOKIE_NAME")
    if wrong:
        yield problem(
            gettext("The session's cookie is too open: %(settings)s.", settings=", ".join(wrong)),
            gettext("HIS_ENVIRONMENT=production sets all of them."),
        )
    if site.is_production and not site.settings.trusted_proxies:
        yield warning(
            gettext("No proxy in front is known: behind one, every desk would have its address."),
            gettext("HIS_TRUSTED_PROXIES=1 with nginx/his.conf."),
        )


def people_prove_themselves(site: Site) -> Iterator[Found]:
    """Second factor and password rules."""
    if site.settings.factor_policy != "administrators":
        yield problem(
            gettext("Administrators sign in without a second factor."),
            gettext("HIS_SECOND_FACTOR=administrators."),
        )
    with control_unit():
        profile = present_profile()
    yield ok(gettext("Password rules: %(profile)s", profile=profile.label))
