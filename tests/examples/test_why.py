"""The five questions are answered, and the numbers in the answers are right."""

import re

import pytest

from examples.why import QUESTIONS, main


def answer(question: str, capsys: pytest.CaptureFixture[str]) -> str:
    main([question])
    return capsys.readouterr().out


def rows(text: str) -> dict[str, list[float]]:
    """Read the lines of a label and a row of numbers."""
    found = re.findall(r"^ *(.*?) *\[ *(-?\d[-\d. ]*)\]$", text, re.MULTILINE)
    return {label: [float(x) for x in numbers.split()] for label, numbers in found}


def test_without_a_question_they_are_listed(capsys):
    main([])
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[:4] for line in listed] == [["python", "-m", "examples.why", q] for q in QUESTIONS]
    assert all(line.endswith("?") for line in listed)


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_is_plain_short_and_the_same_each_time(question, capsys):
    first = answer(question, capsys)
    assert first == answer(question, capsys)
    assert first.isascii()
    assert first.startswith(f"{QUESTIONS[question].__doc__}\n\n")
    assert first.count("\n") < 35
    assert all(len(line) <= 120 for line in first.splitlines())


def test_bias(capsys):
    text = answer("bias", capsys)
    found = rows(text)
    examples = [found[f"dZ of example {i}"] for i in range(3)]
    assert found["their sum, db"] == pytest.approx([sum(column) for column in zip(*examples, strict=True)], abs=2e-4)
    assert found["by nudging b"] == found["their sum, db"]
    assert "db = dZ  (3, 2) -> (2,) by summing axis 0" in text
    everything = float(re.search(r"np\.sum\(dZ\) = (\S+),", text).group(1))
    assert everything == pytest.approx(sum(map(sum, examples)), abs=4e-4)


def test_order(capsys):
    text = answer("order", capsys)
    different, square = text.split("Shapes that fit prove nothing")
    for part in (different, square):
        assert re.findall(r"^ +(\S+ = \S+ @ \S+) +right: nudging agrees$", part, re.MULTILINE) == [
            "dW = dZ.T @ A",
            "dA = dZ @ W",
        ]
    assert (different.count("does not fit"), different.count("wrong")) == (4, 0)
    assert (square.count("does not fit"), square.count("wrong: off by up to")) == (0, 4)
    assert "dA = dZ @ W  (3, 4)\n    dW = dZ.T @ A  (2, 4)" in square


def test_softmax(capsys):
    text = answer("softmax", capsys)
    found = rows(text)
    p, y, difference = found["p"], found["y"], found["p - y"]
    assert sum(p) == pytest.approx(1, abs=2e-4)
    assert difference == pytest.approx([a - b for a, b in zip(p, y, strict=True)], abs=2e-4)
    assert found["by the product"] == found["by autodiff"] == found["by nudging z"] == difference
    assert "dz = (p - onehot) * dloss / m  (1, 3)\n    where p = softmax(z, 1)" in text


def test_mean(capsys):
    text = answer("mean", capsys)
    table = re.findall(r"^ +(d\w+) +(\S+) +(\S+) +(\S+)$", text, re.MULTILINE)
    assert [row[0] for row in table] == ["dZ2", "dW2", "dA1", "dZ1", "dW1"]
    assert {row[3] for row in table} == {"4.0000"}
    for _, added, averaged, _ in table:
        assert float(added) / float(averaged) == pytest.approx(4, abs=1e-2)
    assert "dZ2 = (p - onehot) * dloss / m" in text
    assert text.endswith("m = 4\n")


def test_reuse(capsys):
    text = answer("reuse", capsys)
    parts = [int(x) for x in re.findall(r"^ +from \w: .* = (\d+)$", text, re.MULTILINE)]
    assert sorted(parts) == [2, 2, 3]
    assert "At x = 2, by nudging: 7." in text
    assert "dx = dv * 3 + du * x + du * x = 7" in text


def test_an_unknown_question_is_refused_with_the_list(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["weather"])
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert "weather" in error
    assert all(question in error for question in QUESTIONS)
