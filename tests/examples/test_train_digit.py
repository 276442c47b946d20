"""Training the digit network, on the embedded sample and on small made-up data."""

import csv
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from PIL import Image

import data
from examples import train_digit
from examples.digit import checkpoint, results, weights
from examples.digit.training import Run
from models import digit_manual
from tests.examples.digit_cases import made_up, tiny

ROOT = Path(__file__).resolve().parents[2]
PICTURES = {"learning_curves.png", "predictions.png", "mistakes.png", "confusion.png", "hidden_units.png"}
FILES = PICTURES | {weights.FILE, checkpoint.FILE, results.HISTORY}


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "examples.train_digit", "--data", str(data.SAMPLE), *map(str, arguments)]


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> tuple[Path, str]:
    """The folder and the output of a run of three epochs in a process of its own."""
    folder = tmp_path_factory.mktemp("digit") / "new" / "folder"
    done = subprocess.run(
        command("--epochs", 3, "--seed", 7, "--out", folder), cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return folder, done.stdout


# --- what a run leaves ------------------------------------------------------------------------------------------------


def test_output(finished):
    _, output = finished
    assert re.search(r"^data: UCI optical digits, 1,500 \+ 297 images", output, re.MULTILINE)
    assert re.search(r"^fc1 +Linear +\(N, 10\) +7,850$", output, re.MULTILINE)
    assert re.search(r"^total +7,960$", output, re.MULTILINE)
    assert len(re.findall(r"^ +[123]/3 +\d\.\d{4} +\d+\.\d\d % +\d+\.\d\d % +\d+\.\d\d s$", output, re.MULTILINE)) == 3
    assert re.fullmatch(r"test accuracy \d\d\.\d\d %", output.splitlines()[-1])
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", output)  # nothing that only a terminal understands


def test_files(finished):
    folder, output = finished
    assert {path.name for path in folder.iterdir()} == FILES
    for name in PICTURES:
        with Image.open(folder / name) as image:
            assert min(image.size) > 250
            assert len(np.unique(np.asarray(image.convert("L")))) > 20
        assert name in output


def test_history(finished):
    folder, output = finished
    with (folder / results.HISTORY).open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["epoch"] for line in lines] == ["1", "2", "3"]
    assert list(lines[0]) == ["epoch", "loss", "train_accuracy", "test_accuracy", "seconds"]
    assert float(lines[2]["loss"]) < float(lines[0]["loss"])
    assert output.splitlines()[-1] == f"test accuracy {float(lines[-1]['test_accuracy']):.2f} %"


def test_weights_give_the_accuracy_that_was_printed(finished):
    folder, output = finished
    arrays = safetensors.numpy.load_file(folder / weights.FILE)
    assert {name: (array.shape, array.dtype.name) for name, array in arrays.items()} == {
        "fc1.weight": ((10, 784), "float32"),
        "fc1.bias": ((10,), "float32"),
        "fc2.weight": ((10, 10), "float32"),
        "fc2.bias": ((10,), "float32"),
    }
    digits = data.load_digits(data.SAMPLE)
    W1, b1, W2, b2 = (arrays[name] for name in ("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"))
    X = digits.test_images.astype(np.float32) / 255
    A2 = digit_manual.forward(X, digit_manual.Parameters(W1, b1, W2, b2)).A2
    accuracy = 100 * np.mean(A2.argmax(1) == digits.test_labels)
    assert output.splitlines()[-1] == f"test accuracy {accuracy:.2f} %"
    assert accuracy > 30


def test_a_terminal_sees_a_bar_and_the_same_lines(tmp_path):
    primary, secondary = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(
        command("--epochs", 2, "--out", tmp_path), cwd=ROOT, stdout=secondary, stderr=secondary, env=environment
    ) as process:
        os.close(secondary)
        shown = b""
        try:
            while block := os.read(primary, 65536):
                shown += block
        except OSError:  # what Linux answers once the other side is closed
            pass
        finally:
            os.close(primary)
    text = shown.decode()
    assert process.returncode == 0
    assert "\x1b[" in text
    assert "steps" in text
    assert re.search(r"2/2 +\d\.\d{4} +\d+\.\d\d % +\d+\.\d\d % +\d+\.\d\d s", text)
    assert re.search(r"test accuracy \d+\.\d\d %\s*$", text)


