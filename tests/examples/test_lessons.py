"""The lessons run, say the same each time, and what they claim holds; on the embedded sample."""

import inspect
import io
import math
import os
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from examples import lessons
from examples.lessons import LESSONS
from examples.lessons.lesson import OUT, table

ROOT = Path(__file__).resolve().parents[2]

Ran = tuple[Any, str]  # what a lesson returned, and what it printed


def run_lesson(name: str, out: Path) -> Ran:
    """Run a lesson. It is imported here and not above: lesson 9 declares an op, and the tests of ops list them all."""
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as printed:
        patch.delenv("TINYGRAD_NP_DATA", raising=False)
        result = import_module(f"examples.lessons.{name}").main(out)
    return result, printed.getvalue()


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Ran]:
    """Return a function that runs a lesson the first time it is asked for."""
    results: dict[str, Ran] = {}

    def once(name: str) -> Ran:
        if name not in results:
            results[name] = run_lesson(name, tmp_path_factory.mktemp(name) / "made" / "by the lesson")
        return results[name]

    return once


# ---------------------------------------------------------------------------------------------------------- all lessons


def test_the_list_names_every_lesson() -> None:
    files = sorted(path.stem for path in Path(lessons.__file__).parent.glob("lesson_*.py"))
    assert list(LESSONS) == files
    assert len(files) == 9
    assert [line.split()[0] for line in (lessons.__doc__ or "").splitlines() if line.startswith("lesson_")] == files


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_prints_and_draws(name: str, ran: Callable[[str], Ran]) -> None:
    result, printed = ran(name)
    lines = printed.splitlines()
    assert len(lines) > 10
    assert max(map(len, lines)) <= 110
    assert not re.search(r"\b(nan|inf)\b", printed)
    assert result.pictures
    for path in result.pictures:
        assert path.name.startswith(name[:8])  # lesson_1
        with Image.open(path) as picture:
            assert picture.format == "PNG"
            width, height = picture.size
            pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
        assert 700 < width < 1500
        assert 300 < height < 900
        drawn = (pixels != 255).any(1)
        assert 0.02 < drawn.mean() < 0.9
        assert len(np.unique(pixels[drawn], axis=0)) > 50


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_says_and_draws_the_same_each_time(name: str, ran: Callable[[str], Ran], tmp_path: Path) -> None:
    result, printed = ran(name)
    again, printed_again = run_lesson(name, tmp_path)
    assert printed_again == printed
    assert [path.name for path in again.pictures] == [path.name for path in result.pictures]
    for path, earlier in zip(again.pictures, result.pictures, strict=True):
        assert path.read_bytes() == earlier.read_bytes()


