"""How a tensor is shown: the text PyTorch would print, from a NumPy array.

All numbers of one tensor are written in one notation and right-aligned in columns of one width. A tensor of more than
``threshold`` elements shows only the ``edgeitems`` at both ends of each axis, and only those are read and formatted.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

# PyTorch writes numbers in scientific notation outside these bounds (tested on the non-zero, finite ones).
_LARGEST_FIXED = 1e8
_SMALLEST_FIXED = 1e-4
_LARGEST_FIXED_RATIO = 1000.0


@dataclasses.dataclass(frozen=True, slots=True)
class PrintOptions:
    """What `set_printoptions` sets; the fields and their defaults are those of ``torch.set_printoptions``.

    Raises
    ------
    ValueError
        If a field is negative, or not a whole number where one is needed.

    Examples
    --------
    >>> PrintOptions(precision=2).threshold
    1000
    """

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None

    def __post_init__(self) -> None:
        for name in ("precision", "edgeitems", "linewidth"):
            value = getattr(self, name)
            if not isinstance(value, (int, np.integer)) or value < 0:
                raise ValueError(f"set_printoptions: {name} must be a whole number from 0 up, got {value!r}")
        if not self.threshold >= 0:  # written so that NaN is refused too
            raise ValueError(f"set_printoptions: threshold must be a number from 0 up, got {self.threshold!r}")


_PROFILES: dict[str, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}

_options = PrintOptions()


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how tensors are printed, for the whole process; an argument left out keeps its present value.

    As in PyTorch, `sci_mode` is the exception: left out, the notation is chosen for each tensor again.

    Parameters
    ----------
    precision : int, optional
        Digits after the decimal point (4 at first).
    threshold : float, optional
        A tensor with more elements than this is summarised (1000 at first; ``math.inf`` shows everything).
    edgeitems : int, optional
        How many items a summary shows at both ends of each axis (3 at first).
    linewidth : int, optional
        Characters in a line (80 at first).
    profile : {'default', 'short', 'full'}, optional
        Values for the four arguments above; those also given override the profile.
    sci_mode : bool, optional
        Always (True) or never (False) use scientific notation.

    Raises
    ------
    ValueError
        If a value is out of range or the profile unknown; the options then stay as they were.

    Examples
    --------
    >>> set_printoptions(precision=2)
    >>> print(tensor_repr(np.float32([0.125, 3])))
    tensor([0.12, 3.00])
    >>> set_printoptions(profile="default")
    >>> print(tensor_repr(np.float32([0.125, 3])))
    tensor([0.1250, 3.0000])
    """
    global _options
    if profile is not None and profile not in _PROFILES:
        raise ValueError(f"set_printoptions: profile must be one of {', '.join(_PROFILES)}, got {profile!r}")
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    changes = {} if profile is None else dict(_PROFILES[profile])
    changes.update({name: value for name, value in given.items() if value is not None})
    _options = dataclasses.replace(_options, **changes, sci_mode=sci_mode)


def get_printoptions() -> dict[str, Any]:
    """Return the present print options, in the form that ``set_printoptions(**options)`` takes back.

    Examples
    --------
    >>> get_printoptions()
    {'precision': 4, 'threshold': 1000, 'edgeitems': 3, 'linewidth': 80, 'sci_mode': None}
    """
    return dataclasses.asdict(_options)


def tensor_repr(
    array: NDArray[Any],
    *,
    default_dtype: DTypeLike = np.float32,
    requires_grad: bool = False,
    grad_fn: str | None = None,
    prefix: str = "tensor",
) -> str:
    """Return the text PyTorch prints for a tensor that holds `array`.

    Parameters
    ----------
    array : ndarray
        The values; bool, integer or floating point, of any shape.
    default_dtype : dtype, optional
        The default floating dtype, which goes without saying, as do int64 and bool.
    requires_grad : bool, optional
        Whether the tensor is a leaf that collects a gradient.
    grad_fn : str, optional
        Name of the node that computed the tensor, such as ``"MulBackward0"``; shown instead of `requires_grad`.
    prefix : str, optional
        What stands before the opening parenthesis; continued lines are indented to match.

    Returns
    -------
    str
        One or more lines, without a newline at the end.

    Examples
    --------
    >>> print(tensor_repr(np.float64([[1, -2.5], [np.nan, 10]]), grad_fn="MulBackward0"))
    tensor([[ 1.0000, -2.5000],
            [    nan, 10.0000]], dtype=float64, grad_fn=<MulBackward0>)
    """
    options = _options
    indent = len(prefix) + 1
    suffixes = []
    if array.size == 0:  # no elements that would tell shape and dtype
        shows_size = array.ndim != 1
        shows_dtype = array.dtype != default_dtype
    else:
        shows_size = options.edgeitems == 0
        shows_dtype = array.dtype not in (default_dtype, np.int64, np.bool_)
    if shows_size:
        suffixes.append(f"size={array.shape}")
    if shows_dtype:
        suffixes.append(f"dtype=torch.{array.dtype.name}")
    if grad_fn is not None:
        suffixes.append(f"grad_fn=<{grad_fn}>")
    elif requires_grad:
        suffixes.append("requires_grad=True")
    text = _with_suffixes(f"{prefix}({_contents(array, indent, options)}", suffixes, indent, options) + ")"
    return text.replace("dtype=torch.", "dtype=")  # taken out last, so that lines break where PyTorch's do


