"""The nouns of fuzzpair, a file for each: frozen dataclasses and enums, no I/O and no decisions."""