# --- going on ---------------------------------------------------------------------------------------------------------


def lines_of(process: subprocess.Popen[str]) -> Iterator[str]:
    assert process.stdout is not None
    yield from process.stdout


def test_ctrl_c_ends_a_run_that_can_go_on(tmp_path):
    arguments = ["--epochs", 40, "--batch-size", 16]
    one = tmp_path / "one"
    process = subprocess.Popen(
        command(*arguments, "--out", one), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    output = ""
    for line in lines_of(process):
        output += line
        if re.match(r" +2/40 ", line):
            process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == ""
    assert {path.name for path in one.iterdir()} == FILES
    assert re.search(r"interrupted at epoch \d+ of 40, after [\d,]+ of its 1,500 images; go on with\n +python", output)
    assert output.rstrip().endswith(f"--epochs 40 --batch-size 16 --out {one} --resume")

    resumed = subprocess.run(
        command(*arguments, "--out", one, "--resume"), cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "going on from epoch" in resumed.stdout
    two = tmp_path / "two"
    assert train_digit.main([*command(*arguments, "--out", two)[3:]]) == 0
    assert (one / weights.FILE).read_bytes() == (two / weights.FILE).read_bytes()


def test_ctrl_c_before_the_first_epoch_ends(tmp_path, monkeypatch, capsys):
    """Nothing to draw yet: weights, checkpoint and an empty history are all there is."""
    step = Run._step
    before = signal.getsignal(signal.SIGINT)  # where a shell runs this in the background, it is ignored

    def interrupt(self, images, labels):
        step(self, images, labels)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Run, "_step", interrupt)
    assert train_digit.main(["--data", str(data.SAMPLE), "--out", str(tmp_path)]) == 130
    assert {path.name for path in tmp_path.iterdir()} == {weights.FILE, checkpoint.FILE, results.HISTORY}
    assert "interrupted at epoch 1 of 14, after 100 of its 1,500 images" in capsys.readouterr().out
    assert signal.getsignal(signal.SIGINT) is before


def test_the_second_ctrl_c_does_not_wait(capsys, monkeypatch, tmp_path):
    def interrupt_twice(self, images, labels):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Run, "_step", interrupt_twice)
    assert train_digit.main(["--data", str(data.SAMPLE), "--out", str(tmp_path)]) == 130
    assert "interrupted" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_resuming_a_finished_run_changes_nothing(finished, capsys):
    folder, output = finished
    before = (folder / weights.FILE).read_bytes()
    arguments = command("--epochs", 3, "--seed", 7, "--out", folder, "--resume")[3:]
    assert train_digit.main(arguments) == 0
    assert (folder / weights.FILE).read_bytes() == before
    shown = capsys.readouterr().out
    assert "going on from the end of epoch 3" in shown
    assert shown.splitlines()[-1] == output.splitlines()[-1]


