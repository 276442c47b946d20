"""Predictions for test images and for picture files."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import data
import tinygrad_np as tg
from examples import predict_digit
from examples.digit import pictures, scan, weights
from models import digit_manual
from models.digit import DigitNet

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def digits() -> data.Digits:
    return data.load_digits(data.SAMPLE)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, digits) -> Path:
    """A file of weights that classify most of the sample."""
    path = tmp_path_factory.mktemp("weights") / weights.FILE
    rng = np.random.default_rng(0)
    parameters = digit_manual.initialise(16, rng)
    X = digits.train_images.astype(np.float32) / 255
    digit_manual.train(X, digits.train_labels, parameters, epochs=12, batch=32, rate=0.1, momentum=0.5, rng=rng)
    model = DigitNet(16)
    model.load_state_dict(dict(zip(model.state_dict(), parameters, strict=True)))
    weights.save(model, path)
    return path


@pytest.fixture
def predict(trained, tmp_path, capsys) -> Callable[..., tuple[int, str, str]]:
    """A function that runs the command and returns its status, output and errors."""

    def run(*arguments: object) -> tuple[int, str, str]:
        common = ["--data", str(data.SAMPLE), "--weights", str(trained), "--out", str(tmp_path / "out")]
        try:
            status = predict_digit.main([*common, *map(str, arguments)])
        except SystemExit as stop:
            status = stop.code
        return status, *capsys.readouterr()

    return run


def canvas(
    image: np.ndarray, factor: int = 6, top: int = 30, left: int = 50, ink: int = 20, paper: int = 230
) -> np.ndarray:
    """A digit enlarged and placed on a larger sheet, in other greys."""
    strength = image.reshape(28, 28).repeat(factor, 0).repeat(factor, 1) / 255
    sheet = np.full((28 * factor + 120, 28 * factor + 140), float(paper))
    sheet[top : top + 28 * factor, left : left + 28 * factor] += (ink - paper) * strength
    return np.rint(sheet).astype(np.uint8)


# --- the command ------------------------------------------------------------------------------------------------------


def test_test_images_are_shown_with_label_prediction_and_probabilities(predict, digits, trained, tmp_path):
    status, output, errors = predict("--index", 0, 7, 42)
    assert (status, errors) == (0, "")
    arrays = safetensors.numpy.load_file(trained)
    parameters = digit_manual.Parameters(*(arrays[n] for n in ("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias")))
    A2 = digit_manual.forward(digits.test_images[[0, 7, 42]].astype(np.float32) / 255, parameters).A2
    rows = re.findall(r"^test (\d+) +(\d) +(\d)( wrong)? +\|(.*)$", output, re.MULTILINE)
    assert [int(row[0]) for row in rows] == [0, 7, 42]
    for row, p, label in zip(rows, A2, digits.test_labels[[0, 7, 42]], strict=True):
        assert int(row[1]) == label
        assert int(row[2]) == p.argmax()
        assert bool(row[3]) == (p.argmax() != label)
        np.testing.assert_allclose([float(number) for number in row[4].split()], 100 * p, atol=0.0501)
    lengths = {len(line) for line in output.splitlines() if "|" in line}
    assert len(lengths) == 1  # aligned
    with Image.open(tmp_path / "out" / "predictions_0_7_42.png") as image:
        assert min(image.size) > 150


def test_without_arguments_the_first_five_are_shown(predict):
    status, output, _ = predict()
    assert status == 0
    assert re.findall(r"^test (\d+) ", output, re.MULTILINE) == ["0", "1", "2", "3", "4"]


def test_picture_files_are_recognised(predict, digits, trained, tmp_path):
    """Written dark on light, larger and off the centre, a digit is taken for what it was before."""
    model = weights.load(trained)
    chosen = range(12)
    paths = []
    for i in chosen:
        paths.append(tmp_path / f"sheet {i}.png")
        Image.fromarray(canvas(digits.test_images[i])).convert("RGB").save(paths[-1])
    status, output, errors = predict(*paths)
    assert (status, errors) == (0, "")
    rows = re.findall(r"^sheet (\d+)\.png +- +(\d) +\|", output, re.MULTILINE)
    assert [int(row[0]) for row in rows] == list(chosen)
    form = np.stack([scan.like_mnist(digits.test_images[i].reshape(28, 28) / 255) for i in chosen])
    expected = model(tg.tensor(form.astype(np.float32) / 255)).argmax(1).tolist()
    assert np.mean([int(row[1]) == e for row, e in zip(rows, expected, strict=True)]) >= 11 / 12
    assert "data:" not in output  # no data set is needed for pictures


def test_a_process_that_finds_no_weights_says_what_to_do(tmp_path):
    command = [sys.executable, "-m", "examples.predict_digit", "--weights", str(tmp_path / weights.FILE)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert re.fullmatch(
        r"predict_digit: error: .*weights.safetensors: no such file; run `make digit` first, .*\n", done.stderr
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--index 297", "--index 297: there are 297 test images, counted from 0 to 296"),
        ("--index -1", "argument --index: expected a whole number from 0 to 1,000,000,000, got '-1'"),
        ("--index seven", "got 'seven'"),
        ("--data {tmp}/none", "no such file or folder"),
        ("{tmp}/none.png", "none.png: no such file"),
        ("{tmp}/text.png", "text.png: not a picture that can be read"),
        ("{tmp}/cut.png", "cut.png: not a picture that can be read"),
        ("{tmp}/empty.png", "empty.png: nothing is drawn in it; the digit must be darker or lighter than the border"),
        ("--weights {tmp}/none", "none: no such file; run `make digit` first"),
        ("--out {tmp}/text.png", "text.png"),
        (f"--index {' '.join(['0'] * 51)}", "51 images are too many for a picture; give at most 50"),
    ],
)
def test_a_wrong_value_is_one_line_and_status_2(arguments, message, predict, tmp_path):
    (tmp_path / "text.png").write_text("not a picture")
    Image.new("L", (40, 40), 255).save(tmp_path / "empty.png")
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (90, 90), np.uint8))
    noise.save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:3000])
    status, _, errors = predict(*arguments.format(tmp=tmp_path).split())
    assert status == 2
    assert errors.startswith("predict_digit: error: ")
    assert message in errors
    assert errors.count("\n") == 1


def test_show_without_a_display_says_so(predict, monkeypatch):
    monkeypatch.setattr(pictures, "show", lambda path: False)
    status, _, errors = predict("--index", 0, "--show")
    assert (status, errors) == (0, "there is no display to show the picture on\n")


@given(st.lists(st.text(st.characters(categories=["L", "Zs", "N"]), min_size=1, max_size=30), min_size=1, max_size=9))
def test_the_name_of_the_picture_is_short_and_without_blanks(names):
    name = predict_digit.file_name([3], [Path(f"{name}.png") for name in names])
    assert re.fullmatch(r"predictions_3_\S*\.png", name)
    assert len(name) <= 100


# --- weights ----------------------------------------------------------------------------------------------------------


def test_weights_come_back_as_they_were(tmp_path):
    model = DigitNet(3)
    weights.save(model, tmp_path / "w")
    again = weights.load(tmp_path / "w")
    for one, other in zip(model.parameters(), again.parameters(), strict=True):
        np.testing.assert_array_equal(one.detach().numpy(), other.detach().numpy(), strict=True)


RIGHT = {"fc1.weight": (5, 784), "fc1.bias": (5,), "fc2.weight": (10, 5), "fc2.bias": (10,)}


@pytest.mark.parametrize(
    ("changes", "dtype"),
    [
        ({"fc1.weight": (5, 783)}, np.float32),
        ({"fc2.weight": (5, 10)}, np.float32),
        ({"fc1.bias": (6,)}, np.float32),
        ({"fc2.bias": None}, np.float32),
        ({"fc1.bias": None}, np.float32),
        ({"fc3.bias": (10,)}, np.float32),
        (dict.fromkeys(RIGHT), np.float32),
        ({}, np.float64),
    ],
)
def test_arrays_of_another_network_are_refused(changes, dtype, tmp_path):
    shapes = {name: shape for name, shape in (RIGHT | changes).items() if shape is not None}
    content = safetensors.numpy.save({name: np.zeros(shape, dtype) for name, shape in shapes.items()})
    (tmp_path / "w").write_bytes(content)
    with pytest.raises(weights.WeightsError, match="not the weights of a digit network") as caught:
        weights.load(tmp_path / "w")
    assert all(f"{name} {np.dtype(dtype)} {shape}" in str(caught.value) for name, shape in shapes.items())


@pytest.mark.parametrize("keep", [0, 7, -1])
def test_a_damaged_file_of_weights_is_refused(keep, trained, tmp_path):
    (tmp_path / "w").write_bytes(trained.read_bytes()[:keep])
    with pytest.raises(weights.WeightsError, match="not a whole safetensors file"):
        weights.load(tmp_path / "w")


# --- pictures of digits -----------------------------------------------------------------------------------------------


@given(
    st.integers(0, 200),
    st.integers(0, 110),
    st.integers(0, 130),
    st.sampled_from([(0, 255), (255, 0), (20, 230), (200, 90)]),
    st.sampled_from(["L", "RGB", "RGBA", "I;16"]),
)
def test_where_and_how_a_digit_is_drawn_does_not_matter(digits, tmp_path_factory, index, top, left, greys, mode):
    folder = tmp_path_factory.mktemp("pictures")
    image = digits.test_images[index]
    Image.fromarray(canvas(image)).save(folder / "one.png")
    sheet = canvas(image, 6, top, left, *greys)
    if mode == "I;16":
        Image.fromarray(sheet.astype(np.uint16) * 257).save(folder / "other.png")
    else:
        Image.fromarray(sheet).convert(mode).save(folder / "other.png")
    one, other = scan.read(folder / "one.png").astype(int), scan.read(folder / "other.png").astype(int)
    assert abs(one - other).max() <= 255 / 30  # the sheet has whole numbers for greys


@given(st.integers(0, 296), st.integers(1, 9))
def test_a_digit_is_20_high_or_wide_and_centred_by_mass(digits, index, factor):
    result = scan.like_mnist(canvas(digits.test_images[index], factor, ink=255, paper=0) / 255)
    assert result.shape == (784,)
    assert result.dtype == np.uint8
    field = result.reshape(28, 28).astype(float)
    drawn = np.argwhere(field)
    extent = drawn.max(0) - drawn.min(0) + 1
    assert 19 <= extent.max() <= 20  # the outermost row may be too faint for a whole number
    assert field.max() == 255
    places = np.arange(28)
    centre = np.array([field.sum(1) @ places, field.sum(0) @ places]) / field.sum()
    assert (abs(centre - 14) <= 0.51).all()


def test_what_is_transparent_is_paper(digits, tmp_path):
    ink = canvas(digits.test_images[3], ink=255, paper=0)
    drawing = np.zeros((*ink.shape, 4), np.uint8)
    drawing[..., 3] = ink  # black ink on nothing
    Image.fromarray(drawing).save(tmp_path / "transparent.png")
    Image.fromarray(255 - ink).save(tmp_path / "paper.png")
    np.testing.assert_array_equal(scan.read(tmp_path / "transparent.png"), scan.read(tmp_path / "paper.png"))


def test_a_thin_stroke_and_a_dot_have_a_picture(tmp_path):
    for shape in [(300, 1), (1, 300), (1, 1)]:
        sheet = np.full((400, 400), 255, np.uint8)
        sheet[50 : 50 + shape[0], 50 : 50 + shape[1]] = 0
        Image.fromarray(sheet).save(tmp_path / "stroke.png")
        assert scan.read(tmp_path / "stroke.png").max() == 255


def test_a_picture_that_is_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(scan, "LARGEST", 99)
    Image.new("L", (10, 10)).save(tmp_path / "large.png")
    with pytest.raises(scan.ScanError, match=r"large\.png: 10x10 pixels are too many; make the picture smaller"):
        scan.read(tmp_path / "large.png")
