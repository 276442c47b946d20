"""The parts of training: the loop, going on, large batches, the data."""

import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import data
import tinygrad_np as tg
from examples.digit import checkpoint, large_batch, report, results
from examples.digit.dataset import Split, as_input, script_split, split
from examples.digit.options import RECIPES, Options, parse
from examples.digit.training import DivergedError, Run, rate_factor
from models import digit_manual
from models.digit import DigitNet
from tests.examples.digit_cases import made_up, parameters_of, rows_of, tiny, without_time
from tinygrad_np.testing import Domain, check_op

# --- the loop ---------------------------------------------------------------------------------------------------------


def test_an_epoch_uses_every_image_once_in_a_new_order(monkeypatch):
    seen: list[int] = []
    sizes: list[int] = []
    step = Run._step

    def spy(self, images, labels):
        seen.extend(rows_of(np.rint(images.numpy() * 255)))
        sizes.append(len(labels))
        step(self, images, labels)

    monkeypatch.setattr(Run, "_step", spy)
    run = tiny(made_up(70))
    run.train()
    epochs = [seen[i : i + 70] for i in (0, 70, 140)]
    assert all(sorted(epoch) == list(range(70)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 3
    assert sizes == [16, 16, 16, 16, 6] * 3
    assert run.steps == run.steps_done == len(sizes)


def test_the_loop_is_gradient_descent_with_momentum():
    """The same steps as those of `digit_manual.train`, to the bit, if the rate is constant."""
    digits = made_up(48)
    run = tiny(digits, warm_up=None, lr=0.1, momentum=0.5)
    names = ("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias")
    parameters = digit_manual.Parameters(*(run.model.state_dict()[name].numpy().copy() for name in names))

    class SameOrder:
        generator = tg.Generator().manual_seed(0)

        def permutation(self, count: int) -> np.ndarray:
            return tg.randperm(count, generator=self.generator).numpy()

    X = digits.train_images.astype(np.float32) / 255
    digit_manual.train(X, digits.train_labels, parameters, epochs=3, batch=16, rate=0.1, momentum=0.5, rng=SameOrder())
    run.train()
    for name, expected in zip(names, parameters, strict=True):
        np.testing.assert_array_equal(run.model.state_dict()[name].numpy(), expected, strict=True)


@pytest.mark.parametrize("report_every", [1, 2])
@pytest.mark.parametrize("piece", [7, large_batch.PIECE])  # batches in pieces, or whole
def test_history_is_measured_on_what_it_says(report_every, piece, monkeypatch):
    monkeypatch.setattr(large_batch, "PIECE", piece)
    digits = made_up(32)
    run = tiny(digits, lr=1e-12, momentum=0.0, report_every=report_every)  # so small that the parameters stay the same
    before = run.model.state_dict()
    parameters = digit_manual.Parameters(*(tensor.numpy().copy() for tensor in before.values()))
    run.train()
    assert [line.epoch for line in run.history] == sorted({*range(report_every, 4, report_every), 3})
    train = digit_manual.forward(digits.train_images.astype(np.float32) / 255, parameters)
    test = digit_manual.forward(digits.test_images.astype(np.float32) / 255, parameters)
    for line in run.history:
        assert line.loss == pytest.approx(digit_manual.loss(train.Z2, digits.train_labels), rel=1e-5)
        assert line.train_accuracy == 100 * np.mean(train.A2.argmax(1) == digits.train_labels)
        assert line.test_accuracy == 100 * np.mean(test.A2.argmax(1) == digits.test_labels)


@given(st.integers(1, 300), st.floats(0, 1))
def test_the_rate_rises_once_and_falls_once(steps, warm_up):
    factor = rate_factor(steps, warm_up)
    factors = np.array([factor(step) for step in range(steps)])
    top = factors.argmax()
    assert factors[top] == 1
    assert (factors > 0).all()
    assert (np.diff(factors[: top + 1]) > 0).all()
    assert (np.diff(factors[top:]) <= 0).all()
    assert top + 1 == max(1, round(warm_up * steps))


def test_a_rate_that_is_too_large_is_an_error():
    with pytest.raises(DivergedError, match=r"the loss is (inf|nan) in epoch [123]; try a smaller --lr"):
        tiny(made_up(), lr=1e30).train()


@pytest.mark.parametrize("recipe", sorted(RECIPES))
@given(data_=st.data())
def test_a_resumed_run_ends_at_the_same_bits(recipe, data_, tmp_path_factory):
    digits = made_up()
    path = tmp_path_factory.mktemp("checkpoint") / checkpoint.FILE
    batch_size = data_.draw(st.sampled_from([16, 70, None]))
    options = replace(parse(["--recipe", recipe]), hidden=3, epochs=12, batch_size=batch_size, momentum=0.5)

    def new() -> Run:
        return Run(options, *split(digits).tensors())

    whole = new()
    whole.train()
    run = new()
    for pause in sorted(data_.draw(st.lists(st.integers(0, whole.steps), max_size=3))):
        taken = run.steps_done
        countdown = iter([False] * max(0, pause - taken))
        run.train(stop=lambda: next(countdown, True))  # noqa: B023 (used at once)
        assert run.steps_done == max(pause, taken)
        checkpoint.save(run, "digest", path)
        run = new()
        checkpoint.restore(run, "digest", path)
    run.train()
    assert parameters_of(run) == parameters_of(whole)
    assert without_time(run.history) == without_time(whole.history)
    assert run.optimizer.state_dict()["param_groups"] == whole.optimizer.state_dict()["param_groups"]


def test_a_run_goes_on_only_with_as_many_epochs_between_lines(tmp_path):
    """Correct images are counted only in epochs after which a line is due."""
    run = tiny(made_up(32), report_every=2)
    checkpoint.save(run, "digest", tmp_path / checkpoint.FILE)
    checkpoint.restore(tiny(made_up(32), report_every=2), "digest", tmp_path / checkpoint.FILE)
    with pytest.raises(checkpoint.CheckpointError, match="other options: report_every is 1 but was 2; give the same"):
        checkpoint.restore(tiny(made_up(32), report_every=1), "digest", tmp_path / checkpoint.FILE)


def test_the_script_takes_full_steps_from_uniform_parameters():
    digits = made_up(300, 0)
    parts = script_split(digits, 0)
    options: Options = replace(parse(["--recipe", "script"]), hidden=7, epochs=20)
    run = Run(options, *parts.tensors())
    names = ("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias")
    parameters = digit_manual.Parameters(*(run.model.state_dict()[name].numpy().copy() for name in names))
    for parameter in parameters:
        assert -0.5 <= parameter.min() < 0 < parameter.max() <= 0.5
        assert parameter.dtype == np.float32
    assert abs(parameters.W1).max() > 0.49
    run.train()
    X = as_input(parts.train_pixels).numpy()
    for _ in range(20):
        digit_manual.step(X, parts.train_labels, parameters, 0.1)
    for name, expected in zip(names, parameters, strict=True):
        np.testing.assert_array_equal(run.model.state_dict()[name].numpy(), expected, strict=True)


@pytest.mark.parametrize(("rows", "hidden"), [(1000, 7), (960, 7), (1000, 20), (97, 7)])
def test_a_large_batch_in_pieces_has_the_gradients_of_the_whole(rows, hidden, monkeypatch):
    rng = np.random.default_rng(0)
    images = tg.tensor(rng.random((rows, 784)).astype(np.float32))
    labels = tg.tensor(rng.integers(0, 10, rows))
    model = DigitNet(hidden)
    loss = tg.nn.functional.cross_entropy(model(images), labels)
    loss.backward()
    expected = [parameter.grad.numpy().copy() for parameter in model.parameters()]
    monkeypatch.setattr(large_batch, "PIECE", 192)
    found = []
    for workers in (1, 3):
        monkeypatch.setattr(large_batch, "CORES", workers)
        monkeypatch.setattr(large_batch, "_threads", ThreadPoolExecutor(workers))
        mean, right = large_batch.backward(model, images, labels)
        found.append([mean, *(parameter.grad.numpy().copy() for parameter in model.parameters())])
        uncounted = large_batch.backward(model, images, labels, counted=False)
        assert uncounted == (mean, 0)
        large_batch._threads.shutdown()
        assert mean == pytest.approx(loss.item(), rel=1e-6)
        assert right == np.count_nonzero(model(images).argmax(1).numpy() == labels.numpy())
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)  # whatever the number of threads
    for one, whole in zip(found[0][1:], expected, strict=True):
        np.testing.assert_allclose(one, whole, rtol=1e-5, atol=1e-6 * abs(whole).max())


def test_a_large_batch_after_one_that_failed(monkeypatch):
    rng = np.random.default_rng(0)
    images, labels = tg.tensor(rng.random((1000, 784))), rng.integers(0, 10, 1000)
    wrong = labels.copy()
    wrong[70] = 10
    model = DigitNet(5).double()
    monkeypatch.setattr(large_batch, "PIECE", 64)
    tg.nn.functional.cross_entropy(model(images), tg.tensor(labels)).backward()
    expected = [parameter.grad.numpy().copy() for parameter in model.parameters()]
    for _ in range(20):
        with pytest.raises(IndexError, match="label"):
            large_batch.backward(model, images, tg.tensor(wrong))
        large_batch.backward(model, images, tg.tensor(labels))
        for parameter, whole in zip(model.parameters(), expected, strict=True):
            np.testing.assert_allclose(parameter.grad.numpy(), whole, rtol=1e-9, atol=1e-15)


def test_the_op_for_blocks_of_rows_passes_the_tests_of_every_op():
    shapes = Domain(analytic=True, case=lambda draw: ([(draw.integer(0, 3), 2, 3), (4, 3), (4,)], ()))
    check_op(large_batch.linear_in_blocks, lambda x, W, b: x @ W.T + b, domain=shapes)


# --- the data ---------------------------------------------------------------------------------------------------------


def test_data_with_test_images_is_taken_as_it_is():
    digits = made_up(70, 20)
    parts = split(digits)
    assert rows_of(parts.train_pixels) == list(range(70))
    assert rows_of(parts.test_pixels) == list(range(70, 90))


def test_data_without_test_images_is_split_the_same_way_each_time():
    digits = made_up(70, 0)
    parts, again = split(digits), split(digits)
    assert len(parts.test_labels) == 10
    assert sorted(rows_of(parts.train_pixels) + rows_of(parts.test_pixels)) == list(range(70))
    assert rows_of(parts.test_pixels) == rows_of(again.test_pixels)
    assert "10 of 70 rows held out for testing" in parts.source
    np.testing.assert_array_equal(parts.test_labels, digits.train_labels[rows_of(parts.test_pixels)])


@pytest.mark.parametrize(("rows", "used", "held_out"), [(43_000, 42_000, 1_000), (7_000, 7_000, 1_000), (70, 70, 10)])
def test_the_split_of_the_script(rows, used, held_out):
    digits = made_up(rows, 0)
    parts = script_split(digits, seed=0)
    assert len(parts.test_labels) == held_out
    assert sorted(rows_of(parts.train_pixels) + rows_of(parts.test_pixels)) == list(range(used))
    assert rows_of(parts.test_pixels) != rows_of(script_split(digits, seed=1).test_pixels)
    np.testing.assert_array_equal(parts.test_labels, digits.train_labels[rows_of(parts.test_pixels)])


def test_too_little_data_is_an_error():
    with pytest.raises(data.DataError, match=r"6 images \(made up\) are too few to hold some out for testing"):
        split(made_up(6, 0))


def test_the_fingerprint_knows_images_and_labels():
    digits = made_up()
    parts = split(digits)
    pixels, labels = parts.train_pixels.copy(), parts.train_labels.copy()
    pixels[3, 5] ^= 1
    labels[3] = (labels[3] + 1) % 10
    changed: list[Split] = [replace(parts, train_pixels=pixels), replace(parts, train_labels=labels)]
    assert len({parts.fingerprint(), *(other.fingerprint() for other in changed)}) == 3
    assert parts.fingerprint() == split(made_up()).fingerprint()


# --- small things -----------------------------------------------------------------------------------------------------


@given(st.integers(1, 40), st.integers(0, 10**6))
def test_the_worst_mistakes_come_first(count, seed):
    rng = np.random.default_rng(seed)
    p, labels = rng.dirichlet(np.ones(10), count), rng.integers(0, 10, count)
    worst = results.worst_mistakes(p, labels)
    assert set(worst.tolist()) == {i for i in range(count) if p[i].argmax() != labels[i]}
    assert (np.diff(p[worst, labels[worst]]) >= 0).all()


def test_pictures_of_a_perfect_and_wide_network(tmp_path):
    """No mistakes to show, one epoch, more units than there is room for."""
    parts = split(made_up())
    run = Run(replace(parse([]), hidden=120, epochs=1), *parts.tensors())
    run.train()
    predicted = run.model(run.test_images).detach().numpy().argmax(1)
    drawn = results.draw(run, replace(parts, test_labels=predicted), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(drawn) >= {"mistakes.png", "hidden_units.png"}


def test_outside_of_the_main_thread_signals_are_left_alone():
    before = signal.getsignal(signal.SIGINT)
    during: list[object] = []

    def look() -> None:
        with report.interruptible() as interrupted:
            during.extend([signal.getsignal(signal.SIGINT), interrupted()])

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert during == [before, False]
