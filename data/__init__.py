"""Digit data: 28x28 grey images with labels 0 to 9, from the first source that has them.

`load_digits` finds and checks the data, `hold_out` splits examples off at random, and `to_csv` writes Kaggle's form.
The sources, their order and their licences are described in README.md beside this file. Reading IDX files and the
embedded sample needs NumPy alone; CSV files and the download need the project's extra ``examples``.
"""

from data.digits import DataError, Digits, hold_out
from data.kaggle import to_csv
from data.sample import SAMPLE
from data.sources import load_digits

__all__ = ["SAMPLE", "DataError", "Digits", "hold_out", "load_digits", "to_csv"]
