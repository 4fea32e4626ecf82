"""Commands as an operator types them, in a process of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.config import ROOT

pytestmark = pytest.mark.one_engine


def _flask(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HIS_", "FLASK_"))}
    return subprocess.run(
        [sys.executable, "-m", "flask", *arguments],
        cwd=ROOT,
        env={**kept, "HIS_DATA_FOLDER": str(folder), "HIS_LOG_FORMAT": "plain"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_an_empty_installation_is_migrated_and_checked_by_command(tmp_path: Path) -> None:
    """No worker of the server looks for tables before the command has made them."""
    upgraded = _flask(tmp_path, "db", "upgrade")
    assert upgraded.returncode == 0, upgraded.stderr
    assert "control, p1" in upgraded.stdout + upgraded.stderr
    checked = _flask(tmp_path, "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
