"""``backward`` and ``grad``: their arguments, what they free, and that they commit as a whole."""

import threading

import numpy as np
import pytest

import tinygrad_np as tg
from tinygrad_np._graph import OPS


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), dtype=tg.float64, requires_grad=True)


class TestBackward:
    def test_a_second_call_names_the_op_and_the_way_out(self):
        y = leaf(1.0, 2.0).exp().sum()
        y.backward()
        with pytest.raises(RuntimeError, match=r"second time.*exp saved.*retain_graph=True"):
            y.backward()

    def test_retain_graph_allows_it_and_gradients_add_up(self):
        x = leaf(1.0, 2.0)
        y = (x * x).sum()
        y.backward(retain_graph=True)
        y.backward()
        assert x.grad.tolist() == [4.0, 8.0]

    def test_ops_that_save_nothing_may_be_walked_again_as_in_pytorch(self):
        x = leaf(1.0)
        y = x + 1
        y.backward()
        y.backward()
        assert x.grad.item() == 2.0

    def test_a_gradient_of_the_outputs_shape(self):
        x = leaf(1.0, 2.0)
        (x * 3).backward(tg.tensor([10.0, 100.0], dtype=tg.float64))
        assert x.grad.tolist() == [30.0, 300.0]

    def test_the_gradient_is_brought_to_the_outputs_dtype(self):
        x = leaf(1.0)
        (x * 3).backward(tg.tensor([2.0], dtype=tg.float32))
        assert (x.grad.item(), x.grad.dtype) == (6.0, tg.float64)

    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda: leaf(1.0, 2.0).exp().backward(), r"only for scalar outputs; for a tensor of shape \(2,\)"),
            (lambda: leaf(1.0, 2.0).exp().backward(tg.ones(3)), r"gradient has shape \(3,\), but .* has \(2,\)"),
            (lambda: tg.ones(()).backward(), r"does not require grad and does not have a grad_fn"),
            (lambda: tg.autograd.backward([leaf(1.0)], [tg.ones(1)] * 2), r"got 2 gradients for 1 tensors"),
            (lambda: leaf(1.0).backward(inputs=[]), r"inputs is empty"),
            (lambda: leaf(1.0).backward(inputs=[tg.ones(1)]), r"backward: inputs\[0\] .* does not require grad"),
            (lambda: tg.autograd.grad(leaf(1.0), tg.ones(1)), r"inputs\[0\] of shape \(1,\) does not require grad"),
            (lambda: tg.autograd.grad(leaf(1.0), leaf(1.0)), r"inputs\[0\] .* was not used .* allow_unused=True"),
        ],
    )
    def test_what_is_wrong_and_what_to_do(self, make, message):
        with pytest.raises(RuntimeError, match=message):
            make()

    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda: leaf(1.0).backward(np.ones(1)), "gradient must be a tensor, got ndarray"),
            (lambda: tg.autograd.grad(leaf(1.0), [3]), r"inputs\[0\] must be a tensor, got int"),
        ],
    )
    def test_what_is_no_tensor(self, make, message):
        with pytest.raises(TypeError, match=message):
            make()

    @pytest.mark.parametrize(
        "wrong", [tg.zeros(3, dtype=tg.float64), tg.zeros(2), tg.zeros(1, dtype=tg.float64).expand(2)]
    )
    def test_a_grad_that_no_gradient_can_be_added_to_is_refused_and_none_is_changed(self, wrong):
        good, bad = leaf(1.0, 2.0), leaf(1.0, 2.0)
        bad.grad = wrong
        with pytest.raises(RuntimeError, match=r"the grad of a tensor of shape \(2,\) .* was set to one of"):
            (good * bad).sum().backward()
        assert good.grad is None
        bad.grad = np.zeros(2)
        with pytest.raises(TypeError, match="was set to ndarray"):
            (good * bad).sum().backward()

    def test_accumulating_differentiable_gradients_under_no_grad(self):
        x = leaf(2.0)
        y = x * x
        y.backward(retain_graph=True)
        with tg.no_grad():
            y.backward(create_graph=True)
        assert x.grad.requires_grad

    def test_inputs_restrict_where_gradients_go_leaves_or_not(self):
        x, w = leaf(2.0), leaf(3.0)
        y = x * w
        (y * y).backward(inputs=[x, y])
        assert (x.grad.item(), y.grad.item(), w.grad) == (36.0, 12.0, None)

    def test_a_leaf_is_its_own_gradient(self):
        x = leaf(5.0)
        x.backward()
        assert x.grad.item() == 1.0

    def test_several_tensors_at_once(self):
        x = leaf(1.0, 2.0)
        tg.autograd.backward([x * 2, x * 3], [tg.ones(2), tg.ones(2)])
        assert x.grad.tolist() == [5.0, 5.0]

    def test_a_rule_that_raises_leaves_every_gradient_as_it_was(self):
        x, w = leaf(1.0), leaf(2.0)
        (x * w).backward()
        broken = OPS["sin"]
        rules, broken.rules = broken.rules, (lambda g, x: 1 / 0,)
        try:
            with pytest.raises(ZeroDivisionError):
                (w * 2 + x.sin()).backward()
        finally:
            broken.rules = rules
        assert (x.grad.item(), w.grad.item()) == (2.0, 1.0)
        assert tg.is_grad_enabled()

    def test_accumulating_writes_into_the_same_gradient(self):
        x = leaf(1.0)
        x.exp().backward()
        first = x.grad
        x.exp().backward()
        assert x.grad is first
        assert first.item() == pytest.approx(2 * np.e)

    def test_a_gradient_saved_in_a_graph_is_not_silently_overwritten(self):
        x = leaf(1.0)
        x.exp().backward()
        product = x * x.grad
        x.exp().backward()  # adds to x.grad, which the product saved
        with pytest.raises(RuntimeError, match="mul saved an array of its forward pass that was overwritten"):
            product.backward()

    def test_create_graph_makes_gradients_differentiable(self):
        x = leaf(2.0)
        (x**3).backward(create_graph=True)
        assert x.grad.requires_grad
        first = x.grad
        x.grad = None
        first.backward()
        assert (first.item(), x.grad.item()) == (12.0, 12.0)


