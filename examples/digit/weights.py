"""The file of a trained network: its parameters under their names, in the safetensors format."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

from data.files import write_atomically
from models.digit import CLASSES, PIXELS, DigitNet

FILE = "weights.safetensors"


class WeightsError(ValueError):
    """A file of weights that is missing or does not fit; the message names the file and what to do."""


def save(model: DigitNet, path: Path) -> None:
    """Write the parameters; the file takes the place of an older one only once it is whole."""
    arrays = {name: np.ascontiguousarray(tensor.numpy()) for name, tensor in model.state_dict().items()}
    with write_atomically(path) as file:
        file.write(safetensors.numpy.save(arrays))


def load(path: Path) -> DigitNet:
    """Return the network whose parameters `save` wrote; the number of hidden units is read off their shapes.

    Raises
    ------
    WeightsError
        If there is no such file, or it is damaged, or its arrays are not those of a digit network.
    """
    if not path.is_file():
        raise WeightsError(f"{path}: no such file; run `make digit` first, which trains the network and writes it")
    try:
        arrays = safetensors.numpy.load_file(path)
    except (SafetensorError, OSError, KeyError) as error:
        raise WeightsError(f"{path}: not a whole safetensors file ({error}); run `make digit` again") from None
    hidden = arrays["fc1.bias"].size if "fc1.bias" in arrays else 0
    expected = {
        "fc1.weight": (hidden, PIXELS),
        "fc1.bias": (hidden,),
        "fc2.weight": (CLASSES, hidden),
        "fc2.bias": (CLASSES,),
    }
    found = {name: array.shape for name, array in arrays.items()}
    if not hidden or found != expected or any(array.dtype != np.float32 for array in arrays.values()):
        described = ", ".join(f"{name} {array.dtype} {array.shape}" for name, array in arrays.items()) or "nothing"
        raise WeightsError(
            f"{path}: not the weights of a digit network, which are fc1.weight (hidden, {PIXELS}), fc1.bias (hidden,), "
            f"fc2.weight ({CLASSES}, hidden), fc2.bias ({CLASSES},), all float32; found {described}"
        )
    model = DigitNet(hidden)
    model.load_state_dict(arrays)
    return model
