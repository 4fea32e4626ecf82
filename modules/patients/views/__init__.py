"""Pages of residents' files."""

from modules.patients.views import cards, files, imports, merges, readers, requests
from modules.patients.views.blueprint import blueprint

__all__ = ["blueprint", "cards", "files", "imports", "merges", "readers", "requests"]