def tensor_format(tensor: object, array: NDArray[Any], format_spec: str) -> str:
    """Return ``format(tensor, format_spec)``: a 0-d tensor formats as its number, any other as ``str(tensor)``.

    Parameters
    ----------
    tensor : object
        The tensor to format, which holds `array`.
    array : ndarray
        Its values.
    format_spec : str
        A format specification of Python's numbers, such as ``".2f"``.

    Raises
    ------
    TypeError
        If `array` is not 0-d and `format_spec` is not empty.
    ValueError
        If `format_spec` does not suit the number.

    Examples
    --------
    >>> tensor_format(None, np.array(0.125), ".1%")
    '12.5%'
    """
    if array.ndim == 0:
        return format(_python_numbers(array)[0], format_spec)
    if format_spec == "":
        return str(tensor)
    raise TypeError(
        f"format: {format_spec!r} formats a number, and a tensor of shape {array.shape} is not one; "
        "format its elements (x.item(), x.tolist()), or use set_printoptions(precision=...)"
    )


def _contents(array: NDArray[Any], indent: int, options: PrintOptions) -> str:
    """Return the nested brackets with the numbers in them; `indent` is the column they begin in."""
    if array.size == 0:
        return "[]"
    cut = [False] * array.ndim  # the axes that show only their ends
    if array.size > options.threshold and array.ndim > 0:
        if options.edgeitems == 0:
            return "[...]"
        array, cut = _ends(array, options.edgeitems)
    items, width = _cells(array, options)
    column_of_cells = indent + array.ndim - 1
    cells_per_line = max(1, (options.linewidth - column_of_cells) // (width + len(", ")))
    for axis in reversed(range(array.ndim)):  # from the innermost brackets outwards
        length = array.shape[axis]
        innermost = axis == array.ndim - 1
        groups = [items[start : start + length] for start in range(0, len(items), length)]
        if cut[axis]:
            for group in groups:
                group.insert(options.edgeitems, " ..." if innermost else "...")
        if innermost:
            groups = [_lines(group, cells_per_line) for group in groups]
        separator = "," + "\n" * max(1, array.ndim - axis - 1) + " " * (indent + axis + 1)
        items = ["[" + separator.join(group) + "]" for group in groups]
    return items[0]


def _lines(cells: list[str], cells_per_line: int) -> list[str]:
    """Return the lines that `cells` fill."""
    return [", ".join(cells[start : start + cells_per_line]) for start in range(0, len(cells), cells_per_line)]


def _ends(array: NDArray[Any], edgeitems: int) -> tuple[NDArray[Any], list[bool]]:
    """Return `array` without the middle of its long axes, and which axes those are."""
    cut = [length > 2 * edgeitems for length in array.shape]
    kept = [
        [*range(edgeitems), *range(length - edgeitems, length)] if is_cut else range(length)
        for length, is_cut in zip(array.shape, cut, strict=True)
    ]
    return array[np.ix_(*kept)], cut  # one indexing step, so that the middle is never copied


def _python_numbers(array: NDArray[Any]) -> list[Any]:
    """Return the elements as Python's bool, int or float, in one flat list."""
    if array.dtype.kind not in "biu":
        array = array.astype(np.float64)  # exact for all narrower floating dtypes, bfloat16 among them
    numbers: list[Any] = array.reshape(-1).tolist()
    return numbers


def _cells(array: NDArray[Any], options: PrintOptions) -> tuple[list[str], int]:
    """Return the elements as text, in one notation and right-aligned, and the width of their column."""
    numbers = _python_numbers(array)
    if array.dtype.kind in "biu":
        texts = [str(number) for number in numbers]
        width = max(map(len, texts))
    else:
        # PyTorch looks at the non-zero, finite numbers alone, so that a longer "nan", "-inf" or "-0." juts out.
        is_regular = [number != 0 and math.isfinite(number) for number in numbers]
        notation = _notation([abs(number) for number in compress(numbers, is_regular)], options)
        texts = [format(number, notation) for number in numbers]
        width = max(map(len, compress(texts, is_regular)), default=1)
    return [text.rjust(width) for text in texts], width


def _notation(magnitudes: Sequence[float], options: PrintOptions) -> str:
    """Return the format specification for floats, from the magnitudes of the non-zero, finite ones among them."""
    scientific = False
    if magnitudes:
        largest, smallest = max(magnitudes), min(magnitudes)
        scientific = (
            largest / smallest > _LARGEST_FIXED_RATIO or largest > _LARGEST_FIXED or smallest < _SMALLEST_FIXED
            if options.sci_mode is None
            else options.sci_mode
        )
    if scientific:
        return f".{options.precision}e"
    if all(magnitude.is_integer() for magnitude in magnitudes):
        return "#.0f"  # "#" keeps the point that tells a float: "3."
    return f".{options.precision}f"


def _with_suffixes(text: str, suffixes: Sequence[str], indent: int, options: PrintOptions) -> str:
    """Return `text` with the suffixes behind it, each on a new line where the present line has no room."""
    used = len(text.rpartition("\n")[2]) + 2  # PyTorch keeps two columns free; without them its lines break elsewhere
    for suffix in suffixes:
        if used + len(suffix) + len(", ") > options.linewidth:
            text += ",\n" + " " * indent + suffix
            used = indent + len(suffix)
        else:
            text += ", " + suffix
            used += len(", ") + len(suffix)
    return text