def test_the_command(ran: Callable[[str], Ran], tmp_path: Path) -> None:
    name = "lesson_1_forward"
    command = [sys.executable, "-m", f"examples.lessons.{name}", "--out", str(tmp_path)]
    environment = {key: value for key, value in os.environ.items() if key != "TINYGRAD_NP_DATA"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == ran(name)[1] + f"Picture: {tmp_path / name}.png\n"
    assert (tmp_path / f"{name}.png").exists()


def test_the_pictures_go_where_git_does_not_look() -> None:
    assert Path("runs/lessons") == OUT
    assert "runs/" in (ROOT / ".gitignore").read_text(encoding="utf-8").split()


def test_a_table_lines_up(capsys: pytest.CaptureFixture[str]) -> None:
    table(("name", "count", "share"), [("a", "1,000", "5.0 %"), ("bcdef", 7, "12.5 %")])
    assert capsys.readouterr().out.splitlines() == [
        "  name   count   share",
        "  -----  -----  ------",
        "  a      1,000   5.0 %",
        "  bcdef      7  12.5 %",
        "",
    ]


# ------------------------------------------------------------------------------------------------------ what they claim


def test_1_the_loss_starts_near_ln_10(ran: Callable[[str], Ran]) -> None:
    result, printed = ran("lesson_1_forward")
    assert abs(result.loss - math.log(10)) < 0.1
    assert 0.02 < result.accuracy < 0.25
    assert f"{result.loss:.4f}" in printed


def test_2_the_error_of_a_nudge_has_a_minimum(ran: Callable[[str], Ran]) -> None:
    result, _ = ran("lesson_2_nudge")
    (one_sided, at_one_sided), (central, at_central), (_, at_float32) = result.best.values()
    assert 1e-9 < one_sided < 1e-5
    assert 1e-6 < central < 1e-2
    assert at_central < 1e-8 < at_one_sided < 1e-5 < at_float32 < 1e-2
    assert result.order == pytest.approx(2, abs=0.05)  # the error falls with the square of the step


def test_3_the_bug_is_found_and_accuracy_does_not_show_it(ran: Callable[[str], Ran]) -> None:
    result, printed = ran("lesson_3_manual_backprop")
    assert result.wrong == ["db2", "db1"]
    np.testing.assert_allclose(result.script_db2, 0, atol=1e-15)
    assert len(set(result.script_db1.tolist())) == 1
    by_hand, script = result.accuracy.values()
    assert min(by_hand, script) > 0.75
    assert abs(by_hand - script) < 0.03
    assert printed.count("WRONG") == 2


def test_4_the_scalar_engine_is_right_and_its_broken_walks_are_not(ran: Callable[[str], Ran]) -> None:
    result, _ = ran("lesson_4_scalar_engine")
    assert result.right == result.derived == 135
    assert (result.overwritten, result.wrong_order) == (27, 81)
    assert result.largest_difference < 1e-13


def test_4_the_scalar_engine_has_60_lines() -> None:
    text = inspect.getsource(import_module("examples.lessons.lesson_4_scalar_engine"))
    engine = text.split("the engine\n")[1].split("\n# ---")[0]
    assert len(engine.strip().splitlines()) <= 60


@given(st.lists(st.floats(-1, 1), min_size=3, max_size=3), st.integers(0, 2**32 - 1))
def test_4_the_scalar_engine_agrees_with_central_differences(values: list[float], seed: int) -> None:
    """Along a random direction, for expressions without the kink of a ReLU."""
    lesson = import_module("examples.lessons.lesson_4_scalar_engine")

    def value(start: list[Any]) -> Any:
        x, y, z = start
        return ((x * y + z).tanh() * x + (z * z).tanh()) * (x + y)

    direction = np.random.default_rng(seed).normal(size=3)
    numbers = [lesson.Number(v) for v in values]
    lesson.backward(value(numbers))
    slope = sum(n.grad * d for n, d in zip(numbers, direction, strict=True))
    h = 1e-5
    up, down = (
        value([lesson.Number(v + s * h * d) for v, d in zip(values, direction, strict=True)]).value for s in (1, -1)
    )
    assert slope == pytest.approx((up - down) / (2 * h), rel=1e-6, abs=1e-8)


def test_5_hypothesis_finds_the_smallest_counter_examples(ran: Callable[[str], Ran]) -> None:
    result, printed = ran("lesson_5_broadcasting")
    assert result.counter_examples == {
        "forgets_stretched_axes": ((1,), (2,)),
        "forgets_keepdims": ((1,), (1,)),
        "sums_over_everything": ((2,), (2,)),
        "right": None,
    }
    assert result.tinygrad_np is None
    assert "(1,) [3.0]" in printed


def test_6_the_three_lines(ran: Callable[[str], Ran]) -> None:
    result, _ = ran("lesson_6_matmul_and_softmax")
    assert result.index_difference < 1e-15
    assert result.orders_that_fit == ["dZ2.T @ A1"]
    assert result.jacobian_difference < 1e-15
    expected = {"dZ2": 0.5, "dW2": 1, "db2": 1, "dA1": 0.5, "dZ1": 0.5, "dW1": 1, "db1": 1}
    assert result.halved == pytest.approx(expected, rel=1e-12)


def test_7_a_hundred_steps_are_equal_to_the_bit(ran: Callable[[str], Ran]) -> None:
    result, printed = ran("lesson_7_modules")
    assert result.equal_steps == 100
    assert result.losses_by_autodiff == pytest.approx(result.losses_by_hand, rel=1e-6)
    assert np.mean(result.losses_by_autodiff[-10:]) < 0.5 * result.losses_by_autodiff[0]
    assert "DIFFER" not in printed


def test_8_compare_names_each_planted_mistake(ran: Callable[[str], Ran]) -> None:
    result, printed = ran("lesson_8_break_it")
    mistakes = import_module("examples.lessons.lesson_8_break_it").MISTAKES
    assert result.verdicts == {name: (mistake.gradient, mistake.cause) for name, mistake in mistakes.items()}
    assert len(result.verdicts) == 6
    assert result.right_headline.startswith("All 7 gradients are right: 7 equal")
    right, bias, *_, transpose, softmax, sign = result.accuracy.values()
    assert abs(right - bias) < 0.03  # what accuracy does not show
    assert transpose > 0.6
    assert max(softmax, sign) < 0.2 < 0.75 < right
    assert "inherits the error of dA1" in printed


def test_9_the_new_layer_is_right_and_learns(ran: Callable[[str], Ran]) -> None:
    result, printed = ran("lesson_9_your_own_layer")
    assert result.errors.keys() == {"x", "beta"}
    assert max(result.errors.values()) < 1e-8
    assert result.error_of_a_wrong_rule > 0.01
    assert result.parameters == 785 * 16 + 16 + 17 * 10
    assert result.accuracy_before < 0.3 < 0.85 < result.accuracy
    assert min(result.betas) < 0.95 < 1.1 < max(result.betas)
    assert "Swish" in printed


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 4))
def test_9_the_rule_of_the_new_layer_serves_the_second_order(seed: int, m: int, n: int) -> None:
    """The derivative of its own gradient, along a random direction, against a central difference of the gradient."""
    import tinygrad_np as tg
    from tinygrad_np import autograd

    swish = import_module("examples.lessons.lesson_9_your_own_layer").swish
    rng = np.random.default_rng(seed)
    x, beta, g, v = (rng.normal(size=shape) for shape in ((m, n), n, (m, n), (m, n)))

    def gradient(x: Any, create_graph: bool = False) -> tuple[Any, Any]:
        leaf, b = tg.tensor(x, requires_grad=True), tg.tensor(beta)
        (found,) = autograd.grad(swish(leaf, b), leaf, tg.tensor(g), create_graph=create_graph)
        return found, leaf

    first, leaf = gradient(x, create_graph=True)
    (second,) = autograd.grad((first * tg.tensor(v)).sum(), leaf)
    h = 1e-5
    along = (gradient(x + h * v)[0].numpy() - gradient(x - h * v)[0].numpy()) / (2 * h)
    assert float((second * tg.tensor(v)).sum()) == pytest.approx(float((along * v).sum()), rel=1e-6, abs=1e-7)
