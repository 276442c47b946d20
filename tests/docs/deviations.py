"""What each row of the tables in docs/conventions.md says, as a program: what comes out here, and what in PyTorch.

A program takes the module, ours or torch. It comes out as a value, or as the type of the exception that it raises.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from math import inf, nan
from typing import Any, NamedTuple

import numpy as np


class Row(NamedTuple):
    program: Callable[[Any], Any]
    here: Any
    torch: Any


def outcome(program: Callable[[Any], Any], module: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return program(module)
        except Exception as error:
            return type(error)


def gradient(program: Callable[[Any, Any], Any], x: list[float], g: list[float] | None = None) -> Callable[[Any], Any]:
    """Return the program that differentiates ``program(module, x)``."""

    def differentiated(m: Any) -> Any:
        leaf = m.tensor(x, requires_grad=True)
        y = program(m, leaf)
        y.backward(m.ones_like(y) if g is None else m.tensor(g))
        return leaf.grad.tolist()

    return differentiated


def loaders(m: Any) -> Any:
    return importlib.import_module(f"{m.__name__}.utils.data")


def leaf(m: Any) -> Any:
    return m.ones(1, requires_grad=True)


def sgd(m: Any, **options: Any) -> Any:
    return m.optim.SGD([leaf(m)], **{"lr": 0.1, **options})


KINKS = {  # function: programs, each with what comes out both here and in PyTorch
    "`relu` at 0": [(gradient(lambda m, x: m.relu(x), [0.0, -1.0], [inf, inf]), [0, 0])],
    "`abs`, `sign` at 0": [
        (gradient(lambda m, x: m.abs(x), [0.0]), [0]),
        (gradient(lambda m, x: m.sign(x), [0.0]), [0]),
    ],
    "`maximum`, `minimum` of equals": [
        (gradient(lambda m, x: m.maximum(x, m.ones(1)), [1.0]), [0.5]),
        (gradient(lambda m, x: m.maximum(m.ones(1), x), [1.0]), [0.5]),
        (gradient(lambda m, x: m.minimum(x, m.ones(1)), [1.0]), [0.5]),
        (gradient(lambda m, x: m.minimum(m.ones(1), x), [1.0]), [0.5]),
    ],
    "`max()`, `amax`, `min()`, `amin` among ties": [
        (gradient(lambda m, x: m.max(x), [2.0, 1.0, 2.0]), [0.5, 0, 0.5]),
        (gradient(lambda m, x: m.amax(x), [2.0, 1.0, 2.0]), [0.5, 0, 0.5]),
        (gradient(lambda m, x: m.min(x), [1.0, 2.0, 1.0]), [0.5, 0, 0.5]),
        (gradient(lambda m, x: m.amin(x), [1.0, 2.0, 1.0]), [0.5, 0, 0.5]),
    ],
    "`max(dim)`, `min(dim)` among ties": [
        (gradient(lambda m, x: m.max(x, 0).values, [1.0, 2.0, 2.0]), [0, 1, 0]),
        (gradient(lambda m, x: m.min(x, 0).values, [2.0, 1.0, 1.0]), [0, 1, 0]),
    ],
    "`clamp` at a bound": [
        (gradient(lambda m, x: m.clamp(x, 0, 1), [0.0, 1.0]), [1, 1]),
        (lambda m: m.clamp(m.tensor([0.0, 2.0, 5.0]), 3, 1).tolist(), [1, 1, 1]),
        (gradient(lambda m, x: m.clamp(x, 3, 1), [0.0, 2.0, 5.0]), [0, 0, 0]),
    ],
    "`sqrt` at 0": [(gradient(lambda m, x: m.sqrt(x), [0.0]), [inf])],
    "`pow(x, 0)` at x = 0": [(gradient(lambda m, x: m.pow(x, 0), [0.0]), [0])],
    "`std` of equal values": [(gradient(lambda m, x: x.std(), [3.0, 3.0]), [0, 0])],
    "`prod` with zeros": [
        (gradient(lambda m, x: m.prod(x), [0.0, 3.0, 2.0]), [6, 0, 0]),
        (gradient(lambda m, x: m.prod(x), [0.0, 3.0, 0.0]), [0, 0, 0]),
    ],
}


# ---------------------------------------------------------------------------------------------------------- programs


def locks_source(m: Any) -> bool:
    array = np.zeros(2)
    m.from_numpy(array)
    return not array.flags.writeable


def converted_shares(m: Any) -> bool:
    array = np.zeros(2)
    return np.shares_memory(array, m.as_tensor(array).numpy())


def warns_of_log_0(m: Any) -> bool:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        return m.log(m.tensor([0.0])).item() == -inf and bool(caught)


def added_in_place(m: Any) -> Any:
    y = leaf(m) * 2
    y += 1
    return y.item()


def overwritten_through_data(m: Any) -> Any:
    x = m.tensor([2.0], requires_grad=True)
    y = x * x
    x.data[0] = 5
    y.backward(m.ones(1))
    return x.grad.item()


def data_replaced(m: Any) -> Any:
    x = m.tensor([2.0], requires_grad=True)
    y = x * x
    x.data = m.tensor([7.0])
    y.backward(m.ones(1))
    return x.grad.item()


def gradient_left_by_an_error(m: Any) -> bool:
    x, w = leaf(m), leaf(m)
    y = w * 2
    loss = y * x

    def fail(g: Any) -> None:
        raise ValueError

    y.register_hook(fail)
    try:
        loss.backward(m.ones(1))
    except ValueError:
        return x.grad is not None
    raise AssertionError("the hook did not run")


def loaded_in_part(m: Any) -> bool:
    model = m.nn.Sequential(m.nn.Linear(1, 1), m.nn.Linear(1, 1))
    given = {path: m.full(tuple(tensor.shape), 9.0) for path, tensor in model.state_dict().items()}
    given["1.bias"] = m.ones(5)
    try:
        model.load_state_dict(given)
    except RuntimeError:
        return model[0].weight.item() == 9
    raise AssertionError("a wrong shape was accepted")


def saved_state_is_kept(m: Any) -> bool:
    p = leaf(m)
    optimizer = m.optim.SGD([p], lr=0.1, momentum=0.9)
    p.sum().backward()
    optimizer.step()
    saved = optimizer.state_dict()["state"][0]["momentum_buffer"]
    before = saved.item()
    optimizer.step()
    return saved.item() == before


def loaded_rate(m: Any) -> Any:
    optimizer = sgd(m)
    saved = optimizer.state_dict()
    saved["param_groups"][0]["lr"] = -1.0
    optimizer.load_state_dict(saved)
    return optimizer.param_groups[0]["lr"]


def schedule(m: Any) -> Any:
    return m.optim.lr_scheduler.StepLR(sgd(m), 3)


def twice_in_a_group(m: Any) -> int:
    p = leaf(m)
    return len(m.optim.SGD([p, p], lr=0.1).param_groups[0]["params"])


def batch_written_to(m: Any) -> Any:
    data = loaders(m)
    (batch,) = next(iter(data.DataLoader(data.TensorDataset(m.zeros(4)), batch_size=2)))
    batch[0] = 1
    return batch.tolist()


def given_to(m: Any, function: Callable[[Any], Any]) -> Any:
    x = m.tensor([-1.0])
    function(x)
    return x.item()


def array_of(m: Any) -> Any:
    return type(m.ones(1).array)


F32 = np.float32

DEVIATIONS = {  # what: programs, each with what comes out here and in PyTorch
    "`t.array`": [Row(array_of, np.ndarray, AttributeError)],
    "`t.numpy()`": [Row(lambda m: m.ones(1).numpy().flags.writeable, False, True)],
    "`from_numpy(a)`": [Row(locks_source, True, False)],
    "`as_tensor(a)` of an array": [Row(converted_shares, False, True)],
    "`tensor([t, u])` of tensors": [Row(lambda m: m.tensor([m.ones(2), m.ones(2)]).tolist(), [[1, 1]] * 2, ValueError)],
    "`Tensor(...)`": [Row(lambda m: m.Tensor([1, 2]).tolist(), TypeError, [1, 2])],
    "`t.shape`, `t.size()`": [
        Row(lambda m: type(m.ones(1).shape) is tuple, True, False),
        Row(lambda m: type(m.ones(1).size()) is tuple, True, False),
    ],
    "`t.T`": [Row(lambda m: tuple(m.ones(3, 2, 1).T.shape), RuntimeError, (1, 2, 3))],
    "dtypes": [Row(lambda m: isinstance(m.float32, np.dtype), True, False)],
    "float16": [Row(lambda m: (m.ones(1).half() + m.ones(1).half()).float().tolist(), TypeError, [2])],
    "complex numbers": [Row(lambda m: m.tensor([1j]).tolist(), TypeError, [1j])],
    "the device": [Row(lambda m: str(m.ones(1, device="meta").device), RuntimeError, "meta")],
    "print options out of range (negative, an infinite precision)": [
        Row(lambda m: m.set_printoptions(threshold=-1), ValueError, None),
        Row(lambda m: m.set_printoptions(precision=inf), ValueError, None),
    ],
    "`get_rng_state()`": [Row(lambda m: isinstance(m.get_rng_state(), np.ndarray), True, False)],
    "`array * tensor`": [Row(lambda m: (np.ones(2, F32) * m.ones(2, requires_grad=True)).tolist(), [1, 1], TypeError)],
    "`np.tanh(tensor)`": [Row(lambda m: np.tanh(m.ones(1, requires_grad=True)).requires_grad, True, RuntimeError)],
    "a NumPy function without a rule": [Row(lambda m: np.linalg.inv(m.eye(1)).tolist(), TypeError, [[1]])],
    "`log(0)`, `1 / 0`, an overflow": [Row(warns_of_log_0, True, False)],
    "in-place ops that would have to be recorded (`y += 1` where `y` has a graph)": [
        Row(added_in_place, RuntimeError, 3.0)
    ],
    "a write to `t.data` before `backward`": [Row(overwritten_through_data, RuntimeError, 10.0)],
    "`t.data = u` before `backward`": [Row(data_replaced, 4.0, 14.0)],
    "an error in a backward pass": [Row(gradient_left_by_an_error, False, True)],
    "`logsumexp` of all -inf": [Row(gradient(lambda m, x: m.logsumexp(x, 0), [-inf, -inf]), [0, 0], [nan, nan])],
    "`log_softmax` in float32": [Row(lambda m: m.log_softmax(m.tensor([20.0, 0.0]), 0)[0].item() == 0, False, True)],
    "`mse_loss` of (N,) against (N, 1)": [
        Row(lambda m: m.nn.functional.mse_loss(m.zeros(2), m.zeros(2, 1)).item(), RuntimeError, 0.0)
    ],
    "options of losses": [
        Row(lambda m: m.nn.NLLLoss(None, None, -100).ignore_index, TypeError, -100),
        Row(lambda m: m.nn.MSELoss(size_average=False).reduction, TypeError, "sum"),
    ],
    "`inplace=True` of layers and functions": [
        Row(lambda m: given_to(m, m.nn.ReLU(inplace=True)), -1.0, 0.0),
        Row(lambda m: given_to(m, lambda x: m.nn.functional.relu(x, inplace=True)), -1.0, 0.0),
    ],
    "`softmax` without `dim`": [Row(lambda m: m.nn.functional.softmax(m.zeros(1, 1)).tolist(), TypeError, [[1]])],
    "labels of `cross_entropy`": [
        Row(
            lambda m: m.nn.functional.cross_entropy(m.zeros(1, 1), m.tensor([0], dtype=m.int32)).item(),
            0.0,
            RuntimeError,
        )
    ],
    "`Module.load_state_dict`": [Row(loaded_in_part, False, True)],
    "`Optimizer.state_dict()`": [Row(saved_state_is_kept, True, False)],
    "loading a rate or option out of range": [Row(loaded_rate, ValueError, -1.0)],
    "a schedule's `load_state_dict`": [Row(lambda m: schedule(m).load_state_dict({"last_epoch": 5}), ValueError, None)],
    "a schedule's state dict": [
        Row(
            lambda m: {"_is_initial", "_get_lr_called_within_step"} & set(schedule(m).state_dict()),
            set(),
            {"_is_initial", "_get_lr_called_within_step"},
        )
    ],
    "a parameter twice in one group, a NaN or infinite rate": [
        Row(twice_in_a_group, ValueError, 2),
        Row(lambda m: sgd(m, lr=nan).param_groups[0]["lr"], ValueError, nan),
        Row(lambda m: sgd(m, lr=inf).param_groups[0]["lr"], ValueError, inf),
    ],
    "parameters in a set": [Row(lambda m: len(m.optim.SGD({leaf(m)}, lr=0.1).param_groups), TypeError, 1)],
    "a rate given as a tensor": [
        Row(lambda m: type(sgd(m, lr=m.tensor(0.1)).param_groups[0]["lr"]) is float, True, False)
    ],
    "a batch of a `DataLoader` in sequential order": [Row(batch_written_to, RuntimeError, [1, 0])],
    "`DataLoader(num_workers=...)`": [
        Row(lambda m: loaders(m).DataLoader([1], num_workers=1).num_workers, ValueError, 1)
    ],
}
