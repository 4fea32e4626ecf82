"""The programs of deploy/, as modules."""

import importlib.util
import sys
from types import ModuleType

from app.config import ROOT


def tool(name: str) -> ModuleType:
    """``tool("sbom")``: the module of deploy/sbom.py."""
    spec = importlib.util.spec_from_file_location(f"deploy_{name}", ROOT / "deploy" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
