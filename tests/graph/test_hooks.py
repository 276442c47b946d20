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
    with pytest.raises(RuntimeError, match=r"hook on the output of exp returned .* shape \(1,\), expected \(2,\)"):
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
