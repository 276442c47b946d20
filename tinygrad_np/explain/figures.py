"""Pictures of networks, as ``explain.plot``: gradients per layer, histograms of activations, weights as images.

Each returns a matplotlib Figure: ``figure.savefig("gradients.png")`` writes it to a file. The colours are from a
palette that colour-blind readers can tell apart (M. Okabe and K. Ito, "Color Universal Design", 2008), and nothing is
said by colour alone.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_np._graph import Array, Value
from tinygrad_np.explain.entries import Trace
from tinygrad_np.explain.modules import calls
from tinygrad_np.nn import Module

BLUE, ORANGE, GREY = "#0072B2", "#E69F00", "#555555"
MAX_IMAGES = 100


def gradient_flow(source: Module | Trace) -> Any:
    """Draw how large the gradients are from layer to layer, on a logarithmic scale, in the order of the forward pass.

    A bar is the root mean square of a gradient's entries, a diamond the largest magnitude among them. Bars that shrink
    towards the input show a vanishing gradient, bars that grow an exploding one.

    Parameters
    ----------
    source : Module or Trace
        A model after ``backward``, for the gradients of its parameters; or a trace, for those of its results too.

    Raises
    ------
    TypeError
        If `source` is neither.
    ValueError
        If it has no gradients: ``backward`` has not been called yet, say.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> net = tg.nn.Linear(2, 1)
    >>> net(tg.ones(3, 2)).sum().backward()
    >>> [text.get_text() for text in gradient_flow(net).axes[0].get_yticklabels()]
    ['weight', 'bias']
    """
    from matplotlib.figure import Figure

    results: set[str] = set()
    if isinstance(source, Trace):
        gradients = _in_forward_order(source)
        results = {name for entry in source for name in (entry.output, *entry.pieces)}
    elif isinstance(source, Module):
        named = source.named_parameters()
        gradients = {path: parameter.grad.array for path, parameter in named if parameter.grad is not None}
    else:
        raise TypeError(f"gradient_flow: expected a Module or a Trace, got {type(source).__name__}")
    if not gradients:
        raise ValueError("gradient_flow: no parameter of the model has a gradient; call backward() on a loss first")
    figure = Figure(figsize=(8, 1.6 + 0.32 * len(gradients)), layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(gradients))
    means, peaks = np.array([_sizes(gradient) for gradient in gradients.values()]).T
    drawn = np.isfinite(means) & (means > 0)
    axes.set_xscale("log")
    for is_result, colour, hatch, label in (
        (False, BLUE, None, "root mean square, parameters"),
        (True, ORANGE, "//", "root mean square, results"),
    ):
        chosen = drawn & [(name in results) is is_result for name in gradients]
        if chosen.any():
            axes.barh(places[chosen], means[chosen], 0.6, color=colour, hatch=hatch, edgecolor="white", label=label)
    if drawn.any():
        axes.plot(peaks[drawn], places[drawn], "D", color="black", markersize=5, label="largest magnitude")
        low, high = means[drawn].min(), peaks[drawn].max()
        axes.set_xlim(low / 3, high * 1.5)
        figure.legend(loc="outside lower center", ncols=3, frameon=False)
    for place in places[~drawn]:
        text = "  0 everywhere" if means[place] == 0 else "  not finite"
        axes.text(0, place, text, transform=axes.get_yaxis_transform(), va="center", color=GREY, style="italic")
    axes.set_yticks(places, list(gradients), parse_math=False)
    axes.set_ylim(len(gradients) - 0.5, -0.5)
    axes.set(xlabel="size of the gradient's entries", title="Gradients, from the input to the loss")
    axes.grid(axis="x", alpha=0.3)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def activations(source: Module | Trace, input: Any = None) -> Any:
    """Draw a histogram of the entries of each layer's output, or of each result on the way to a loss.

    Each title says how many entries are exactly 0, as many are after a ReLU.

    Parameters
    ----------
    source : Module or Trace
        A model, which is run on `input` as by ``summary``; or a trace of what was computed under ``recording()``.
    input : Tensor, or tuple of the model's arguments
        For a model only.

    Raises
    ------
    TypeError
        If `source` is neither, or `input` is missing or needless.
    ValueError
        If there is nothing to draw: the trace was not recorded, say.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> figure = activations(tg.nn.ReLU(), tg.tensor([-1.0, -2.0, 3.0, 0.5]))
    >>> figure.axes[0].get_title()
    '(model)  (4,)\\n50 % are 0'
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    values = _values(source, input)
    if not values:
        raise ValueError("activations: the source has no values; compute the loss inside `with recording():`")
    columns = min(len(values), 3)
    rows = -(-len(values) // columns)
    figure = Figure(figsize=(3.4 * columns + 0.3, 2.4 * rows + 0.5), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid[len(values) :]:
        axes.set_axis_off()
    for axes, (name, array) in zip(grid, values, strict=False):
        entries = array.ravel()
        finite = entries[np.isfinite(entries)].astype(float)
        if finite.size:
            axes.hist(finite, min(50, max(5, math.isqrt(finite.size) * 2)), color=BLUE)
        notes = [f"{100 * np.mean(entries == 0):.0f} % are 0" if entries.size else "no entries"]
        if finite.size < entries.size:
            notes.append(f"{entries.size - finite.size} not finite")
        axes.set_title(f"{name}  {array.shape}\n{', '.join(notes)}", fontsize=10, parse_math=False)
        axes.axvline(0, color=GREY, linewidth=0.8)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    figure.supxlabel("value of the entry", fontsize=10)
    figure.supylabel("number of entries", fontsize=10)
    return figure


def weights(source: Value | Module, shape: tuple[int, int] = (28, 28)) -> Any:
    """Draw what each unit of a layer looks for: its weights as an image, brown below 0, white at 0, violet above.

    Parameters
    ----------
    source : Tensor of shape (units, height * width), or a layer with such a ``weight``
        Of more than 100 units the first 100 are drawn.
    shape : tuple of int
        Height and width of an image.

    Raises
    ------
    TypeError
        If `source` is not a tensor and has no ``weight``.
    ValueError
        If its rows are not images of this shape.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> weights(tg.nn.Linear(784, 10)).axes[0].get_title()
    'Weights of 10 units'
    """
    from matplotlib.figure import Figure

    height, width = shape
    images = _as_images(source, height, width)
    count = min(len(images), MAX_IMAGES)
    columns = min(count, 5 if count <= 20 else 10)
    rows = -(-count // columns)
    down, across = height + math.ceil(0.3 * height), width + math.ceil(0.1 * width)  # with room for captions
    canvas = np.full((rows * down, columns * across), np.nan)  # NaN is not drawn
    scale = 1.0 / max(shape)  # inches to a pixel
    figure = Figure(figsize=(max(columns * across * scale, 2.5) + 1.2, rows * down * scale + 0.6), layout="constrained")
    axes = figure.subplots()
    for unit, image in enumerate(images[:count]):
        top, left = unit // columns * down, unit % columns * across
        canvas[top : top + height, left : left + width] = image
        axes.text(left + width / 2, top + height * 1.02, f"unit {unit}", ha="center", va="top", fontsize=8)
    limit = float(np.nanmax(np.abs(images[:count]), initial=0)) or 1.0
    extent = (0, canvas.shape[1], canvas.shape[0], 0)
    drawn = axes.imshow(canvas, "PuOr", vmin=-limit, vmax=limit, interpolation="nearest", extent=extent)
    axes.set_axis_off()
    axes.set_title(f"Weights of {count} {'' if count == len(images) else f'of {len(images)} '}units")
    figure.colorbar(drawn, label="weight", shrink=min(1.0, 3.0 / (rows * down * scale)), aspect=15)
    return figure


# ------------------------------------------------------------------------------------------------------ what is drawn


def _in_forward_order(trace: Trace) -> dict[str, Array]:
    """Return the gradients of a trace: before each result, the leaves that it was first computed from."""
    order: dict[str, None] = {}
    for entry in reversed(trace.entries):
        order |= dict.fromkeys([*entry.inputs, entry.output, *entry.pieces])
    return {name: trace.gradients[name] for name in order if name in trace.gradients} or trace.gradients


def _sizes(gradient: Array) -> tuple[float, float]:
    """Return the root mean square and the largest magnitude, computed in float64 so that no square overflows."""
    entries = np.abs(gradient.astype(np.float64)).ravel()
    return (math.sqrt(np.mean(entries * entries)), float(entries.max())) if entries.size else (0.0, 0.0)


def _values(source: Module | Trace, input: Any) -> list[tuple[str, Array]]:
    if isinstance(source, Trace):
        if input is not None:
            raise TypeError("activations: a trace has its values; input is for models")
        return [(e.output, e.value) for e in reversed(source.entries) if e.value is not None and e.value.size > 1]
    if not isinstance(source, Module):
        raise TypeError(f"activations: expected a Module or a Trace, got {type(source).__name__}")
    if input is None:
        raise TypeError("activations: a model needs an input to run on")
    containers = {path for path, module in source.named_modules() if any(True for _ in module.children())}
    made = sorted(calls(source, input), key=lambda call: call[0])
    return [(path or "(model)", t.array) for _, path, output in made if path not in containers for t in output]


def _as_images(source: Value | Module, height: int, width: int) -> Array:
    tensor = source if isinstance(source, Value) else getattr(source, "weight", None)
    if not isinstance(tensor, Value):
        raise TypeError(f"weights: expected a tensor or a layer with a weight, got {type(source).__name__}")
    array = tensor.array
    if not array.size or not any(math.prod(array.shape[axis:]) == height * width for axis in range(array.ndim)):
        raise ValueError(
            f"weights: shape {array.shape} has no rows of {height} x {width} = {height * width} entries; "
            "pass shape=(height, width)"
        )
    return array.reshape(-1, height, width).astype(float)
