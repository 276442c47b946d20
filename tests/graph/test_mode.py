"""no_grad, enable_grad and set_grad_enabled: nested, decorating, after exceptions, in threads."""

import threading

import pytest

import tinygrad_np as tg

X = tg.ones(1, requires_grad=True)


def records() -> bool:
    assert (X * 2).requires_grad == tg.is_grad_enabled()
    return tg.is_grad_enabled()


def test_blocks_nest():
    with tg.no_grad():
        assert not records()
        with tg.enable_grad():
            assert records()
            with tg.set_grad_enabled(False):
                assert not records()
            assert records()
        assert not records()
    assert records()


@pytest.mark.parametrize("mode", [tg.no_grad, tg.enable_grad, lambda: tg.set_grad_enabled(False)])
def test_an_exception_restores_the_mode(mode):
    with pytest.raises(ZeroDivisionError), mode():
        1 / 0  # noqa: B018
    assert records()


def test_one_object_entered_again_and_again():
    off = tg.no_grad()
    with off:
        with off:
            assert not records()
        assert not records()
    assert records()


def test_as_decorators_with_and_without_parentheses():
    @tg.no_grad()
    def called():
        return records()

    @tg.no_grad
    def bare():
        return records()

    @tg.set_grad_enabled(False)
    def switched():
        return records()

    @tg.no_grad()
    def raises():
        raise ValueError

    assert not called()
    assert not bare()
    assert not switched()
    assert called.__name__ == "called"
    with pytest.raises(ValueError):  # noqa: PT011
        raises()
    assert records()


def test_a_decorated_recursion_restores_step_by_step():
    @tg.no_grad()
    def down(n):
        return not records() and (n == 0 or down(n - 1))

    assert down(5)
    assert records()


def test_set_grad_enabled_works_at_once():
    tg.set_grad_enabled(False)
    try:
        assert not records()
    finally:
        tg.set_grad_enabled(True)
    assert records()


def test_a_generator_is_refused_since_its_body_would_run_outside():
    def generate():
        yield records()

    with pytest.raises(TypeError, match="no_grad cannot decorate the generator or coroutine generate"):
        tg.no_grad()(generate)


def test_a_coroutine_is_refused_likewise_and_so_is_what_is_no_function():
    async def later():
        return records()

    with pytest.raises(TypeError, match="coroutine later"):
        tg.no_grad()(later)
    with pytest.raises(TypeError, match="expected a function to decorate, got True"):
        tg.no_grad(True)


def test_each_thread_has_its_own_mode():
    seen = []
    with tg.no_grad():
        thread = threading.Thread(target=lambda: seen.append(records()))
        thread.start()
        thread.join()
        assert not records()
    assert seen == [True]


def test_the_mode_outside_holds_in_hooks_of_a_first_order_backward():
    x = tg.ones(1, requires_grad=True)
    seen = []
    x.register_hook(lambda g: seen.append(tg.is_grad_enabled()))
    (x * 2).backward()
    (x * 2).backward(create_graph=True)
    assert seen == [False, True]
    assert records()
