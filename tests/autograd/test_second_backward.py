"""A second backward through a graph whose arrays were freed names the op and the line of the first."""

import re

import pytest

import tinygrad_np as tg
from tests.autograd.programs import agree, double, line


def first_line(call) -> tuple[str, int]:
    """Return file and line that the error of a second backward names."""
    with pytest.raises(RuntimeError) as caught:
        call()
    named = r"the arrays that \w+ saved were freed by the first backward \((.*), line (\d+)\); call that with"
    found = re.search(named, str(caught.value))
    assert found, caught.value
    return found[1], int(found[2])


def test_backward():
    x = tg.ones(2, requires_grad=True)
    y = x.exp().sum()
    expected = line() + 1
    y.backward()
    assert first_line(y.backward) == (__file__, expected)


def test_grad_and_another_root():
    x = tg.ones(2, requires_grad=True)
    h = x.exp()
    y, z = h.sum(), (h * 2).sum()
    expected = line() + 1
    tg.autograd.grad(y, x)
    assert first_line(z.backward) == (__file__, expected)


def test_through_functions_of_the_package():
    x = tg.ones(2, requires_grad=True)
    h = x.exp()
    tg.autograd.functional.vjp(lambda _: h * 1, x, tg.ones(2))
    y = h.sum()
    expected = line() + 1
    tg.autograd.backward([y])
    assert first_line(y.backward) == (__file__, expected)


def test_the_first_of_two():
    x = tg.ones(2, requires_grad=True)
    h = x.exp()
    places = []
    for again in (False, True):
        loss = (h * x).sum()
        if again:
            assert first_line(loss.backward) == places[0]
        else:
            places.append((__file__, line() + 1))
            loss.backward()


def test_create_graph_and_trace_name_it_too():
    x = tg.ones(2, requires_grad=True)
    y = x.exp().sum()
    expected = line() + 1
    y.backward()
    assert first_line(lambda: tg.autograd.grad(y, x, create_graph=True)) == (__file__, expected)
    assert first_line(lambda: tg.explain.trace(y)) == (__file__, expected)


def test_anomaly_mode_frees_as_well():
    x = tg.ones(2, requires_grad=True)
    y = x.exp().sum()
    with tg.autograd.detect_anomaly():
        expected = line() + 1
        y.backward()
    assert first_line(y.backward) == (__file__, expected)


FUNCTIONS = [lambda x: x.exp(), lambda x: x + 1, lambda x: x.sum(), lambda x: x * 2, lambda x: x * x, lambda x: x @ x]
RULES = {  # whether the graph can be walked again, by how it was walked first
    "plain": {},
    "retain_graph": {"retain_graph": True},
    "create_graph": {"create_graph": True},
    "create_graph, not retained": {"create_graph": True, "retain_graph": False},
}


@pytest.mark.parametrize("options", RULES.values(), ids=RULES)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_when_a_second_backward_passes(function, options):
    def program(lib):
        x = double(lib, [0.5, 2.0])
        y = function(x).sum()
        lib.autograd.grad(y, x, **options)
        return lib.autograd.grad(y, x)

    agree(program)


def test_a_shared_part_may_be_walked_again_where_nothing_was_saved():
    def program(lib):
        x = double(lib, [0.5, 2.0])
        h = x + 1
        (h * h).sum().backward()
        (h * 3).sum().backward()
        return x.grad

    agree(program)
