"""Errors inside a network name the layer: the path that leads to it from the outermost module."""

from __future__ import annotations

from typing import Any


def joined(path: str, name: str) -> str:
    """Return the path of what is called ``name`` inside ``path``.

    >>> joined("net", "fc2"), joined("", "fc2")
    ('net.fc2', 'fc2')
    """
    return f"{path}.{name}" if path and name else path or name


def put_path_before(error: Exception, module: Any) -> None:
    """Put the path of the module that failed before the message: "net.fc2: expected (*, 10), got (64, 784)".

    Each module the error passes on its way out prepends the name by which it knows the one inside.
    """
    if len(error.args) != 1 or not isinstance(error.args[0], str):
        return
    inside, path, message = getattr(error, "_passed", (None, "", ""))
    name = next((name for name, below in module.named_modules() if below is inside), None)
    path, message = (joined(name, path), message) if name is not None else ("", error.args[0])
    error.args = (f"{path or type(module).__name__}: {message}",)
    error._passed = module, path, message  # type: ignore[attr-defined]  # read by the module around this one
