"""An array that a rule saved and somebody overwrote is noticed; a write that harms nothing is not."""

import gc
import weakref

import numpy as np
import pytest

import tinygrad_np as tg
from tinygrad_np._graph import _writes

OVERWRITTEN = "modified by an inplace operation: {} saved"


def test_an_overwritten_input_is_refused():
    x, w = tg.ones(2), tg.ones(2, requires_grad=True)
    y = (w * x).sum()
    x.add_(1)
    with pytest.raises(RuntimeError, match=OVERWRITTEN.format("mul")):
        y.backward()


def test_an_overwritten_output_is_refused():
    w = tg.ones(2, requires_grad=True)
    y = w.exp()
    y.detach().zero_()
    with pytest.raises(RuntimeError, match=OVERWRITTEN.format("exp")):
        y.sum().backward()


@pytest.mark.parametrize("write", [lambda x: x[0].fill_(7), lambda x: x.view(-1).zero_(), lambda x: x.mT.mul_(2)])
def test_a_write_through_a_view_counts(write):
    x, w = tg.ones(2, 2), tg.ones(2, 2, requires_grad=True)
    y = (w * x).sum()
    write(x)
    with pytest.raises(RuntimeError, match=OVERWRITTEN.format("mul")):
        y.backward()


def test_a_view_that_was_saved_counts_too():
    x, w = tg.ones(2, 2), tg.ones(2, requires_grad=True)
    y = (w * x[0]).sum()
    x.zero_()
    with pytest.raises(RuntimeError, match=OVERWRITTEN.format("mul")):
        y.backward()


def test_what_no_rule_reads_may_be_overwritten():
    x, w = tg.ones(2), tg.ones(2, requires_grad=True)
    y = (w + x).sum()
    x.zero_()
    y.backward()
    assert w.grad.tolist() == [1.0, 1.0]


def test_a_write_before_the_forward_pass_is_harmless():
    x, w = tg.ones(2), tg.ones(2, requires_grad=True)
    x.add_(1)
    (w * x).sum().backward()
    assert w.grad.tolist() == [2.0, 2.0]


def test_a_training_loop_writes_between_graphs():
    w = tg.ones(2, requires_grad=True)
    for _ in range(3):
        w.grad = None
        (w * w).sum().backward()
        with tg.no_grad():
            w -= 0.25 * w.grad
    assert w.tolist() == [0.125, 0.125]


def test_a_leaf_overwritten_between_forward_and_backward_is_refused():
    w = tg.ones(2, requires_grad=True)
    y = (w * w).sum()
    with tg.no_grad():
        w += 1
    with pytest.raises(RuntimeError, match=OVERWRITTEN.format("mul")):
        y.backward()


def test_the_stamp_of_a_dead_array_is_forgotten():
    gc.collect()
    before = len(_writes._stamps)
    for _ in range(100):
        tg.ones(3).add_(1)
    assert len(_writes._stamps) == before


def test_an_entry_picked_by_integers_shares_memory():
    x = tg.zeros(2, 2)
    x[0, 1].add_(5)
    x[1][0].fill_(7)
    for entry in x[1]:
        entry += 1
    assert x.tolist() == [[0.0, 5.0], [8.0, 1.0]]


@pytest.mark.parametrize(
    "compute", [lambda x, a: x * a, lambda x, a: tg.where(a > 0, x, x * 5), lambda x, a: tg.mul(a, x)]
)
def test_a_plain_array_may_be_written_to_afterwards(compute):
    """Its owner knows nothing of stamps, so it is copied."""
    a, x = np.ones(2, np.float32), tg.ones(2, requires_grad=True)
    y = compute(x, a)
    a[:] = 0
    y.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_an_index_may_be_written_to_afterwards():
    x, index = tg.ones(3, requires_grad=True), tg.tensor([0, 2, 2])
    y = x.gather(0, index).sum() + x[index].sum()
    index.zero_()
    y.backward()
    assert x.grad.tolist() == [2.0, 0.0, 4.0]


def test_threads_that_write_for_the_first_time_get_the_same_stamp(monkeypatch):
    array = np.ones(2)
    stamps = []
    real = weakref.ref

    def reference(*args):
        if len(stamps) == 0:
            monkeypatch.setattr(_writes.weakref, "ref", real)
            stamps.append(_writes.stamp_of(array))  # as another thread would, meanwhile
        return real(*args)

    monkeypatch.setattr(_writes.weakref, "ref", reference)
    stamps.append(_writes.stamp_of(array))
    assert stamps[0] is stamps[1] is _writes.stamp_of(array)
