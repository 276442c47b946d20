"""Hooks and retained gradients."""

import pytest

import tinygrad_np as tg


def test_a_hook_sees_the_whole_gradient_and_may_replace_it():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    seen = []
    y.register_hook(lambda g: seen.append(g.tolist()))
    y.register_hook(lambda g: g * 10)
    (y.sum() + (y * 3).sum()).backward()
    assert seen == [[4.0, 4.0]]
    assert x.grad.tolist() == [80.0, 80.0]


def test_hooks_on_leaves_run_before_accumulation():
    x = tg.tensor([1.0], requires_grad=True)
    x.register_hook(lambda g: g * 5)
    (x * 2).backward()
    assert x.grad.item() == 10.0


def test_a_removed_hook_does_not_run():
    x = tg.tensor([1.0], requires_grad=True)
    handle = x.register_hook(lambda g: g * 5)
    handle.remove()
    handle.remove()
    (x * 2).backward()
    assert x.grad.item() == 2.0
    with x.register_hook(lambda g: g * 5):
        pass
    (x * 2).backward()
    assert x.grad.item() == 4.0


def test_a_hook_of_another_shape_is_refused():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = x.exp()
    y.register_hook(lambda g: g[:1])
    with pytest.raises(RuntimeError, match=r"hook on the output of exp returned .* shape \(1,\) .*, expected \(2,\)"):
        y.sum().backward()


def test_what_a_hook_keeps_is_its_own():
    x = tg.tensor([1.0], requires_grad=True)
    kept = []
    x.register_hook(kept.append)
    (x * 2).backward()
    kept[0].zero_()
    assert x.grad.item() == 2.0


def test_retain_grad_keeps_what_arrives_after_all_hooks():
    x = tg.tensor([1.0], requires_grad=True)
    y = x * 2
    y.retain_grad()
    y.retain_grad()
    y.register_hook(lambda g: g * 7)
    assert y.retains_grad
    (y * 3).backward()
    assert (y.grad.item(), x.grad.item()) == (21.0, 42.0)


def test_without_retain_grad_a_result_has_none():
    x = tg.tensor([1.0], requires_grad=True)
    y = x * 2
    y.backward()
    assert y.grad is None


def test_create_graph_passes_hooks_a_differentiable_gradient():
    x = tg.tensor([3.0], requires_grad=True)
    y = x * x
    y.register_hook(lambda g: g * y)
    (g,) = tg.autograd.grad(y, x, create_graph=True)
    g.backward()  # g = y * 2x depends on y as well, whose hook runs on that gradient too: 2y + (2x * y) * 2x
    assert (g.item(), x.grad.item()) == (54.0, 342.0)


@pytest.mark.parametrize("call", [lambda t: t.register_hook(print), lambda t: t.retain_grad()])
def test_constants_have_no_hooks(call):
    with pytest.raises(RuntimeError, match="require"):
        call(tg.ones(1))


@pytest.mark.parametrize(
    ("hook", "error", "message"),
    [
        (lambda g: g.double(), RuntimeError, "and dtype float64, expected .* and float32"),
        (lambda g: g.numpy() * 2, TypeError, "returned ndarray, expected a tensor or None"),
    ],
)
def test_what_a_hook_may_not_return(hook, error, message):
    x = tg.tensor([1.0], requires_grad=True)
    x.register_hook(hook)
    with pytest.raises(error, match=message):
        (x * 2).backward()


def test_a_function_registered_twice_is_removed_once():
    x = tg.tensor([1.0], requires_grad=True)

    def double(g):
        return g * 2

    first = x.register_hook(double)
    x.register_hook(double)
    first.remove()
    first.remove()
    (x * 1).backward()
    assert x.grad.item() == 2.0


def test_retain_grad_keeps_nothing_of_a_walk_that_fails():
    x = tg.tensor([1.0], requires_grad=True)
    y = x * 2
    y.retain_grad()
    x.register_hook(lambda g: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        (y * 3).backward()
    assert y.grad is None


def test_a_hook_that_writes_to_what_a_rule_still_needs_is_noticed():
    x, w = tg.ones(1, requires_grad=True), tg.ones(1)
    y = x * w * 1.5
    y.register_hook(lambda g: w.mul_(100) and None)
    with pytest.raises(RuntimeError, match="mul saved an array of its forward pass that was overwritten"):
        y.backward()
