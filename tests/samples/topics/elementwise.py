"""Functions of each entry by itself."""

NAMES = "where"
