"""The tensor: PyTorch's names on an array that may remember how it was computed."""

from __future__ import annotations

import warnings
import weakref
from collections import namedtuple
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Self

import numpy as np

from tinygrad_np import _graph, _inplace, _numpy_protocol, _printing, _random
from tinygrad_np._dtypes import DType, as_dtype, bool_, float16, float32, float64, int32, int64, is_dtype_name, uint8
from tinygrad_np._graph import Array, Leaf, RemovableHandle, RetainGrad, Value, add_hook, retains_grad, wrap
from tinygrad_np._shapes import normalise_dim
from tinygrad_np.ops import elementwise, indexing, linalg, movement, products, reduction, softmax_family, truth

Dim = int | Sequence[int] | None

_COMPARABLE = (Value, np.ndarray, np.generic, int, float)  # anything else, None say, is just not equal to a tensor

max_result = namedtuple("max_result", ["values", "indices"])  # as in torch.return_types
min_result = namedtuple("min_result", ["values", "indices"])


class Tensor(Value):
    """An array with PyTorch's methods, which records what is computed from it if ``requires_grad`` is set.

    Make one with ``tensor(...)`` and its kind, not by calling the class. ``array`` is the NumPy array itself: read it
    freely, but write through in-place methods, ``data`` or indices, so that a gradient that would come out wrong is
    noticed.

    >>> import tinygrad_np as tg
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([2., 4.])
    """

    __slots__ = ()

    # ------------------------------------------------------------------------------------------------ properties

    @property
    def shape(self) -> tuple[int, ...]:
        """The size of each dim, a tuple."""
        return self.array.shape

    @property
    def ndim(self) -> int:
        """The number of dims."""
        return self.array.ndim

    @property
    def dtype(self) -> DType:
        """The dtype, which is NumPy's own object."""
        return self.array.dtype

    @property
    def device(self) -> str:
        """Always ``"cpu"``."""
        return "cpu"

    @property
    def itemsize(self) -> int:
        """The bytes of one entry."""
        return self.array.itemsize

    @property
    def nbytes(self) -> int:
        """The bytes of all entries."""
        return self.array.nbytes

    @property
    def T(self) -> Tensor:  # PyTorch's name
        """The transpose of a matrix."""
        if self.array.ndim != 2:
            raise RuntimeError(f"T: expected a matrix, got shape {self.shape}; use .mT for batches, or .permute")
        return movement.transpose(self, 0, 1)  # type: ignore[no-any-return]

    @property
    def mT(self) -> Tensor:  # PyTorch's name
        """The transpose of the last two dims."""
        if self.array.ndim < 2:
            raise RuntimeError(f"mT: expected a matrix or a batch of them, got shape {self.shape}")
        return movement.transpose(self, -2, -1)  # type: ignore[no-any-return]

    def dim(self) -> int:
        """Return the number of dims."""
        return self.array.ndim

    def size(self, dim: int | None = None) -> Any:
        """Return the shape, or the size of one dim."""
        return self.array.shape if dim is None else self.array.shape[normalise_dim(dim, self.ndim, "size")]

    def numel(self) -> int:
        """Return the number of entries."""
        return self.array.size

    def element_size(self) -> int:
        """Return the bytes of one entry."""
        return self.array.itemsize

    def is_contiguous(self) -> bool:
        """Tell whether the entries lie in memory in their order."""
        return self.array.flags.c_contiguous

    def is_floating_point(self) -> bool:
        """Tell whether the dtype is a float."""
        return self.array.dtype.kind == "f"

    # -------------------------------------------------------------------------------------------------- gradients

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to this tensor. Settable on leaves."""
        return self.node is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if not isinstance(value, bool):
            raise RuntimeError(f"requires_grad: must be True or False, got {value!r}")
        if value and self.node is None:
            if self.array.dtype.kind != "f":
                raise RuntimeError(f"requires_grad: only float tensors can require gradients, this is {self.dtype}")
            self.node = Leaf(self)
        elif not value and self.node is not None:
            if not self.is_leaf:
                raise RuntimeError("requires_grad: can be switched off on leaves only; use .detach() for a result")
            self.node = None

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Set ``requires_grad`` and return the tensor."""
        self.requires_grad = requires_grad
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether the tensor was made by the user, not by a recorded op: ``backward`` fills the ``grad`` of leaves."""
        return self.node is None or type(self.node) is Leaf

    @property
    def grad_fn(self) -> _graph.Node | None:
        """The node of the op that made the tensor; None for leaves."""
        return None if self.is_leaf else self.node

    @property
    def retains_grad(self) -> bool:
        """Whether ``retain_grad`` was called on a result."""
        return retains_grad(self.node)

    @property
    def data(self) -> Tensor:
        """A tensor of the same memory, outside the graph. Assigning replaces the memory."""
        return self.detach()

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Value):
            raise TypeError(f"data: expected a tensor, got {type(value).__name__}")
        array, node = value.array, self.node
        if node is not None and (array.shape != node.shape or array.dtype != node.dtype):
            if node.edges or array.dtype.kind != "f":
                raise RuntimeError(
                    f"data: {'the result of an op' if node.edges else 'a leaf that requires grad'} of shape "
                    f"{node.shape} and dtype {node.dtype} cannot get data of {array.shape} and {array.dtype}"
                )
            node.shape, node.dtype = array.shape, array.dtype
        self.array = array

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Tensor | Sequence[Tensor] | None = None,
    ) -> None:
        """Add the gradient of this tensor to the ``grad`` of every leaf it depends on: see ``autograd.backward``."""
        _graph.backward(self, gradient, retain_graph, create_graph, inputs)

    def detach(self) -> Tensor:
        """Return a tensor of the same memory, outside the graph."""
        return wrap(self.array)  # type: ignore[no-any-return]

    def detach_(self) -> Self:
        """Take this tensor out of its graph."""
        self.node = None
        return self

    def retain_grad(self) -> None:
        """Keep the gradient that arrives here in ``grad``, though this is a result."""
        if self.node is None:
            raise RuntimeError("retain_grad: the tensor does not require grad")
        if not self.is_leaf and not retains_grad(self.node):
            add_hook(self.node, RetainGrad(weakref.ref(self)))

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
        """Run ``hook`` on the gradient that arrives here in each backward; unless None, its result replaces it."""
        if self.node is None:
            raise RuntimeError("register_hook: cannot register a hook on a tensor that doesn't require gradient")
        return add_hook(self.node, hook)

    # --------------------------------------------------------------------------------------------- to Python, NumPy

    def item(self) -> Any:
        """Return the only entry as a Python number."""
        if self.array.size != 1:
            raise RuntimeError(f"item: a tensor of shape {self.shape} cannot be one number; use .tolist()")
        return self.array.item()

    def tolist(self) -> Any:
        """Return the entries as nested lists of Python numbers."""
        return self.array.tolist()

    def numpy(self, *, force: bool = False) -> Array:
        """Return a read-only view as an array; with ``force`` also of a tensor that requires grad.

        Read-only, since a write would escape the check for overwritten arrays: write to ``t.numpy().copy()``.
        """
        if self.node is not None and not force:
            raise RuntimeError("numpy: can't be called on a tensor that requires grad; use tensor.detach().numpy()")
        view = self.array.view()
        view.flags.writeable = False
        return view

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    __array_ufunc__ = _numpy_protocol.array_ufunc
    __array_function__ = _numpy_protocol.array_function

    def __float__(self) -> float:
        return float(self._number("float"))

    def __int__(self) -> int:
        return int(self._number("int"))

    def __index__(self) -> int:
        if self.array.dtype.kind not in "iub" or self.array.size != 1:
            raise TypeError(f"index: only integer tensors of one entry can be an index, got {self.dtype} {self.shape}")
        return int(self.array.item())

    def __bool__(self) -> bool:
        if self.array.size != 1:
            raise RuntimeError(
                f"bool: the truth of a tensor of shape {self.shape} is ambiguous; use .any() or .all() on it"
            )
        return bool(self.array.item())

    def _number(self, name: str) -> Any:
        if self.array.size != 1:
            raise ValueError(f"{name}: a tensor of shape {self.shape} cannot be one number; use .tolist()")
        if self.node is not None:
            warnings.warn(
                f"{name}() of a tensor that requires grad leaves its gradient behind; "
                "write tensor.detach() or tensor.item() to say so",
                UserWarning,
                stacklevel=3,
            )
        return self.array.item()

    def __len__(self) -> int:
        if not self.array.ndim:
            raise TypeError("len() of a 0-d tensor")
        return len(self.array)

    def __iter__(self) -> Iterator[Tensor]:
        if not self.array.ndim:
            raise TypeError("iteration over a 0-d tensor")
        return iter([self[i] for i in range(len(self.array))])

    def __contains__(self, element: Any) -> bool:
        if not isinstance(element, (Value, int, float, np.number)):
            raise RuntimeError(f"in: expected a tensor or a number, got {type(element).__name__}")
        return bool(elementwise.eq(self, element).array.any())

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        name = None if self.is_leaf else grad_fn_name(self.node)
        return _printing.tensor_repr(self.array, requires_grad=self.requires_grad, grad_fn=name)

    def __format__(self, spec: str) -> str:
        return _printing.tensor_format(self, self.array, spec)

    def __reduce_ex__(self, protocol: Any) -> Any:
        if not self.is_leaf:
            raise RuntimeError("only leaves can be copied or pickled, a graph cannot; use .detach() first")
        return _rebuild, (type(self), self.array, self.requires_grad)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        rebuild, (cls, array, requires_grad) = self.__reduce_ex__(4)
        copied = memo[id(self)] = rebuild(cls, array.copy("K"), requires_grad)  # in the same layout
        if self.grad is not None:
            copied.grad = wrap(self.grad.array.copy("K"))
        return copied  # type: ignore[no-any-return]

    # --------------------------------------------------------------------------------------------------- operators

    __add__ = elementwise.add
    __sub__ = elementwise.sub
    __mul__ = elementwise.mul
    __truediv__ = elementwise.div
    __pow__ = elementwise.pow
    __matmul__ = linalg.matmul
    __neg__ = elementwise.neg
    __abs__ = elementwise.abs
    __lt__ = elementwise.lt
    __le__ = elementwise.le
    __gt__ = elementwise.gt
    __ge__ = elementwise.ge
    __and__ = __rand__ = elementwise.bitwise_and
    __or__ = __ror__ = elementwise.bitwise_or
    __xor__ = __rxor__ = elementwise.bitwise_xor
    __invert__ = elementwise.bitwise_not
    __getitem__ = indexing.getitem

    def __eq__(self, other: object) -> Any:
        return elementwise.eq(self, other) if isinstance(other, _COMPARABLE) else NotImplemented

    def __ne__(self, other: object) -> Any:
        return elementwise.ne(self, other) if isinstance(other, _COMPARABLE) else NotImplemented

    def __pos__(self) -> Tensor:
        return self

    def __radd__(self, other: Any) -> Tensor:
        return elementwise.add(other, self)  # type: ignore[no-any-return]

    def __rsub__(self, other: Any) -> Tensor:
        return elementwise.sub(other, self)  # type: ignore[no-any-return]

    def __rmul__(self, other: Any) -> Tensor:
        return elementwise.mul(other, self)  # type: ignore[no-any-return]

    def __rtruediv__(self, other: Any) -> Tensor:
        return elementwise.div(other, self)  # type: ignore[no-any-return]

    def __rpow__(self, other: Any) -> Tensor:
        return elementwise.pow(other, self)  # type: ignore[no-any-return]

    # -------------------------------------------------------------------------------------------------- elementwise

    add = elementwise.add
    sub = subtract = elementwise.sub
    mul = multiply = elementwise.mul
    div = divide = true_divide = elementwise.div
    pow = elementwise.pow
    neg = negative = elementwise.neg
    exp = elementwise.exp
    log = elementwise.log
    sqrt = elementwise.sqrt
    abs = absolute = elementwise.abs
    sign = elementwise.sign
    sin = elementwise.sin
    cos = elementwise.cos
    tanh = elementwise.tanh
    sigmoid = elementwise.sigmoid
    relu = elementwise.relu
    maximum = elementwise.maximum
    minimum = elementwise.minimum
    clamp = clip = elementwise.clamp
    clone = elementwise.clone
    eq = elementwise.eq
    ne = elementwise.ne
    lt = elementwise.lt
    le = elementwise.le
    gt = elementwise.gt
    ge = elementwise.ge
    logical_and = elementwise.logical_and
    logical_or = elementwise.logical_or
    logical_not = elementwise.logical_not
    isnan = elementwise.isnan
    isinf = elementwise.isinf
    isfinite = elementwise.isfinite

    def where(self, condition: Any, other: Any) -> Tensor:
        """Keep entries where ``condition`` holds, and take those of ``other`` elsewhere."""
        return elementwise.where(condition, self, other)  # type: ignore[no-any-return]

    def equal(self, other: Tensor) -> bool:
        """Tell whether shapes and all entries are equal."""
        if not isinstance(other, Value):
            raise TypeError(f"equal: expected a tensor, got {type(other).__name__}")
        return np.array_equal(self.array, other.array)

    # --------------------------------------------------------------------------------------------------- reductions

    sum = reduction.sum
    mean = reduction.mean
    amax = reduction.amax
    amin = reduction.amin
    argmax = reduction.argmax
    argmin = reduction.argmin
    any = truth.any
    all = truth.all
    var = reduction.var
    std = reduction.std
    prod = products.prod
    softmax = softmax_family.softmax
    log_softmax = softmax_family.log_softmax
    logsumexp = softmax_family.logsumexp

    def max(self, dim: Any = None, keepdim: bool = False) -> Any:
        """Find the largest entry: of all, along a dim (values, indices), or entry by entry against a tensor."""
        return max(self, dim, keepdim)

    def min(self, dim: Any = None, keepdim: bool = False) -> Any:
        """Find the smallest entry: of all, along a dim (values, indices), or entry by entry against a tensor."""
        return min(self, dim, keepdim)

    # ------------------------------------------------------------------------------------------ movement, indexing

    reshape = movement.reshape
    view = movement.view
    flatten = movement.flatten
    permute = movement.permute
    transpose = swapaxes = movement.transpose
    squeeze = movement.squeeze
    unsqueeze = movement.unsqueeze
    expand = movement.expand
    broadcast_to = movement.broadcast_to
    narrow = movement.narrow
    split = movement.split
    chunk = movement.chunk
    unbind = movement.unbind
    gather = indexing.gather
    matmul = linalg.matmul

    def t(self) -> Tensor:
        """Transpose a matrix; a vector stays as it is."""
        return self if self.array.ndim < 2 else self.T

    def contiguous(self) -> Tensor:
        """Return the tensor, copied if its entries do not lie in memory in their order."""
        return self if self.array.flags.c_contiguous else self.clone()

    # --------------------------------------------------------------------------------------------------- conversion

    def to(
        self, *args: Any, dtype: Any = None, device: Any = None, non_blocking: bool = False, copy: bool = False
    ) -> Tensor:
        """Convert to a dtype (or that of another tensor); the tensor itself if it has it. The device is ``"cpu"``.

        Called as ``to(dtype)``, ``to(device)``, ``to(device, dtype)`` or ``to(tensor)``; ``non_blocking`` and ``copy``
        may follow. A conversion to integers or bools leaves the graph.
        """
        flags = [argument for argument in args if isinstance(argument, bool)]
        for argument in args:
            if isinstance(argument, Value):
                dtype = argument.array.dtype
            elif isinstance(argument, str) and not is_dtype_name(argument):
                device = argument
            elif argument is not None and not isinstance(argument, bool):
                dtype = argument
        check_device(device, "to")
        wanted = self.array.dtype if dtype is None else as_dtype(dtype, "to")
        if wanted == self.array.dtype:
            return self.clone() if copy or flags[1:] == [True] else self
        if wanted.kind != "f":
            return wrap(self.array.astype(wanted))  # type: ignore[no-any-return]
        return elementwise.to(self, wanted)  # type: ignore[no-any-return]

    def type(self, dtype: Any = None) -> Any:
        """Convert to a dtype, or name the one there is."""
        return self.array.dtype.name if dtype is None else self.to(dtype)

    def float(self) -> Tensor:
        """Convert to float32."""
        return self.to(float32)

    def double(self) -> Tensor:
        """Convert to float64."""
        return self.to(float64)

    def half(self) -> Tensor:
        """Convert to float16, which stores but does not compute."""
        return self.to(float16)

    def int(self) -> Tensor:
        """Convert to int32."""
        return self.to(int32)

    def long(self) -> Tensor:
        """Convert to int64."""
        return self.to(int64)

    def byte(self) -> Tensor:
        """Convert to uint8."""
        return self.to(uint8)

    def bool(self) -> Tensor:
        """Convert to bool."""
        return self.to(bool_)

    def type_as(self, other: Tensor) -> Tensor:
        """Convert to the dtype of another tensor."""
        return self.to(other.dtype)

    def cpu(self) -> Tensor:
        """Return the tensor: this is where it lives."""
        return self

    # ------------------------------------------------------------------------------------------------------ in place

    __iadd__ = _inplace.binary("add", elementwise.add, np.add)
    __isub__ = _inplace.binary("sub", elementwise.sub, np.subtract)
    add_ = _inplace.scaled(__iadd__)
    sub_ = _inplace.scaled(__isub__)
    mul_ = __imul__ = _inplace.binary("mul", elementwise.mul, np.multiply)
    div_ = __itruediv__ = _inplace.binary("div", elementwise.div, np.divide)
    pow_ = __ipow__ = _inplace.from_function("pow", elementwise.pow)
    copy_ = _inplace.copy_
    fill_ = _inplace.fill_
    zero_ = _inplace.zero_
    clamp_ = _inplace.from_function("clamp", elementwise.clamp)
    relu_ = _inplace.from_function("relu", elementwise.relu)
    neg_ = _inplace.from_function("neg", elementwise.neg)
    exp_ = _inplace.from_function("exp", elementwise.exp)
    sqrt_ = _inplace.from_function("sqrt", elementwise.sqrt)
    __setitem__ = _inplace.setitem

    def uniform_(self, a: Any = 0.0, b: Any = 1.0, generator: _random.Generator | None = None) -> Self:
        """Fill with numbers drawn uniformly from [a, b)."""
        _inplace.write(self, _random.uniform_range(a, b, self.shape, self.dtype, generator), "uniform_")
        return self

    def normal_(self, mean: Any = 0.0, std: Any = 1.0, generator: _random.Generator | None = None) -> Self:
        """Fill with numbers drawn from a normal distribution."""
        _inplace.write(self, _random.normal(self.shape, self.dtype, generator, mean=mean, std=std), "normal_")
        return self

    def bernoulli_(self, p: Any = 0.5, generator: _random.Generator | None = None) -> Self:
        """Fill with ones, each with probability ``p``, and zeros."""
        _inplace.write(self, _random.bernoulli(p, self.shape, self.dtype, generator), "bernoulli_")
        return self


_graph.set_result_class(Tensor)


def check_device(device: Any, op: str) -> None:
    """Refuse a device other than the CPU."""
    if device is not None and str(device).partition(":")[0] != "cpu":
        raise RuntimeError(f"{op}: there is no device {device!r}, tensors live on the CPU")


def grad_fn_name(node: Any) -> str:
    """Return the name of a node as PyTorch would spell it: ``MulBackward0``."""
    op = node.edges[0].op if node.op.name == "output" else node.op
    return "".join(part.capitalize() for part in op.name.split("_")) + "Backward0"


def _rebuild(cls: type[Tensor], array: Array, requires_grad: bool) -> Tensor:
    out = cls.__new__(cls)
    out.array = array.view(as_dtype(array.dtype, "pickle"))  # unpickled arrays have dtype objects of their own
    out.node = out.grad = None
    out.requires_grad = requires_grad
    return out


def max(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Find the largest entry of all; along ``dim``, (values, indices); against a tensor, the larger of each two.

    Ties share the gradient, but along a dim it goes to the index that is returned.

    >>> import tinygrad_np as tg
    >>> tg.max(tg.tensor([[1.0, 3.0], [5.0, 2.0]]), 1)
    max_result(values=tensor([3., 5.]), indices=tensor([1, 0]))
    """
    if isinstance(dim, (Value, np.ndarray)):
        return elementwise.maximum(input, dim)
    if dim is None:
        return reduction.amax(input, None)
    return max_result(*reduction.extremum(input, dim, keepdim, np.argmax, "max"))


def min(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Find the smallest entry of all; along ``dim``, (values, indices); against a tensor, the smaller of each two.

    Ties share the gradient, but along a dim it goes to the index that is returned.

    >>> import tinygrad_np as tg
    >>> tg.min(tg.tensor([[1.0, 3.0], [5.0, 2.0]]), 1).indices
    tensor([0, 1])
    """
    if isinstance(dim, (Value, np.ndarray)):
        return elementwise.minimum(input, dim)
    if dim is None:
        return reduction.amin(input, None)
    return min_result(*reduction.extremum(input, dim, keepdim, np.argmin, "min"))
