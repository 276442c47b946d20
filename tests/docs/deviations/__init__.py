"""What each row of the tables in docs/conventions.md says, as a program: what comes out here, and what in PyTorch."""

from tests.docs.deviations import (
    arrays,
    derivatives,
    elementwise,
    gradients,
    indexing,
    linear_algebra,
    networks,
    reductions,
    shapes,
    tensors,
    training,
)
from tests.docs.deviations.kinks import KINKS
from tests.docs.deviations.programs import Row, outcome

SECTIONS = {  # of the page, in its order
    "Tensors": tensors.ROWS,
    "NumPy": arrays.ROWS,
    "Gradients": gradients.ROWS,
    "Derivatives, and what checks them": derivatives.ROWS,
    "Entry by entry": elementwise.ROWS,
    "Reductions": reductions.ROWS,
    "Shapes": shapes.ROWS,
    "Indexing": indexing.ROWS,
    "Linear algebra": linear_algebra.ROWS,
    "Networks": networks.ROWS,
    "Training and data": training.ROWS,
}
DEVIATIONS = {what: rows for section in SECTIONS.values() for what, rows in section.items()}

__all__ = ["DEVIATIONS", "KINKS", "SECTIONS", "Row", "outcome"]
