"""The tensor: PyTorch's names on an array that may remember how it was computed."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Self

import numpy as np

from tinygrad_np import _graph, _inplace, _numpy_protocol, _printing, _random
from tinygrad_np._dtypes import DType, as_dtype, bool_, float16, float32, float64, int32, int64, is_dtype_name, uint8
from tinygrad_np._graph import Array, Leaf, RemovableHandle, RetainGrad, Value, add_hook, mark, retains_grad, wrap
from tinygrad_np._shapes import normalise_dim
from tinygrad_np.ops import (
    arithmetic,
    choices,
    counting,
    cutting,
    determinants,
    deviation,
    diagonals,
    distance_matrices,
    division,
    elementwise,
    error_function,
    exponential,
    flipping,
    indexing,
    linalg,
    linear_systems,
    logic,
    matrix_functions,
    matrix_products,
    movement,
    norms,
    picking,
    products,
    quantiles,
    reduction,
    repeating,
    replacing,
    reshaping,
    rounding,
    sampling,
    scans,
    scattering,
    sliding,
    softmax_family,
    sorting,
    trigonometric,
    truth,
)

Dim = int | Sequence[int] | None

_COMPARABLE = (Value, np.ndarray, np.generic, int, float)  # anything else, None say, is just not equal to a tensor


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
            mark(())  # what was recorded before is looked at more closely
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

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> RemovableHandle:
        """Run ``hook`` on this leaf each time that ``backward`` has added to its ``grad``."""
        if self.node is None or not self.is_leaf:
            what = "a result, only on a leaf" if self.node is not None else "a tensor that doesn't require gradient"
            raise RuntimeError(f"register_post_accumulate_grad_hook: cannot register a hook on {what}")
        return add_hook(self.node, _graph.PostAccumulate(hook))

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
    __floordiv__ = division.floor_divide
    __mod__ = division.remainder
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
    __lshift__ = logic.bitwise_left_shift
    __rshift__ = logic.bitwise_right_shift
    __pos__ = arithmetic.positive
    __getitem__ = indexing.getitem

    def __eq__(self, other: object) -> Any:
        return elementwise.eq(self, other) if isinstance(other, _COMPARABLE) else NotImplemented

    def __ne__(self, other: object) -> Any:
        return elementwise.ne(self, other) if isinstance(other, _COMPARABLE) else NotImplemented

    def __radd__(self, other: Any) -> Tensor:
        return elementwise.add(other, self)  # type: ignore[no-any-return]

    def __rsub__(self, other: Any) -> Tensor:
        return elementwise.sub(other, self)  # type: ignore[no-any-return]

    def __rmul__(self, other: Any) -> Tensor:
        return elementwise.mul(other, self)  # type: ignore[no-any-return]

    def __rtruediv__(self, other: Any) -> Tensor:
        return elementwise.div(other, self)  # type: ignore[no-any-return]

    __rdiv__ = __rtruediv__

    def __rfloordiv__(self, other: Any) -> Tensor:
        return division.floor_divide(other, self)  # type: ignore[no-any-return]

    def __rmod__(self, other: Any) -> Tensor:
        return division.remainder(other, self)  # type: ignore[no-any-return]

    def __rmatmul__(self, other: Any) -> Tensor:
        return linalg.matmul(other, self)  # type: ignore[no-any-return]

    def __rpow__(self, other: Any) -> Tensor:
        return elementwise.pow(other, self)  # type: ignore[no-any-return]

    def __rlshift__(self, other: Any) -> Tensor:
        return logic.bitwise_left_shift(other, self)  # type: ignore[no-any-return]

    def __rrshift__(self, other: Any) -> Tensor:
        return logic.bitwise_right_shift(other, self)  # type: ignore[no-any-return]

    # -------------------------------------------------------------------------------------------------- elementwise

    add = arithmetic.add
    addcdiv = arithmetic.addcdiv
    addcmul = arithmetic.addcmul
    float_power = arithmetic.float_power
    lerp = arithmetic.lerp
    positive = arithmetic.positive
    pow = arithmetic.pow
    reciprocal = arithmetic.reciprocal
    square = arithmetic.square
    sub = subtract = arithmetic.sub
    div = divide = division.div
    floor_divide = division.floor_divide
    fmod = division.fmod
    remainder = division.remainder
    abs = absolute = elementwise.abs
    bitwise_and = elementwise.bitwise_and
    bitwise_not = elementwise.bitwise_not
    bitwise_or = elementwise.bitwise_or
    bitwise_xor = elementwise.bitwise_xor
    clamp = clip = elementwise.clamp
    clone = elementwise.clone
    cos = elementwise.cos
    eq = elementwise.eq
    exp = elementwise.exp
    ge = greater_equal = elementwise.ge
    gt = greater = elementwise.gt
    isfinite = elementwise.isfinite
    isinf = elementwise.isinf
    isnan = elementwise.isnan
    le = less_equal = elementwise.le
    log = elementwise.log
    logical_and = elementwise.logical_and
    logical_not = elementwise.logical_not
    logical_or = elementwise.logical_or
    lt = less = elementwise.lt
    maximum = elementwise.maximum
    minimum = elementwise.minimum
    mul = multiply = elementwise.mul
    ne = not_equal = elementwise.ne
    neg = negative = elementwise.neg
    relu = elementwise.relu
    sigmoid = elementwise.sigmoid
    sign = sgn = elementwise.sign
    sin = elementwise.sin
    sqrt = elementwise.sqrt
    tanh = elementwise.tanh
    true_divide = elementwise.div
    exp2 = exponential.exp2
    expm1 = exponential.expm1
    log10 = exponential.log10
    log1p = exponential.log1p
    log2 = exponential.log2
    logaddexp = exponential.logaddexp
    logaddexp2 = exponential.logaddexp2
    logit = exponential.logit
    rsqrt = exponential.rsqrt
    xlogy = exponential.xlogy
    acos = arccos = trigonometric.acos
    acosh = arccosh = trigonometric.acosh
    asin = arcsin = trigonometric.asin
    asinh = arcsinh = trigonometric.asinh
    atan = arctan = trigonometric.atan
    atan2 = arctan2 = trigonometric.atan2
    atanh = arctanh = trigonometric.atanh
    cosh = trigonometric.cosh
    deg2rad = trigonometric.deg2rad
    hypot = trigonometric.hypot
    rad2deg = trigonometric.rad2deg
    sinc = trigonometric.sinc
    sinh = trigonometric.sinh
    tan = trigonometric.tan
    erf = error_function.erf
    erfc = error_function.erfc
    erfinv = error_function.erfinv
    ceil = rounding.ceil
    floor = rounding.floor
    frac = rounding.frac
    round = rounding.round
    trunc = fix = rounding.trunc
    clamp_max = choices.clamp_max
    clamp_min = choices.clamp_min
    copysign = choices.copysign
    fmax = choices.fmax
    fmin = choices.fmin
    heaviside = choices.heaviside
    nan_to_num = choices.nan_to_num
    allclose = logic.allclose
    bitwise_left_shift = logic.bitwise_left_shift
    bitwise_right_shift = logic.bitwise_right_shift
    isclose = logic.isclose
    isneginf = logic.isneginf
    isposinf = logic.isposinf
    logical_xor = logic.logical_xor
    signbit = logic.signbit

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
    nansum = reduction.nansum
    nanmean = reduction.nanmean
    max = reduction.max
    min = reduction.min
    amax = reduction.amax
    amin = reduction.amin
    aminmax = reduction.aminmax
    argmax = reduction.argmax
    argmin = reduction.argmin
    any = truth.any
    all = truth.all
    var = deviation.var
    std = deviation.std
    prod = products.prod
    softmax = softmax_family.softmax
    log_softmax = softmax_family.log_softmax
    logsumexp = softmax_family.logsumexp
    cumsum = scans.cumsum
    cumprod = scans.cumprod
    cummax = scans.cummax
    cummin = scans.cummin
    logcumsumexp = scans.logcumsumexp
    median = quantiles.median
    nanmedian = quantiles.nanmedian
    quantile = quantiles.quantile
    nanquantile = quantiles.nanquantile
    mode = quantiles.mode
    sort = sorting.sort
    argsort = sorting.argsort
    msort = sorting.msort
    topk = sorting.topk
    kthvalue = sorting.kthvalue
    count_nonzero = counting.count_nonzero
    bincount = counting.bincount
    histc = counting.histc
    unique = counting.unique
    unique_consecutive = counting.unique_consecutive

    # ------------------------------------------------------------------------------------------ movement, indexing

    reshape = movement.reshape
    view = movement.view
    flatten = movement.flatten
    permute = movement.permute
    transpose = swapdims = movement.transpose
    squeeze = movement.squeeze
    unsqueeze = movement.unsqueeze
    expand = movement.expand
    broadcast_to = movement.broadcast_to
    narrow = movement.narrow
    split = movement.split
    chunk = movement.chunk
    unbind = movement.unbind
    contiguous = reshaping.contiguous
    expand_as = reshaping.expand_as
    movedim = moveaxis = reshaping.movedim
    ravel = reshaping.ravel
    reshape_as = reshaping.reshape_as
    swapaxes = reshaping.swapaxes
    t = reshaping.t
    unflatten = reshaping.unflatten
    view_as = reshaping.view_as
    dsplit = cutting.dsplit
    hsplit = cutting.hsplit
    select = cutting.select
    split_with_sizes = cutting.split_with_sizes
    tensor_split = cutting.tensor_split
    vsplit = cutting.vsplit
    repeat = repeating.repeat
    repeat_interleave = repeating.repeat_interleave
    tile = repeating.tile
    flip = flipping.flip
    fliplr = flipping.fliplr
    flipud = flipping.flipud
    roll = flipping.roll
    rot90 = flipping.rot90
    diag = diagonals.diag
    diag_embed = diagonals.diag_embed
    diagflat = diagonals.diagflat
    diagonal = diagonals.diagonal
    trace = diagonals.trace
    tril = diagonals.tril
    triu = diagonals.triu
    as_strided = sliding.as_strided
    unfold = sliding.unfold
    gather = indexing.gather
    argwhere = picking.argwhere
    index_select = picking.index_select
    masked_select = picking.masked_select
    nonzero = picking.nonzero
    take = picking.take
    take_along_dim = picking.take_along_dim
    diagonal_scatter = replacing.diagonal_scatter
    index_add = replacing.index_add
    index_copy = replacing.index_copy
    index_fill = replacing.index_fill
    index_put = replacing.index_put
    index_reduce = replacing.index_reduce
    masked_fill = replacing.masked_fill
    masked_scatter = replacing.masked_scatter
    put = replacing.put
    select_scatter = replacing.select_scatter
    slice_scatter = replacing.slice_scatter
    bernoulli = sampling.bernoulli
    multinomial = sampling.multinomial
    scatter = scattering.scatter
    scatter_add = scattering.scatter_add
    scatter_reduce = scattering.scatter_reduce

    # ------------------------------------------------------------------------------------------------ linear algebra

    matmul = linalg.matmul
    addbmm = matrix_products.addbmm
    addmm = matrix_products.addmm
    addmv = matrix_products.addmv
    addr = matrix_products.addr
    baddbmm = matrix_products.baddbmm
    bmm = matrix_products.bmm
    cross = matrix_products.cross
    dot = matrix_products.dot
    inner = matrix_products.inner
    kron = matrix_products.kron
    mm = matrix_products.mm
    mv = matrix_products.mv
    outer = ger = matrix_products.outer
    vdot = matrix_products.vdot
    det = determinants.det
    logdet = determinants.logdet
    slogdet = determinants.slogdet
    dist = distance_matrices.dist
    norm = norms.norm
    inverse = linear_systems.inv
    matrix_exp = matrix_functions.matrix_exp
    matrix_power = matrix_functions.matrix_power
    pinverse = matrix_functions.pinverse

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
    sub_ = subtract_ = _inplace.scaled(__isub__)
    mul_ = multiply_ = __imul__ = _inplace.binary("mul", elementwise.mul, np.multiply)
    true_divide_ = __itruediv__ = _inplace.binary("div", elementwise.div, np.divide)
    floor_divide_ = __ifloordiv__ = _inplace.from_function("floor_divide", division.floor_divide)
    remainder_ = __imod__ = _inplace.from_function("remainder", division.remainder)
    __ipow__ = _inplace.from_function("pow", elementwise.pow)
    bitwise_and_ = __iand__ = _inplace.from_function("bitwise_and", elementwise.bitwise_and)
    bitwise_or_ = __ior__ = _inplace.from_function("bitwise_or", elementwise.bitwise_or)
    bitwise_xor_ = __ixor__ = _inplace.from_function("bitwise_xor", elementwise.bitwise_xor)
    bitwise_left_shift_ = __ilshift__ = _inplace.from_function("bitwise_left_shift", logic.bitwise_left_shift)
    bitwise_right_shift_ = __irshift__ = _inplace.from_function("bitwise_right_shift", logic.bitwise_right_shift)
    copy_ = _inplace.copy_
    fill_ = _inplace.fill_
    zero_ = _inplace.zero_
    cumprod_ = _inplace.from_function("cumprod", scans.cumprod)
    cumsum_ = _inplace.from_function("cumsum", scans.cumsum)
    __setitem__ = _inplace.setitem
    index_add_ = _inplace.from_function("index_add", replacing.index_add)
    index_copy_ = _inplace.from_function("index_copy", replacing.index_copy)
    index_fill_ = _inplace.from_function("index_fill", replacing.index_fill)
    index_put_ = _inplace.from_function("index_put", replacing.index_put)
    index_reduce_ = _inplace.from_function("index_reduce", replacing.index_reduce)
    masked_fill_ = _inplace.from_function("masked_fill", replacing.masked_fill)
    masked_scatter_ = _inplace.from_function("masked_scatter", replacing.masked_scatter)
    put_ = _inplace.from_function("put", replacing.put)
    scatter_ = _inplace.from_function("scatter", scattering.scatter)
    scatter_add_ = _inplace.from_function("scatter_add", scattering.scatter_add)
    scatter_reduce_ = _inplace.from_function("scatter_reduce", scattering.scatter_reduce)
    addbmm_ = _inplace.from_function("addbmm", matrix_products.addbmm)
    addmm_ = _inplace.from_function("addmm", matrix_products.addmm)
    addmv_ = _inplace.from_function("addmv", matrix_products.addmv)
    addr_ = _inplace.from_function("addr", matrix_products.addr)
    baddbmm_ = _inplace.from_function("baddbmm", matrix_products.baddbmm)
    addcdiv_ = _inplace.from_function("addcdiv", arithmetic.addcdiv)
    addcmul_ = _inplace.from_function("addcmul", arithmetic.addcmul)
    float_power_ = _inplace.float_power_
    lerp_ = _inplace.from_function("lerp", arithmetic.lerp)
    pow_ = _inplace.from_function("pow", arithmetic.pow)
    reciprocal_ = _inplace.from_function("reciprocal", arithmetic.reciprocal)
    square_ = _inplace.from_function("square", arithmetic.square)
    div_ = divide_ = _inplace.from_function("div", division.div)
    fmod_ = _inplace.from_function("fmod", division.fmod)
    abs_ = absolute_ = _inplace.from_function("abs", elementwise.abs)
    bitwise_not_ = _inplace.from_function("bitwise_not", elementwise.bitwise_not)
    clamp_ = clip_ = _inplace.from_function("clamp", elementwise.clamp)
    cos_ = _inplace.from_function("cos", elementwise.cos)
    eq_ = _inplace.from_function("eq", elementwise.eq)
    exp_ = _inplace.from_function("exp", elementwise.exp)
    ge_ = greater_equal_ = _inplace.from_function("ge", elementwise.ge)
    gt_ = greater_ = _inplace.from_function("gt", elementwise.gt)
    le_ = less_equal_ = _inplace.from_function("le", elementwise.le)
    log_ = _inplace.from_function("log", elementwise.log)
    logical_and_ = _inplace.from_function("logical_and", elementwise.logical_and)
    logical_not_ = _inplace.from_function("logical_not", elementwise.logical_not)
    logical_or_ = _inplace.from_function("logical_or", elementwise.logical_or)
    lt_ = less_ = _inplace.from_function("lt", elementwise.lt)
    ne_ = not_equal_ = _inplace.from_function("ne", elementwise.ne)
    neg_ = negative_ = _inplace.from_function("neg", elementwise.neg)
    relu_ = _inplace.from_function("relu", elementwise.relu)
    sigmoid_ = _inplace.from_function("sigmoid", elementwise.sigmoid)
    sign_ = sgn_ = _inplace.from_function("sign", elementwise.sign)
    sin_ = _inplace.from_function("sin", elementwise.sin)
    sqrt_ = _inplace.from_function("sqrt", elementwise.sqrt)
    tanh_ = _inplace.from_function("tanh", elementwise.tanh)
    exp2_ = _inplace.from_function("exp2", exponential.exp2)
    expm1_ = _inplace.from_function("expm1", exponential.expm1)
    log10_ = _inplace.from_function("log10", exponential.log10)
    log1p_ = _inplace.from_function("log1p", exponential.log1p)
    log2_ = _inplace.from_function("log2", exponential.log2)
    logit_ = _inplace.from_function("logit", exponential.logit)
    rsqrt_ = _inplace.from_function("rsqrt", exponential.rsqrt)
    xlogy_ = _inplace.from_function("xlogy", exponential.xlogy)
    acos_ = arccos_ = _inplace.from_function("acos", trigonometric.acos)
    acosh_ = arccosh_ = _inplace.from_function("acosh", trigonometric.acosh)
    asin_ = arcsin_ = _inplace.from_function("asin", trigonometric.asin)
    asinh_ = arcsinh_ = _inplace.from_function("asinh", trigonometric.asinh)
    atan_ = arctan_ = _inplace.from_function("atan", trigonometric.atan)
    atan2_ = arctan2_ = _inplace.from_function("atan2", trigonometric.atan2)
    atanh_ = arctanh_ = _inplace.from_function("atanh", trigonometric.atanh)
    cosh_ = _inplace.from_function("cosh", trigonometric.cosh)
    deg2rad_ = _inplace.from_function("deg2rad", trigonometric.deg2rad)
    hypot_ = _inplace.from_function("hypot", trigonometric.hypot)
    rad2deg_ = _inplace.from_function("rad2deg", trigonometric.rad2deg)
    sinc_ = _inplace.from_function("sinc", trigonometric.sinc)
    sinh_ = _inplace.from_function("sinh", trigonometric.sinh)
    tan_ = _inplace.from_function("tan", trigonometric.tan)
    erf_ = _inplace.from_function("erf", error_function.erf)
    erfc_ = _inplace.from_function("erfc", error_function.erfc)
    erfinv_ = _inplace.from_function("erfinv", error_function.erfinv)
    ceil_ = _inplace.from_function("ceil", rounding.ceil)
    floor_ = _inplace.from_function("floor", rounding.floor)
    frac_ = _inplace.from_function("frac", rounding.frac)
    round_ = _inplace.from_function("round", rounding.round)
    trunc_ = fix_ = _inplace.from_function("trunc", rounding.trunc)
    clamp_max_ = _inplace.from_function("clamp_max", choices.clamp_max)
    clamp_min_ = _inplace.from_function("clamp_min", choices.clamp_min)
    copysign_ = _inplace.from_function("copysign", choices.copysign)
    heaviside_ = _inplace.from_function("heaviside", choices.heaviside)
    nan_to_num_ = _inplace.from_function("nan_to_num", choices.nan_to_num)
    logical_xor_ = _inplace.from_function("logical_xor", logic.logical_xor)

    tril_ = _inplace.from_function("tril", diagonals.tril)
    triu_ = _inplace.from_function("triu", diagonals.triu)

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
    return "".join(part[:1].upper() + part[1:] for part in op.name.split("_")) + "Backward0"


def _rebuild(cls: type[Tensor], array: Array, requires_grad: bool) -> Tensor:
    out = cls.__new__(cls)
    out.array = array.view(as_dtype(array.dtype, "pickle"))  # unpickled arrays have dtype objects of their own
    out.node = out.grad = None
    out.requires_grad = requires_grad
    return out