# --- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--lr nan", "argument --lr: expected a finite number above 0, got 'nan'"),
        ("--lr -0.1", "argument --lr: expected a finite number above 0, got '-0.1'"),
        ("--lr inf", "argument --lr: expected a finite number above 0, got 'inf'"),
        ("--lr fast", "argument --lr: expected a finite number above 0, got 'fast'"),
        ("--lr 1e30", "the loss is"),
        ("--lr 1e300", "the loss is"),
        ("--momentum 1", "argument --momentum: expected a number from 0, below 1, got '1'"),
        ("--momentum nan", "argument --momentum: expected a number from 0, below 1, got 'nan'"),
        ("--epochs 0", "argument --epochs: expected a whole number from 1 to 100,000, got '0'"),
        ("--epochs 1.5", "argument --epochs: expected a whole number from 1 to 100,000, got '1.5'"),
        ("--batch-size 0", "argument --batch-size: expected a whole number from 1 to 1,000,000,000, got '0'"),
        ("--hidden 0", "argument --hidden: expected a whole number from 1 to 10,000, got '0'"),
        ("--hidden 10001", "argument --hidden: expected a whole number from 1 to 10,000, got '10001'"),
        ("--seed -1", "argument --seed: expected a whole number from 0 to 4,294,967,295, got '-1'"),
        ("--recipe other", "argument --recipe: invalid choice: 'other'"),
        ("--data {tmp}/none", "no such file or folder"),
        ("--out {tmp}/file", "file"),
        ("--resume", "checkpoint.safetensors: no such file, so there is nothing to go on from; leave --resume out"),
        ("--nonsense", "unrecognized arguments: --nonsense"),
    ],
)
def test_a_wrong_value_is_one_line_and_status_2(arguments, message, tmp_path, capsys):
    (tmp_path / "file").touch()
    given_arguments = ["--data", str(data.SAMPLE), "--out", str(tmp_path / "out")]
    given_arguments += arguments.format(tmp=tmp_path).split()
    try:
        status = train_digit.main(given_arguments)
    except SystemExit as stop:
        status = stop.code
    assert status == 2
    errors = capsys.readouterr().err
    assert errors.startswith("train_digit: error: ")
    assert message in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--lr 0.1", "--lr is 0.1 but was 0.3"),
        ("--recipe script", "--recipe is script but was default"),
        ("--hidden 11 --batch-size 7", "--hidden is 11 but was 10, --batch-size is 7 but was 100"),
        ("--momentum 0.25", "--momentum is 0.25 but was"),
        ("--seed 8", "--seed is 8 but was 7"),
        ("--epochs 4", "--epochs is 4 but was 3"),
        ("--data {tmp}", "data is"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(arguments, message, finished, tmp_path, capsys):
    folder, _ = finished
    digits = made_up()
    data.to_csv(digits.train_images, digits.train_labels, tmp_path / "train.csv")
    given_arguments = command("--epochs", 3, "--seed", 7, "--out", folder, "--resume")[3:]
    assert train_digit.main([*given_arguments, *arguments.format(tmp=tmp_path).split()]) == 2
    errors = capsys.readouterr().err
    assert "made with other options: " in errors
    assert message in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize("content", [b"", b"\x00" * 100, b"cut", b"weights", b"other format"])
def test_a_damaged_checkpoint_is_refused(content, finished, tmp_path):
    folder, _ = finished
    path = tmp_path / checkpoint.FILE
    message = "not a whole checkpoint"
    if content == b"cut":
        content = (folder / checkpoint.FILE).read_bytes()[:-1]
    elif content == b"weights":  # safetensors, but not a checkpoint
        content = (folder / weights.FILE).read_bytes()
    elif content == b"other format":
        content = safetensors.numpy.save({"a": np.zeros(1)}, {"run": '{"format": -1}'})
        message = "written by another version"
    path.write_bytes(content)
    with pytest.raises(checkpoint.CheckpointError, match=message):
        checkpoint.restore(tiny(made_up()), "digest", path)


# --- the script's recipe ----------------------------------------------------------------------------------------------


def test_the_recipe_of_the_script(tmp_path, capsys):
    arguments = ["--data", str(data.SAMPLE), "--recipe", "script", "--epochs", "25", "--out", str(tmp_path)]
    before = signal.getsignal(signal.SIGINT)
    assert train_digit.main(arguments) == 0
    assert signal.getsignal(signal.SIGINT) is before
    output = capsys.readouterr().out
    assert "214 of 1,500 rows held out for testing" in output
    assert "25 epochs, all images at once, rate 0.1, momentum 0, seed 0" in output
    assert re.findall(r"^ +(\d+)/25 ", output, re.MULTILINE) == ["10", "20", "25"]
    taken = re.search(r"^the first training images are taken for (.*)$", output, re.MULTILINE)
    assert taken is not None
    assert len(taken[1].split(", ")) == 11
    assert re.fullmatch(r"test accuracy \d+\.\d\d %", output.splitlines()[-1])
    assert {path.name for path in tmp_path.iterdir()} == FILES | {"training_images.png"}