class TestGrad:
    def test_touches_no_grad(self):
        x = leaf(2.0)
        assert tg.autograd.grad(x * x, x)[0].item() == 4.0
        assert x.grad is None

    def test_unused_inputs(self):
        x, unused = leaf(2.0), leaf(1.0, 1.0)
        assert tg.autograd.grad(x * x, [x, unused], allow_unused=True)[1] is None
        assert tg.autograd.grad(x * x, [x, unused], materialize_grads=True)[1].tolist() == [0.0, 0.0]

    def test_with_respect_to_an_intermediate(self):
        x = leaf(2.0)
        y = x * 3
        assert tg.autograd.grad(y * y, [y, x])[0].item() == 12.0

    def test_of_a_result_whose_own_past_was_freed(self):
        y = leaf(1.0).exp()
        (y * 2).backward()
        assert tg.autograd.grad(y * 3, y)[0].item() == 3.0

    def test_of_several_outputs_is_their_sum(self):
        x = leaf(2.0)
        assert tg.autograd.grad([x * x, x * 5], x)[0].item() == 9.0


class TestMemory:
    def test_gradients_share_memory_with_nothing(self):
        x, y, z = leaf(1.0, 2.0), leaf(3.0, 4.0), leaf(1.0, 1.0, 1.0, 1.0)
        seed = tg.ones(2, 2, dtype=tg.float64)
        out = (x + y) + (x - y) + z.reshape(2, 2)
        out.retain_grad()
        out.backward(seed)
        arrays = [seed.array, x.array, y.array, z.array, *(t.grad.array for t in (x, y, z, out))]
        for i, a in enumerate(arrays):
            assert a.flags.writeable
            for b in arrays[i + 1 :]:
                assert not np.shares_memory(a, b)

    @pytest.mark.parametrize("create_graph", [False, True])
    def test_results_of_grad_share_memory_with_nothing(self, create_graph):
        x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
        seed = tg.ones(2, dtype=tg.float64)
        a, b = tg.autograd.grad(x + y, [x, y], seed, create_graph=create_graph)
        assert not np.shares_memory(a.array, b.array)
        assert not np.shares_memory(a.array, seed.array)

    def test_a_one_that_starts_a_walk_is_not_handed_out(self):
        x = tg.tensor(1.0, requires_grad=True)
        (x + 0).backward()
        x.grad.zero_()
        y = tg.tensor(1.0, requires_grad=True)
        (y + 0).backward()
        assert y.grad.item() == 1.0


def test_threads_lose_no_gradient():
    """Each commit is under a lock: 8 threads that share a leaf add up to what one would."""
    w = tg.ones(100, requires_grad=True)
    w.grad = tg.zeros(100)

    def work():
        for _ in range(200):
            (w * 1.0).sum().backward()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert w.grad.tolist() == [1600.0] * 100


def test_numpy_stays_silent_in_backward_but_not_in_forward():
    x = tg.tensor([0.0], requires_grad=True)
    x.sqrt().sum().backward()  # 1 / 0
    assert x.grad.item() == np.inf
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        x.detach().log()
