import contextlib
import gzip
import re
import struct
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import DataError, idx

TRAIN_IMAGES, TRAIN_LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


def labels_file(*labels: int) -> bytes:
    return struct.pack(">2I", 0x801, len(labels)) + bytes(labels)


def images_file(n: int, height: int = 28, width: int = 28) -> bytes:
    return struct.pack(">4I", 0x803, n, height, width) + bytes(n * height * width)


@pytest.mark.parametrize("compressed", [False, True])
def test_reads_what_the_files_hold(tmp_path, write_idx, idx_contents, compressed):
    content = idx.read(idx.find(write_idx(tmp_path, compressed)))
    files = list(idx_contents().values())
    assert content.train_images.tobytes() == files[0][16:]
    assert content.train_labels.tolist() == list(files[1][8:])
    assert content.test_images.tobytes() == files[2][16:]
    assert content.test_labels.tolist() == list(files[3][8:])
    assert (content.train_images.shape, content.test_images.shape) == ((5, 784), (3, 784))
    assert (content.train_images.dtype, content.train_labels.dtype) == (np.uint8, np.int64)
    assert content.form == ("IDX .gz" if compressed else "IDX")
    assert len(content.foreign) == 4


def test_a_raw_file_is_preferred_to_its_gz(tmp_path, write_idx):
    write_idx(tmp_path)
    (tmp_path / f"{TRAIN_IMAGES}.gz").write_bytes(b"not read")
    assert idx.find(tmp_path)[0] == tmp_path / TRAIN_IMAGES


def test_an_empty_folder_has_no_files_and_a_part_of_them_is_an_error(tmp_path, write_idx):
    assert idx.find(tmp_path) == []
    write_idx(tmp_path)
    (tmp_path / TRAIN_LABELS).unlink()
    with pytest.raises(DataError, match=f"no file {TRAIN_LABELS} \\(raw or .gz\\); all four"):
        idx.find(tmp_path)


@given(data=st.data(), compressed=st.booleans(), which=st.integers(0, 3))
def test_a_file_cut_anywhere_is_refused(write_idx, data, compressed, which):
    with tempfile.TemporaryDirectory() as folder:
        paths = idx.find(write_idx(Path(folder), compressed))
        whole = paths[which].read_bytes()
        # Most of a file is its body; every second example cuts within the header.
        length = data.draw(st.one_of(st.integers(0, min(24, len(whole) - 1)), st.integers(0, len(whole) - 1)))
        paths[which].write_bytes(whole[:length])
        with pytest.raises(DataError, match=r"cut|dimensions") as refusal:
            idx.read(paths)
        assert str(refusal.value).startswith(str(paths[which]))


@given(data=st.data(), which=st.integers(0, 3))
def test_a_gzip_file_with_a_changed_byte_is_refused_or_reads_the_same(write_idx, data, which):
    with tempfile.TemporaryDirectory() as folder:
        paths = idx.find(write_idx(Path(folder), compressed=True))
        intact = idx.read(paths)
        content = bytearray(paths[which].read_bytes())
        position = data.draw(st.integers(0, len(content) - 1))
        content[position] ^= data.draw(st.integers(1, 255))
        paths[which].write_bytes(content)
        # gzip has bits that say nothing about the content: a time in its header, the rest of the last byte of its body.
        refused = pytest.raises(DataError, match=re.escape(f"{paths[which]}: the gzip file is cut or damaged ("))
        with refused if not _reads_as(paths, intact) else contextlib.nullcontext():
            idx.read(paths)


def _reads_as(paths: list[Path], expected: idx.IdxDigits) -> bool:
    try:
        read = idx.read(paths)
    except Exception:  # of whatever kind: which one is right is for the test to say
        return False
    return all(np.array_equal(a, b) for a, b in zip(read[:4], expected[:4], strict=True))


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        (TRAIN_IMAGES, labels_file(1, 2), "magic number 0x00000801; an IDX file of images starts with 0x00000803"),
        (TRAIN_LABELS, images_file(5), "magic number 0x00000803; an IDX file of labels starts with 0x00000801"),
        (TRAIN_IMAGES, gzip.compress(images_file(5), mtime=0), "magic number 0x1f8b"),
        (TRAIN_IMAGES, images_file(5, 20, 20), "the images are 20x20; expected 28x28"),
        (TRAIN_IMAGES, images_file(5, 14, 56), "the images are 14x56; expected 28x28"),
        (TRAIN_IMAGES, images_file(0), r"dimensions (0, 28, 28), so there is nothing in it"),
        (TRAIN_IMAGES, images_file(5) + b"\0", "too long: 3,937 bytes, where the header's dimensions (5, 28, 28) make"),
        (TRAIN_IMAGES, images_file(5)[:-1], "cut: 3,935 bytes, where the header's dimensions (5, 28, 28) make 3,936"),
        (TRAIN_IMAGES, struct.pack(">4I", 0x803, *3 * [2**32 - 1]), "make 79,228,162,458,924,105,385,300,197,391"),
        (TRAIN_IMAGES, b"\0\0\x08\x03\0\0", "cut after 6 bytes, within the header of 16"),
        (TRAIN_LABELS, labels_file(0, 1, 9, 10, 3), "label 4 of 5 is 10; expected 0 to 9"),
        (TRAIN_LABELS, labels_file(1, 2, 3), f"has 5 images but {{folder}}/{TRAIN_LABELS} has 3 labels"),
    ],
)
def test_refusals_name_the_file_and_what_is_wrong(tmp_path, write_idx, file, content, message):
    paths = idx.find(write_idx(tmp_path, **{file.replace("-", "_"): content}))
    with pytest.raises(DataError) as refusal:
        idx.read(paths)
    assert message.format(folder=tmp_path) in str(refusal.value)
    assert str(tmp_path / file) in str(refusal.value)


def test_test_files_that_do_not_fit_together_are_refused(tmp_path, write_idx):
    paths = idx.find(write_idx(tmp_path, t10k_labels_idx1_ubyte=labels_file(1, 2, 3, 4)))
    with pytest.raises(DataError, match=r"has 3 images but .* has 4 labels"):
        idx.read(paths)


def test_real_mnist_is_recognised_by_its_sha256(mnist_folder):
    content = idx.read(idx.find(mnist_folder))
    assert content.foreign == []
    assert (content.train_images.shape, content.test_images.shape) == ((60_000, 784), (10_000, 784))
    assert np.bincount(content.test_labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert int(content.train_images.sum(dtype=np.int64)) == 1_567_298_545
