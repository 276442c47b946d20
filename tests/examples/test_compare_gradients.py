"""The comparison of gradients says the truth: on the embedded sample, and on arrays that differ in known ways."""

import io
import math
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import data
from examples.compare_gradients import ROUNDED, SAME, WRONG, compare, main, table
from tinygrad_np.explain.rounding import ulps

floats = st.floats(allow_nan=False, allow_infinity=False)


def verdicts(output: str) -> list[dict[str, str]]:
    """Read the verdict of each gradient off the two tables."""
    tables = output.split("against the gradients derived by hand")[1:]
    found = []
    for text in tables:
        rows = [line.strip(" |") for line in text.splitlines() if line.strip(" |").endswith((SAME, ROUNDED, WRONG))]
        found.append({row.split()[0]: next(v for v in (SAME, ROUNDED, WRONG) if row.endswith(v)) for row in rows})
    return found


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("hidden", "batch"), [(10, 64), (3, 1), (32, 200)])
def test_the_tables(dtype, hidden, batch, tmp_path, capsys):
    main(f"--data {data.SAMPLE} --hidden {hidden} --batch {batch} --dtype {dtype} --out {tmp_path}".split())
    output = capsys.readouterr().out
    autodiff, script = verdicts(output)
    assert list(autodiff) == ["dZ2", "dW2", "db2", "dA1", "dZ1", "dW1", "db1"] == list(script)
    assert set(autodiff.values()) == {SAME}
    assert {name for name, verdict in script.items() if verdict == WRONG} == {"db1", "db2"}
    assert "7 of 7 gradients are equal to the bit." in output
    assert "db2 and db1 are wrong" in output
    assert f"only {hidden + 10} of the {785 * hidden + 10 * hidden + 10:,} parameters" in output.replace("\n", " ")
    assert "\x1b" not in output  # plain text where there is no terminal
    assert all(len(line) <= 120 for line in output.splitlines() if str(tmp_path) not in line and "Data:" not in line)


def test_the_picture_shows_both(tmp_path, capsys):
    main(f"--data {data.SAMPLE} --out {tmp_path / 'new'}".split())
    path = tmp_path / "new" / "bias_gradients.png"
    assert str(path) in capsys.readouterr().out
    colours = {colour for _, colour in Image.open(path).convert("RGB").getcolors(1 << 20)}
    assert {(0x00, 0x72, 0xB2), (0xE6, 0x9F, 0x00)} <= colours


def test_with_one_hidden_unit_only_the_output_bias_is_wrong(tmp_path, capsys):
    main(f"--data {data.SAMPLE} --hidden 1 --out {tmp_path}".split())
    output = capsys.readouterr().out
    assert {name for name, verdict in verdicts(output)[1].items() if verdict == WRONG} == {"db2"}
    assert "db2 is wrong" in output


def test_the_seed_chooses_weights_and_batch(tmp_path, capsys):
    outputs = []
    for seed in (1, 1, 2):
        main(f"--data {data.SAMPLE} --seed {seed} --out {tmp_path}".split())
        outputs.append(capsys.readouterr().out.replace(f"seed {seed}", ""))
    assert outputs[0] == outputs[1] != outputs[2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--hidden 0", "argument --hidden: expected a whole number from 1, got '0'"),
        ("--batch many", "argument --batch: expected a whole number from 1, got 'many'"),
        ("--batch 1501", "argument --batch: 1,501 images asked for, but there are only 1,500"),
        ("--dtype float16", "argument --dtype: invalid choice: 'float16'"),
        ("--seed -1", "argument --seed: expected a whole number from 0, got '-1'"),
        ("--data nowhere", "nowhere: no such file or folder"),
        ("--width 3", "unrecognized arguments: --width 3"),
    ],
)
def test_wrong_options_are_one_line(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    known = [] if "--data" in arguments else ["--data", str(data.SAMPLE)]
    with pytest.raises(SystemExit) as stop:
        main(known + arguments.split())
    captured = capsys.readouterr()
    assert stop.value.code == 2
    assert captured.err.startswith(f"compare_gradients: {message}")
    assert captured.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path, capsys):
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit) as stop:
        main(f"--data {data.SAMPLE} --out {tmp_path / 'file' / 'folder'}".split())
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("compare_gradients: the picture could not be saved: ")
    assert error.count("\n") == 1


def test_the_output_needs_no_more_than_ascii(tmp_path, monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    main(f"--data {data.SAMPLE} --out {tmp_path}".split())
    stream.seek(0)
    assert set(verdicts(stream.read())[0].values()) == {SAME}


# ------------------------------------------------------------------------------------------- the measure of difference


@given(floats, st.integers(0, 100))
def test_ulps_counts_steps_of_nextafter(x, steps):
    y = x
    for _ in range(steps):
        y = math.nextafter(y, math.inf)
    if math.isfinite(y):
        assert ulps(np.array([x]), np.array([y])) == ulps(np.array([y]), np.array([x])) == steps


@given(st.floats(-(2.0**127), 2.0**127, width=32))
def test_ulps_of_float32(x):
    x = np.array([x], np.float32)
    y = np.nextafter(x, np.float32(np.inf))
    assert ulps(x, y) == 1


def test_ulps_across_the_whole_range():
    largest = np.finfo(np.float64).max
    assert ulps(np.array([-largest]), np.array([largest])) == 2 * int(np.array(largest).view(np.int64))


def test_the_sign_of_zero_is_a_bit_though_no_ulp():
    c = compare("dV", np.array([-0.0, 1.0]), np.array([0.0, 1.0]))
    assert (c.same_bits, c.ulps, c.largest_difference, c.verdict) == (False, 0, 0.0, ROUNDED)


@given(st.integers(1, 1000))
def test_scaled_ulps_are_steps_of_the_largest_entry(steps):
    reference = np.array([4.0, 1e-9], np.float32)
    array = reference + np.array([0, steps * np.spacing(np.float32(4.0))], np.float32)
    c = compare("dV", array, reference)
    assert c.scaled_ulps == pytest.approx(steps, rel=1e-2)
    assert c.ulps > 1000
    assert c.verdict == ROUNDED


@given(st.sampled_from([np.float32, np.float64]), st.floats(1e-3, 1e3))
def test_the_verdict_turns_at_half_of_the_digits(dtype, size):
    reference = np.array([size, 0], dtype)
    for factor, verdict in ((0.5, ROUNDED), (2, WRONG)):
        array = reference + np.array([0, factor * size * np.sqrt(np.finfo(dtype).eps)], dtype)
        assert compare("dV", array, reference).verdict == verdict


@pytest.mark.parametrize("array", [np.zeros((3, 1)), np.zeros(3, np.float32)])
def test_other_shapes_and_dtypes_are_refused(array):
    with pytest.raises(ValueError, match=r"dV: expected shape \(3,\) and float64, got"):
        compare("dV", array, np.zeros(3))


def test_what_is_wrong_is_marked_in_words_and_not_by_colour_alone():
    wrong = compare("dV", np.zeros(3), np.ones(3))
    assert ">> WRONG" in list(table("", [wrong]).columns[-1].cells)
