"""Everything that writes what proofs find."""

from modules.proving.services.nights import FoundInput, begin_night, explain_fault, found_of, note_night

__all__ = ["FoundInput", "begin_night", "explain_fault", "found_of", "note_night"]
