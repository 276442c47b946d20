"""Whether ops record, per thread: ``no_grad``, ``enable_grad``, ``set_grad_enabled``."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Self, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


_enabled: ContextVar[bool] = ContextVar("enabled", default=True)  # each thread starts with the default
is_enabled = _enabled.get
set_enabled = _enabled.set


def is_grad_enabled() -> bool:
    """Tell whether ops record in this thread.

    >>> from tinygrad_np import is_grad_enabled
    >>> is_grad_enabled()
    True
    """
    return is_enabled()


_RUN_LATER = (inspect.isgeneratorfunction, inspect.iscoroutinefunction, inspect.isasyncgenfunction)


class set_grad_enabled:  # noqa: N801  # PyTorch's name
    """Switch recording on or off in this thread: at once, and until the end of a ``with`` block or decorated call.

    >>> import tinygrad_np as tg
    >>> x = tg.ones(2, requires_grad=True)
    >>> with tg.set_grad_enabled(False):
    ...     (x * 2).requires_grad
    False
    """

    def __init__(self, mode: bool) -> None:
        self.target = mode
        self._previous: list[bool] = []
        self._at_once()

    def _at_once(self) -> None:
        self._before: bool | None = is_enabled()
        set_enabled(self.target)

    def __enter__(self) -> Self:
        before = is_enabled() if self._before is None else self._before
        self._before = None
        self._previous.append(before)
        set_enabled(self.target)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        set_enabled(self._previous.pop())

    def __call__(self, function: Function) -> Function:
        """Return ``function`` running in this mode; the mode outside is left as it was."""
        if not callable(function):
            raise TypeError(f"{type(self).__name__}: expected a function to decorate, got {function!r}")
        if any(runs_later(function) for runs_later in _RUN_LATER):
            raise TypeError(
                f"{type(self).__name__} cannot decorate the generator or coroutine {function.__name__}: "
                "its body runs after the call returns; write the with statement inside it"
            )
        if self._before is not None:  # set_grad_enabled(...) used as a decorator switches nothing at once
            set_enabled(self._before)
            self._before = None
        target = self.target

        @functools.wraps(function)
        def in_mode(*args: Any, **kwargs: Any) -> Any:
            before = is_enabled()
            set_enabled(target)
            try:
                return function(*args, **kwargs)
            finally:
                set_enabled(before)

        return in_mode  # type: ignore[return-value]  # wraps keeps the signature


class _Fixed(set_grad_enabled):
    """A mode without an argument, which waits for its ``with`` or its call."""

    fixed: bool

    def __new__(cls, function: Function | None = None) -> Any:
        self = super().__new__(cls)
        if function is None:
            return self
        self.__init__()  # type: ignore[misc]  # `@no_grad` without parentheses: decorate at once
        return self(function)

    def __init__(self) -> None:
        super().__init__(self.fixed)

    def _at_once(self) -> None:
        self._before = None


class no_grad(_Fixed):  # noqa: N801  # PyTorch's name
    """Compute without recording, in a ``with`` block or a decorated function; restored after exceptions too.

    >>> import tinygrad_np as tg
    >>> x = tg.ones(2, requires_grad=True)
    >>> with tg.no_grad():
    ...     (x * 2).requires_grad
    False
    """

    fixed = False


class enable_grad(_Fixed):  # noqa: N801  # PyTorch's name
    """Record again inside a ``no_grad``.

    >>> import tinygrad_np as tg
    >>> x = tg.ones(2, requires_grad=True)
    >>> with tg.no_grad(), tg.enable_grad():
    ...     (x * 2).requires_grad
    True
    """

    fixed = True
