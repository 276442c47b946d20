"""The module: what holds parameters, buffers and further modules, and computes with them.

What a module holds are ordinary attributes, so reading one costs what it costs in any Python object. Beside them, one
table says which attribute is what; parameters, buffers, modules and state dicts are all walks over that table.
"""

from __future__ import annotations

import textwrap
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

from tinygrad_np._dtypes import float32, float64
from tinygrad_np._graph import RemovableHandle, Value
from tinygrad_np._inplace import zeroed
from tinygrad_np._tensor import Tensor
from tinygrad_np.nn.error_path import joined, put_path_before
from tinygrad_np.nn.module_hooks import Hooks, call_with_hooks
from tinygrad_np.nn.parameter import Parameter
from tinygrad_np.nn.state import IncompatibleKeys, load

PARAMETER = "parameter"
BUFFER = "buffer"
TRANSIENT = "non-persistent buffer"
MODULE = "child module"

# What may be assigned to an attribute that is registered as such; None may always be.
_EXPECTED: dict[str, tuple[type[Any], str]] = {
    PARAMETER: (Parameter, "nn.Parameter"),
    BUFFER: (Value, "Tensor"),
    TRANSIENT: (Value, "Tensor"),
}


class Module:
    """The base of all layers and networks: assign parameters and modules to attributes, and write ``forward``.

    >>> import tinygrad_np as tg
    >>> class Scale(tg.nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = tg.nn.Parameter(tg.ones(1))
    ...     def forward(self, input):
    ...         return self.factor * input
    >>> scale = Scale()
    >>> [name for name, parameter in scale.named_parameters()]
    ['factor']
    >>> scale(tg.tensor([2.0])).requires_grad
    True
    """

    training: bool
    _kinds: dict[str, str]  # for each registered attribute, in order, what it is; its value may be None
    _hooks: Hooks | None  # None until the first is registered

    __slots__ = ("__dict__", "__weakref__", "_hooks")  # every call asks for _hooks, and nothing is read faster

    def __init__(self) -> None:
        object.__setattr__(self, "_kinds", {})
        self._hooks = None
        self.training = True

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the module's output; every subclass defines this."""
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            if self._hooks is None:
                if kwargs or len(args) != 1:
                    return self.forward(*args, **kwargs)
                return self.forward(args[0])  # the usual call, made quick
            return call_with_hooks(self, self._hooks, args, kwargs)
        except (RuntimeError, TypeError, ValueError, IndexError) as error:
            put_path_before(error, self)
            raise
        except AttributeError:
            if not hasattr(self, "_hooks"):
                raise AttributeError(f"cannot call {type(self).__name__} before Module.__init__() call") from None
            raise

    # ------------------------------------------------------------------------------------------------- attributes

    def __setattr__(self, name: str, value: Any) -> None:
        kinds = self.__dict__.get("_kinds")
        new = PARAMETER if isinstance(value, Parameter) else MODULE if isinstance(value, Module) else None
        if kinds is None:
            if new is not None:
                raise AttributeError(f"cannot assign {new} {name!r} before Module.__init__() call")
        elif new is not None:
            kinds[name] = new
        elif value is not None and name in kinds:
            expected, described = _EXPECTED.get(kinds[name], (Module, "nn.Module"))
            if not isinstance(value, expected):
                raise TypeError(
                    f"cannot assign '{type(value).__name__}' as {kinds[name]} {name!r} ({described} or None expected)"
                )
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        self._kinds.pop(name, None)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter, or with None the name of one that this module does without."""
        self._register(name, param, PARAMETER, Parameter)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is part of the module's state but not learned; if ``persistent``, of the state dict too.

        >>> import tinygrad_np as tg
        >>> module = tg.nn.Module()
        >>> module.register_buffer("mean", tg.zeros(2))
        >>> list(module.state_dict())
        ['mean']
        """
        self._register(name, tensor, BUFFER if persistent else TRANSIENT, Value)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a module under a name that need not be an identifier; it can be read as an attribute."""
        self._register(name, module, MODULE, Module)

    register_module = add_module

    def _register(self, name: str, value: Any, kind: str, expected: type[Any]) -> None:
        if "_kinds" not in self.__dict__:
            raise AttributeError(f"cannot assign {kind} {name!r} before Module.__init__() call")
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string, got {type(name).__name__}")
        if not name or "." in name:
            raise KeyError(f"{kind} name must not be empty or contain a dot, got {name!r}")
        if hasattr(self, name) and self._kinds.get(name) != kind:
            raise KeyError(f"attribute {name!r} already exists")
        if value is not None and not isinstance(value, expected):
            raise TypeError(f"cannot register '{type(value).__name__}' as {kind} {name!r}")
        self._kinds[name] = kind
        object.__setattr__(self, name, value)

    # ------------------------------------------------------------------------------------------------------ hooks

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)`` before each ``forward``; what it returns, unless None, takes the place of args.

        With ``with_kwargs`` it is ``hook(module, args, kwargs)``, and returns both or None.
        """
        return self._hooked().add("forward_pre", hook, prepend=prepend, with_kwargs=with_kwargs)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after each ``forward``; what it returns, unless None, is the output.

        With ``with_kwargs`` it is ``hook(module, args, kwargs, output)``. With ``prepend`` it comes before the others,
        with ``always_call`` also after a ``forward`` that raised (the output is None then).

        >>> import tinygrad_np as tg
        >>> layer = tg.nn.Linear(3, 2)
        >>> with layer.register_forward_hook(lambda module, args, output: print(output.shape)):
        ...     _ = layer(tg.ones(5, 3))
        (5, 2)
        """
        return self._hooked().add("forward", hook, prepend=prepend, with_kwargs=with_kwargs, always_call=always_call)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` when the gradients of the module's outputs are known.

        They are a tuple with an entry for each output; what the hook returns, unless None, takes its place.
        """
        return self._hooked().add("backward_pre", hook, prepend=prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` when the gradients of the module's inputs are known.

        Both are tuples with an entry for each positional argument or output, None where that is no tensor with a
        gradient; what the hook returns, unless None, takes the place of ``grad_input``.
        """
        return self._hooked().add("backward", hook, prepend=prepend)

    def _hooked(self) -> Hooks:
        if self._hooks is None:
            self._hooks = Hooks()
        return self._hooks

    # ------------------------------------------------------------------------------------------------------ walks

    def _held(self, *kinds: str) -> Iterator[tuple[str, Any]]:
        """Yield the names and values of this module's own attributes of these kinds, None included."""
        for name, kind in self._kinds.items():
            if kind in kinds:
                yield name, self.__dict__[name]

    def named_modules(self, *, prefix: str = "", remove_duplicate: bool = True) -> Iterator[tuple[str, Module]]:
        """Yield the path and the module of this module, under ``prefix``, and of all below it; each module once."""
        return self._walk(prefix, set() if remove_duplicate else None)

    def _walk(self, path: str, seen: set[Module] | None) -> Iterator[tuple[str, Module]]:
        if seen is not None:
            if self in seen:
                return
            seen.add(self)
        yield path, self
        for name, module in self._held(MODULE):
            if module is not None:
                yield from module._walk(joined(path, name), seen)

    def modules(self) -> Iterator[Module]:
        """Yield this module and all below it, each once."""
        return (module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Yield the names and the modules directly below this one, each module once."""
        seen = set()
        for name, module in self._held(MODULE):
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """Yield the modules directly below this one, each once."""
        return (module for _, module in self.named_children())

    def _tensors(
        self, kinds: tuple[str, ...], prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        seen = set()
        modules = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]
        for path, module in modules:
            for name, tensor in module._held(*kinds):
                if tensor is None or (remove_duplicate and tensor in seen):
                    continue
                seen.add(tensor)
                yield joined(path, name), tensor

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Yield the path and the tensor of each parameter; one that is shared only once, under its first path.

        >>> import tinygrad_np as tg
        >>> net = tg.nn.Sequential(tg.nn.Linear(3, 2), tg.nn.ReLU(), tg.nn.Linear(2, 1, bias=False))
        >>> [(name, parameter.shape) for name, parameter in net.named_parameters()]
        [('0.weight', (2, 3)), ('0.bias', (2,)), ('2.weight', (1, 2))]
        """
        return self._tensors((PARAMETER,), prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Yield each parameter of this module and, with ``recurse``, of all below it, once."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Yield the path and the tensor of each buffer; one that is shared only once, under its first path."""
        return self._tensors((BUFFER, TRANSIENT), prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Yield each buffer of this module and, with ``recurse``, of all below it, once."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def get_submodule(self, target: str) -> Module:
        """Return the module at a path such as ``"encoder.0"``; at ``""``, this module."""
        module = self
        for name in target.split(".") if target else ():
            if not hasattr(module, name):
                raise AttributeError(f"{type(module).__name__} has no attribute {name!r}, looking for {target!r}")
            module = getattr(module, name)
            if not isinstance(module, Module):
                raise AttributeError(f"{name!r} is not an nn.Module, looking for {target!r}")
        return module

    def get_parameter(self, target: str) -> Parameter:
        """Return the parameter at a path such as ``"encoder.0.weight"``."""
        return self._get(target, (PARAMETER,), "an nn.Parameter")  # type: ignore[no-any-return]

    def get_buffer(self, target: str) -> Tensor:
        """Return the buffer at a path such as ``"norm.running_mean"``."""
        return self._get(target, (BUFFER, TRANSIENT), "a buffer")  # type: ignore[no-any-return]

    def _get(self, target: str, kinds: tuple[str, ...], described: str) -> Any:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{type(module).__name__} has no attribute {name!r}, looking for {target!r}")
        if module._kinds.get(name) not in kinds:
            raise AttributeError(f"{name!r} is not {described}, looking for {target!r}")
        return module.__dict__[name]

    # ------------------------------------------------------------------------------------------------------ state

    def state_dict(self, *, prefix: str = "") -> OrderedDict[str, Tensor]:
        """Return path and tensor of every parameter and persistent buffer; the tensors share the module's memory.

        ``prefix`` is put before each path as it is: with its dot, ``"encoder."``.

        >>> import tinygrad_np as tg
        >>> list(tg.nn.Sequential(tg.nn.Linear(3, 2)).state_dict())
        ['0.weight', '0.bias']
        """
        return OrderedDict((prefix + path, tensor.detach()) for path, tensor in self._state())

    def _state(self) -> Iterator[tuple[str, Tensor]]:
        """Yield what a state dict has: as PyTorch, parameters before buffers, and what is shared under each path."""
        for path, module in self.named_modules(remove_duplicate=False):
            for kind in (PARAMETER, BUFFER):
                for name, tensor in module._held(kind):
                    if tensor is not None:
                        yield joined(path, name), tensor

    def _places(self) -> Iterator[tuple[str, Module, str]]:
        """Yield the path of each parameter and buffer, each module's and under each path, and where it is held."""
        for path, module in self.named_modules(remove_duplicate=False):
            for name, tensor in module._held(PARAMETER, BUFFER, TRANSIENT):
                if tensor is not None:
                    yield joined(path, name), module, name

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> IncompatibleKeys:
        """Copy tensors or arrays into the parameters and persistent buffers of the same paths: all of them, or none.

        Parameters
        ----------
        state_dict : mapping from str to Tensor or ndarray
            As ``state_dict()`` returns it. Its memory is copied, never shared.
        strict : bool
            Whether every path must be given, and no other.

        Returns
        -------
        IncompatibleKeys
            The missing and the unexpected paths; both are empty if ``strict``.

        Raises
        ------
        RuntimeError
            If an entry is missing, unexpected, or of another shape or kind of number: all of them are listed, and the
            module is unchanged. Floats are rounded to the module's dtype.

        Examples
        --------
        >>> import tinygrad_np as tg
        >>> one, other = tg.nn.Linear(2, 1), tg.nn.Linear(2, 1)
        >>> one.load_state_dict(other.state_dict())
        <All keys matched successfully>
        """
        return load(type(self).__name__, dict(self._state()), state_dict, strict)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or set them to 0."""
        for parameter in self.parameters():
            if set_to_none:
                parameter.grad = None
            elif parameter.grad is not None:
                parameter.grad = zeroed(parameter.grad)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Set ``requires_grad`` of all parameters: False freezes the module."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def train(self, mode: bool = True) -> Self:
        """Set this module and all below it to training or evaluation, which Dropout and its kind tell apart."""
        if not isinstance(mode, bool):
            raise ValueError(f"train: mode must be True or False, got {mode!r}")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Self:
        """Set this module and all below it to evaluation."""
        return self.train(False)

    def apply(self, fn: Callable[[Module], Any]) -> Self:
        """Call ``fn`` with every module below this one and, last, with this one."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Convert all float parameters, their gradients and float buffers to a float dtype, in place: all or, on an
        error, none. A gradient that is converted leaves the graph that ``create_graph`` gave it.

        >>> import tinygrad_np as tg
        >>> tg.nn.Linear(2, 1).to(tg.float64).weight.dtype
        dtype('float64')
        """
        converted = []
        for path, tensor in (*self.named_parameters(), *self.named_buffers()):
            if not tensor.is_floating_point():
                continue
            new = tensor.detach().to(*args, **kwargs)
            if not new.is_floating_point():
                raise TypeError(f"Module.to: parameters are converted to float dtypes only, got {new.dtype}")
            if new.dtype == tensor.dtype:
                continue
            if not tensor.is_leaf:
                raise RuntimeError(f"Module.to: {path} was computed from other tensors; register its .detach()")
            converted.append((tensor, new, None if tensor.grad is None else tensor.grad.detach().to(new.dtype)))
        for tensor, new, grad in converted:
            tensor.data = new
            tensor.grad = grad
        return self

    def float(self) -> Self:
        """Convert to float32."""
        return self.to(float32)

    def double(self) -> Self:
        """Convert to float64."""
        return self.to(float64)

    # ---------------------------------------------------------------------------------------------------- display

    def extra_repr(self) -> str:
        """Return what stands between the parentheses of the module's representation; a subclass may define this."""
        return ""

    def __repr__(self) -> str:
        return represent(self, ((name, repr(module)) for name, module in self._held(MODULE)))


def represent(module: Module, children: Iterator[tuple[str, str]]) -> str:
    """Return the text PyTorch prints for a module whose children print as given."""
    extra = module.extra_repr()
    lines = [f"({name}): {text}" for name, text in children]
    name = type(module).__name__
    if not lines and "\n" not in extra:
        return f"{name}({extra})"
    return f"{name}(\n" + textwrap.indent("\n".join([extra, *lines] if extra else lines), "  ") + "\n)"
