import hashlib
import logging
import shutil
import zlib

import numpy as np
import pytest

from data import SAMPLE, DataError, Digits, download, idx, load_digits, sources, to_csv


@pytest.fixture
def as_mnist(monkeypatch, idx_contents):
    """Let the small IDX files that the tests write pass for MNIST."""
    for name, content in idx_contents().items():
        monkeypatch.setitem(idx.MNIST, name, hashlib.sha256(content).hexdigest())


def write_csv(folder, rows):
    folder.mkdir(parents=True, exist_ok=True)
    to_csv(np.full((rows, 784), rows, np.uint8), np.arange(rows) % 10, folder / "train.csv")
    return folder


@pytest.mark.usefixtures("as_mnist")
def test_the_first_source_that_is_there_is_taken(tmp_path, monkeypatch, write_idx, caplog):
    data = tmp_path / "data"
    write_csv(tmp_path / "named", 1)
    monkeypatch.setenv("TINYGRAD_NP_DATA", str(write_csv(tmp_path / "environment", 2)))
    write_csv(data, 3)
    write_idx(data / "mnist", compressed=True)
    write_idx(tmp_path / "cache" / "mnist")

    named = tmp_path / "named"
    assert load_digits(named).source == f"1 images, from {named} (CSV, no test split)"
    assert load_digits(str(named / "train.csv")).source == f"1 images, from {named}/train.csv (CSV, no test split)"
    assert load_digits().source == "2 images, from TINYGRAD_NP_DATA (CSV, no test split)"
    monkeypatch.setenv("TINYGRAD_NP_DATA", "")
    assert load_digits().source == "3 images, from data/train.csv (CSV, no test split)"
    (data / "train.csv").unlink()
    assert load_digits().source == "MNIST, 5 + 3 images, from data/mnist (IDX .gz)"
    shutil.rmtree(data / "mnist")
    assert load_digits().source == "MNIST, 5 + 3 images, from the download cache (IDX)"
    assert not caplog.records
    shutil.rmtree(tmp_path / "cache")
    assert load_digits().source == (
        "UCI optical digits, 1,500 + 297 images enlarged from 8x8 to 28x28, "
        "the embedded sample, as MNIST could not be downloaded"
    )
    [warning] = [record for record in caplog.records if record.name.startswith("data")]
    assert warning.levelno == logging.WARNING
    assert warning.getMessage().startswith("MNIST could not be downloaded (ConnectionError: ")
    assert "\n" not in warning.getMessage()


def test_a_csv_file_has_all_its_rows_for_training(tmp_path):
    digits = load_digits(write_csv(tmp_path, 12))
    assert isinstance(digits, Digits)
    assert np.array_equal(digits.train_images, np.full((12, 784), 12))
    assert digits.train_labels.tolist() == [*range(10), 0, 1]
    assert (digits.test_images.shape, digits.test_labels.shape) == ((0, 784), (0,))
    assert (digits.test_images.dtype, digits.test_labels.dtype) == (np.uint8, np.int64)


def test_idx_files_go_to_their_places_and_need_not_be_mnist_if_named(tmp_path, write_idx, idx_contents):
    digits = load_digits(write_idx(tmp_path))
    arrays = (digits.train_images, digits.train_labels, digits.test_images, digits.test_labels)
    for array, content in zip(arrays, idx_contents().values(), strict=True):
        assert array.astype(np.uint8).tobytes() == content[16 if array.ndim == 2 else 8 :]
    assert digits.source == f"not MNIST by SHA-256, 5 + 3 images, from {tmp_path} (IDX)"


def test_the_environment_may_name_the_embedded_sample(monkeypatch):
    monkeypatch.setenv("TINYGRAD_NP_DATA", str(SAMPLE))
    assert load_digits().source.endswith("the embedded sample, from TINYGRAD_NP_DATA")


def test_idx_files_in_the_folder_named_mnist_must_be_mnist(tmp_path, write_idx):
    write_idx(tmp_path / "data" / "mnist")
    with pytest.raises(
        DataError, match="train-images-idx3-ubyte: not MNIST's file, by its SHA-256; fetch it again, or"
    ):
        load_digits()


@pytest.mark.parametrize("environment", [False, True])
def test_a_named_source_without_data_is_an_error_that_says_what_was_looked_for(tmp_path, monkeypatch, environment):
    # Sources further down the list are there, and must not be taken.
    write_csv(tmp_path / "data", 3)
    (tmp_path / "empty").mkdir()
    (tmp_path / "digits.txt").touch()
    messages = {
        "absent": "{}: no such file or folder",
        "empty": "{}: no digits there; looked for train.csv and train-images-idx3-ubyte, train-labels-idx1-ubyte, "
        "t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte (raw or .gz)",
        "digits.txt": "{}: not a .csv file; for IDX files, give the folder that holds the four of them",
    }
    for name, message in messages.items():
        path, named = tmp_path / name, str(tmp_path / name)
        if environment:
            monkeypatch.setenv("TINYGRAD_NP_DATA", named)
            path, named = None, f"{named} (from TINYGRAD_NP_DATA)"
        with pytest.raises(DataError) as refusal:
            load_digits(path)
        assert str(refusal.value) == message.format(named)


def test_an_empty_path_is_the_current_folder_and_not_the_absence_of_a_path(tmp_path, monkeypatch):
    write_csv(tmp_path / "data", 3)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="no digits there"):
        load_digits("")


def test_a_source_that_is_there_but_broken_is_not_passed_over(tmp_path, write_idx):
    write_idx(tmp_path / "data" / "mnist")
    (tmp_path / "data" / "mnist" / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match="no file t10k-labels-idx1-ubyte"):
        load_digits()
    (tmp_path / "data" / "train.csv").write_text("label\n3\n")
    with pytest.raises(DataError, match=r"data.train\.csv, row 1: no column 'pixel0', 'pixel1', 'pixel2' and 781 more"):
        load_digits()


@pytest.mark.parametrize("kind", [ImportError, OSError, EOFError, zlib.error, ValueError])
def test_whatever_stops_the_download_the_sample_stands_in_and_one_line_says_so(monkeypatch, caplog, kind):
    def fetch():
        raise kind("a reason\nin two lines")

    monkeypatch.setattr(download, "fetch", fetch)
    assert load_digits().source.endswith("the embedded sample, as MNIST could not be downloaded")
    assert [record.getMessage() for record in caplog.records] == [
        f"MNIST could not be downloaded ({kind.__name__}: a reason in two lines); using the small embedded sample "
        "instead. To use data of your own, set TINYGRAD_NP_DATA to its folder."
    ]


def test_the_source_folder_is_the_package(monkeypatch):
    monkeypatch.undo()
    assert SAMPLE.parent == sources.FOLDER


def test_real_mnist(mnist_folder):
    digits = load_digits(mnist_folder)
    assert digits.source.startswith("MNIST, 60,000 + 10,000 images, from ")
    assert digits.test_labels[:5].tolist() == [7, 2, 1, 0, 4]
