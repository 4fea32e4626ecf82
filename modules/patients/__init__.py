"""Who the patient is: the patient index, identifiers, cards and the search at the window (患者主索引)."""
