"""One history, one environment: see ``migrations/env.py``."""

import runpy
from pathlib import Path

runpy.run_path(str(Path(__file__).parent.parent / "env.py"))
