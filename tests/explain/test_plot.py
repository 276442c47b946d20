"""The pictures show the numbers, say what they cannot show, and refuse what they cannot draw."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

import tinygrad_np as tg
from models.digit import DigitNet
from tests.explain.test_trace import digit_trace, leaf
from tinygrad_np import nn
from tinygrad_np.explain import name, plot, trace
from tinygrad_np.nn.functional import cross_entropy


def drawn(figure: Figure) -> Figure:
    """Draw, so that what only fails on paper fails here."""
    figure.savefig(io.BytesIO())
    return figure


def overlapping(figure: Figure) -> list[tuple[str, str]]:
    """Return the texts that cover each other."""
    figure.draw_without_rendering()
    texts = [t for axes in figure.axes for t in (*axes.texts, axes.title) if t.get_text()]
    texts += [t for axes in figure.axes if axes.axison for t in (axes.xaxis.label, axes.yaxis.label) if t.get_text()]
    boxes = [(t.get_text(), t.get_window_extent()) for t in texts]
    return [(a, b) for i, (a, x) in enumerate(boxes) for b, y in boxes[:i] if x.overlaps(y)]


class TestGradientFlow:
    def test_a_models_bars_are_its_gradients(self):
        net = DigitNet(5)
        cross_entropy(net(tg.rand(8, 784)), tg.arange(8)).backward()
        axes = drawn(plot.gradient_flow(net)).axes[0]
        assert [t.get_text() for t in axes.get_yticklabels()] == ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]
        gradients = [parameter.grad.numpy().astype(float) for parameter in net.parameters()]
        assert [bar.get_width() for bar in axes.patches] == pytest.approx([np.sqrt((g**2).mean()) for g in gradients])
        assert axes.lines[0].get_xdata() == pytest.approx([np.abs(g).max() for g in gradients])

    def test_a_traces_bars_are_in_forward_order(self):
        axes = drawn(plot.gradient_flow(digit_trace()[0])).axes[0]
        labels = [t.get_text() for t in axes.get_yticklabels()]
        assert labels == ["W1", "b1", "Z1", "A1", "W2", "b2", "Z2", "loss"]
        assert len(axes.patches) == 8

    def test_what_a_logarithm_cannot_show_is_said(self):
        x = name(leaf(1.0, 2.0), "x")
        figure = drawn(plot.gradient_flow(trace((x.exp() * 0 + (x - 1.0).sqrt()).sum())))
        said = {t.get_text().strip() for t in figure.axes[0].texts}
        assert said == {"0 everywhere", "not finite"}

    def test_gradients_that_are_all_zero_can_be_drawn(self):
        x = leaf(1.0)
        (x * 0).sum().backward()
        net = nn.Linear(1, 1)
        (net(tg.ones(1, 1)) * 0).sum().backward()
        assert len(drawn(plot.gradient_flow(net)).axes[0].texts) == 2

    @pytest.mark.parametrize(
        ("source", "error", "message"),
        [
            (
                nn.Linear(1, 1),
                ValueError,
                r"gradient_flow: no parameter of the model has a gradient; call backward\(\)",
            ),
            (tg.ones(2), TypeError, "gradient_flow: expected a Module or a Trace, got Tensor"),
        ],
    )
    def test_what_has_none_is_refused(self, source, error, message):
        with pytest.raises(error, match=message):
            plot.gradient_flow(source)


class TestActivations:
    def test_a_models_histograms_count_every_entry(self):
        net, X = DigitNet(5), tg.rand(8, 784)
        figure = drawn(plot.activations(net, X))
        Z1, A1, Z2 = net.activations(X)
        for axes, path, array in zip(figure.axes, ("fc1", "relu", "fc2"), (Z1, A1, Z2), strict=True):
            values = array.detach().numpy()
            assert axes.get_title() == f"{path}  {values.shape}\n{100 * np.mean(values == 0):.0f} % are 0"
            assert sum(bar.get_height() for bar in axes.patches) == values.size
        assert not overlapping(figure)

    def test_a_traces_histograms_are_its_values_in_forward_order(self):
        figure = drawn(plot.activations(digit_trace()[0]))
        titles = [axes.get_title().split("\n")[0] for axes in figure.axes]
        assert titles == ["Z1  (6, 7)", "A1  (6, 7)", "Z2  (6, 10)"]

    def test_what_is_not_finite_or_empty_is_said(self):
        figure = drawn(plot.activations(nn.ReLU(), tg.tensor([float("nan"), float("inf"), 1.0, 0.0])))
        assert figure.axes[0].get_title().endswith("25 % are 0, 2 not finite")
        assert drawn(plot.activations(nn.ReLU(), tg.zeros(0))).axes[0].get_title().endswith("no entries")

    @pytest.mark.parametrize(
        ("arguments", "error", "message"),
        [
            ((nn.ReLU(),), TypeError, "activations: a model needs an input to run on"),
            ((trace(leaf(1.0)), tg.ones(2)), TypeError, "activations: a trace has its values; input is for models"),
            ((trace(leaf(1.0).exp()),), ValueError, "activations: the source has no values; compute the loss inside"),
            ((tg.ones(2),), TypeError, "activations: expected a Module or a Trace, got Tensor"),
        ],
    )
    def test_what_has_none_is_refused(self, arguments, error, message):
        with pytest.raises(error, match=message):
            plot.activations(*arguments)


class TestWeights:
    @given(st.integers(1, 25), st.integers(1, 9), st.integers(1, 9))
    def test_every_unit_is_an_image_where_its_caption_stands(self, units, height, width):
        array = np.random.default_rng(0).normal(size=(units, height * width)).astype(np.float32)
        figure = plot.weights(tg.tensor(array), shape=(height, width))
        axes = figure.axes[0]
        canvas = np.ma.filled(axes.images[0].get_array(), np.nan)
        captions = [t.get_text() for t in axes.texts]
        assert captions == [f"unit {unit}" for unit in range(units)]
        for unit, text in enumerate(axes.texts):
            x, y = text.get_position()
            left, bottom = round(x - width / 2), int(y)
            image = canvas[bottom - height : bottom, left : left + width]
            assert image.astype(np.float32).tobytes() == array[unit].tobytes()
        assert np.isfinite(canvas).sum() == array.size
        assert -axes.images[0].norm.vmin == axes.images[0].norm.vmax == pytest.approx(np.abs(array).max())

    @pytest.mark.parametrize(("units", "shape"), [(1, (28, 28)), (10, (28, 28)), (32, (28, 28)), (3, (2, 20))])
    def test_captions_do_not_cover_each_other(self, units, shape):
        figure = drawn(plot.weights(tg.randn(units, shape[0] * shape[1]), shape=shape))
        assert not overlapping(figure)

    def test_a_layers_weights_and_those_of_a_window(self):
        assert len(plot.weights(nn.Linear(784, 3)).axes[0].texts) == 3
        assert len(plot.weights(tg.ones(2, 3, 5, 5), shape=(5, 5)).axes[0].texts) == 6
        assert len(plot.weights(tg.zeros(784)).axes[0].texts) == 1

    def test_of_very_many_units_the_first_hundred_are_drawn(self):
        axes = plot.weights(tg.ones(101, 4), shape=(2, 2)).axes[0]
        assert (axes.get_title(), len(axes.texts)) == ("Weights of 100 of 101 units", 100)

    @pytest.mark.parametrize(
        ("source", "error", "message"),
        [
            (
                tg.ones(10, 783),
                ValueError,
                r"weights: shape \(10, 783\) has no rows of 28 x 28 = 784 entries; pass shape=",
            ),
            (tg.ones(0, 784), ValueError, r"weights: shape \(0, 784\) has no rows"),
            (nn.ReLU(), TypeError, "weights: expected a tensor or a layer with a weight, got ReLU"),
        ],
    )
    def test_what_is_no_image_is_refused(self, source, error, message):
        with pytest.raises(error, match=message):
            plot.weights(source)
