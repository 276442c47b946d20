"""The digit network from modules: its layers, names and sizes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from models.digit import DigitNet


@given(st.integers(1, 128), st.integers(1, 9))
def test_shapes_and_parameters(hidden, batch):
    net = DigitNet(hidden)
    shapes = {name: parameter.shape for name, parameter in net.named_parameters()}
    assert shapes == {
        "fc1.weight": (hidden, 784),
        "fc1.bias": (hidden,),
        "fc2.weight": (10, hidden),
        "fc2.bias": (10,),
    }
    assert sum(parameter.numel() for parameter in net.parameters()) == 785 * hidden + (hidden + 1) * 10
    Z1, A1, Z2 = net.activations(tg.rand(batch, 784))
    assert (Z1.shape, A1.shape, Z2.shape) == ((batch, hidden), (batch, hidden), (batch, 10))


def test_the_default_is_the_network_of_the_name():
    assert sum(parameter.numel() for parameter in DigitNet().parameters()) == 7960


def test_calling_gives_the_logits_of_the_activations():
    net, X = DigitNet(5), tg.rand(3, 784)
    assert net(X).tolist() == net.activations(X).Z2.tolist()


def test_images_of_the_wrong_size_are_refused_with_the_layer_named():
    with pytest.raises(RuntimeError, match=r"fc1.*expected.*784.*got \(3, 28\)"):
        DigitNet()(tg.rand(3, 28))
