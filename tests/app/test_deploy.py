"""What a district installs agrees with the product."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from flask import Flask

from app.config import ROOT

pytestmark = pytest.mark.one_engine
DEPLOY = ROOT / "deploy"
SCRIPTS = sorted(DEPLOY.rglob("*.sh"))


def test_the_template_names_every_setting() -> None:
    source = (ROOT / "app" / "config.py").read_text() + (ROOT / "app" / "doctor" / "machine.py").read_text()
    read = set(re.findall(r'env\w*\.get\(\s*"([A-Z_]+)"', source)) - {"FLASK_DEBUG"}
    templates = "".join((DEPLOY / name).read_text() for name in ("his.env.template", "owner.env.template"))
    named = set(re.findall(r"^#?([A-Z_]+)=", templates, re.M))
    assert {"HIS_SECRET_KEY", "HIS_OWNER_URLS", "HIS_BACKUP_FOLDER"} <= read
    assert read - named - {"HIS_MASTER_KEY"} == set()  # the key itself stands in a file
    assert named - read - {"HIS_BIND", "HIS_WEB_WORKERS", "HIS_MASTER_KEY_FILE"} == set()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_a_script_is_whole_and_stops_at_its_first_failure(script: Path) -> None:
    text = script.read_text()
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
    if script.name != "common.sh":
        assert os.access(script, os.X_OK)
        assert "set -euo pipefail" in text


def test_every_unit_runs_a_command_that_exists() -> None:
    from app.factory import create_app

    commands = set(create_app().cli.commands)
    said = [
        word
        for unit in (DEPLOY / "systemd").glob("*.service")
        for word in re.findall(r"\.venv/bin/flask (\w+)", unit.read_text())
    ]
    assert set(said) == {"relay", "worker", "doctor"}
    assert set(said) <= commands


def test_the_door_takes_as_much_as_the_product() -> None:
    from app.factory import create_app

    limit = create_app().config["MAX_CONTENT_LENGTH"]
    assert f"client_max_body_size {limit // 1024 // 1024}m;" in (DEPLOY / "nginx" / "his.conf").read_text()


def test_the_log_keeps_one_piece_whole_and_never_writes_over_it(tmp_path: Path) -> None:
    piece = tmp_path / "piece"
    piece.write_bytes(b"one")
    told = {**os.environ, "HIS_BACKUP_FOLDER": str(tmp_path / "kept")}

    def archive() -> int:
        script = str(DEPLOY / "backup" / "archive.sh")
        return subprocess.run([script, str(piece), "0001"], env=told, check=False).returncode

    assert archive() == 0
    assert (tmp_path / "kept" / "wal" / "0001").read_bytes() == b"one"
    assert archive() == 0
    piece.write_bytes(b"two")
    assert archive() != 0
    assert (tmp_path / "kept" / "wal" / "0001").read_bytes() == b"one"


@pytest.mark.parametrize(("away", "status"), [("p1.copy1", 200), ("p1", 503), ("control", 503)])
def test_a_copy_that_is_away_does_not_make_a_server_unready(
    app: Flask, monkeypatch: pytest.MonkeyPatch, away: str, status: int
) -> None:
    class Gone:
        def connect(self) -> None:
            raise OSError("away")

    good = app.extensions["his_engines"]["control"]
    engines = {"control": good, "p1": good, "p1.copy1": good, away: Gone()}
    monkeypatch.setitem(app.extensions, "his_engines", engines)
    answer = app.test_client().get("/readyz")
    assert answer.status_code == status
    assert answer.json["databases"][away] == "OSError"


def test_the_guide_for_programs_names_operations_that_there_are(app: Flask) -> None:
    named = set(re.findall(r"/api/v1/([a-z-]+/[a-z-]+)", (ROOT / "docs" / "programs.md").read_text()))
    assert named
    assert named <= {operation.path for operation in app.extensions["his_operations"]}
