"""Insurance: what the medical insurer is told, what it pays, and every word that was exchanged."""
