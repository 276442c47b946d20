import re
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from data import DataError, hold_out, idx, kaggle, to_csv

PATH = Path("digits.csv")
HEADER = "label," + ",".join(f"pixel{i}" for i in range(784))


def csv(*rows: list[str], header: str = HEADER, end: str = "\n") -> bytes:
    return "".join(line + end for line in [header, *map(",".join, rows)]).encode()


def row(label: str = "7", **cells: str) -> list[str]:
    """One row, blank but for the label and the cells given as pixel3="12"."""
    return [label, *(cells.get(f"pixel{i}", "0") for i in range(784))]


def reference(body: bytes) -> list[list[int]] | None:
    """What a body means, or None if it is to be refused: the definition, as short as it can be put."""
    table = []
    for line in body.splitlines():
        if not re.fullmatch(rb"[0-9]+(,[0-9]+){784}", line):
            return None
        values = [int(field) for field in line.split(b",")]
        if values[0] > 9 or max(values) > 255:
            return None
        table.append(values)
    return table


tables = st.integers(1, 6).flatmap(
    lambda n: st.tuples(
        hnp.arrays(np.uint8, (n, 784), elements=st.integers(0, 255)),
        hnp.arrays(np.int64, n, elements=st.integers(0, 9)),
    )
)


@given(tables)
def test_what_is_written_is_what_pandas_writes_and_what_is_read(table):
    images, labels = table
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "train.csv")
        to_csv(images, labels, path)
        frame = pd.DataFrame(np.column_stack([labels, images]), columns=HEADER.split(","))
        assert path.read_bytes() == frame.to_csv(index=False, lineterminator="\n").encode()
        for _ in ("parsed", "from the cache"):
            read_images, read_labels = kaggle.read_csv(path)
            np.testing.assert_array_equal(read_images, images, strict=True)
            np.testing.assert_array_equal(read_labels, labels, strict=True)


@given(
    tables,
    st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 3), st.sampled_from(b",,,\n\n\r\"' 0159-+.eNx\0\xff\xd9")), max_size=3
    ),
)
def test_both_parsers_accept_exactly_what_the_definition_does(table, edits):
    images, labels = table
    lines = [",".join(map(str, values)) for values in np.column_stack([labels, images]).tolist()]
    body = bytearray("\n".join(lines).encode() + b"\n")
    for where, removed, inserted in edits:
        position = int(where * len(body))
        body[position : position + removed] = bytes([inserted])
    expected = reference(bytes(body))

    fast = kaggle._parse_fast(bytes(body))
    assert fast is None or fast.tolist() == expected
    if expected:
        assert kaggle._parse_strictly(bytes(body), PATH, 2).tolist() == expected
        assert kaggle._parse(HEADER.encode() + b"\n" + body, PATH).tolist() == expected
    else:
        with pytest.raises(DataError, match=r"digits.csv.* row"):
            kaggle._parse(HEADER.encode() + b"\n" + body, PATH)


@pytest.mark.parametrize(
    "rows",
    [
        [row(), [*row(), "0"]],
        [[*row(), "0"], row()],
        [[*row(), "0"], [*row(), "0"]],
        [row()[:-1], [*row(), "0"]],
        [row(), row()[:-1]],
    ],
)
def test_the_fast_parser_does_not_pass_rows_of_a_wrong_width(rows):
    assert kaggle._parse_fast("".join(",".join(fields) + "\n" for fields in rows).encode()) is None


def test_the_fast_parser_takes_the_usual_file():
    body = "".join(",".join(fields) + "\n" for fields in [row("9", pixel783="255"), row("0")]).encode()
    table = kaggle._parse_fast(body)
    assert table is not None
    assert table[:, [0, 784]].tolist() == [[9, 255], [0, 0]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (csv(row(), row("10")), "row 3, column label: found '10'; expected a whole number from 0 to 9"),
        (csv(row("-1")), "row 2, column label: found '-1'; expected a whole number from 0 to 9"),
        (csv(row("3.0")), "row 2, column label: found '3.0'; expected a whole number from 0 to 9"),
        (csv(row("")), "row 2, column label: found nothing; expected a whole number from 0 to 9"),
        (csv(row(), row(pixel5="256")), "row 3, column pixel5: found '256'; expected a whole number from 0 to 255"),
        (csv(row(pixel5="-1")), "row 2, column pixel5: found '-1'; expected a whole number from 0 to 255"),
        (csv(row(pixel783="0.5")), "row 2, column pixel783: found '0.5'; expected a whole number from 0 to 255"),
        (csv(row(pixel0="1e2")), "row 2, column pixel0: found '1e2'"),
        (csv(row(pixel1="NaN")), "row 2, column pixel1: found 'NaN'"),
        (csv(row(pixel1="")), "row 2, column pixel1: found nothing"),
        (csv(row(pixel783="")), "row 2, column pixel783: found nothing"),
        (csv(row(pixel1="ink")), "row 2, column pixel1: found 'ink'"),
        (csv(row(pixel1="٣")), "row 2, column pixel1: found '٣'"),
        (csv(row(pixel1='"5"')), "row 2, column pixel1: found '\"5\"'"),
        (csv(row(pixel1="9" * 5000)), f"row 2, column pixel1: found '{'9' * 40}'; expected"),
        (csv(row(), row()[:-1], row()), "row 3: 784 columns, expected 785; the file may be cut"),
        (csv(row(), [*row(), "0"]), "row 3: 786 columns, expected 785"),
        (csv(row(), [""], row()), "row 3: 0 columns, expected 785"),
        (csv(row(), row())[:-300], "row 3: 636 columns, expected 785; the file may be cut"),
        (csv(), "a header without rows; expected at least one image"),
        (
            b"",
            "row 1: no column 'label', 'pixel0', 'pixel1' and 782 more; unknown column ''; the header must be label,",
        ),
        (csv(row(), header=HEADER.removesuffix(",pixel783")), "row 1: no column 'pixel783'; the header must be"),
        (csv(row(), header=HEADER + ",pixel784"), "row 1: unknown column 'pixel784'; the header must be"),
        (csv(row(), header=HEADER.removeprefix("label,")), "row 1: no column 'label'; the header must be"),
        (csv(row(), header="\ufeff" + HEADER), "row 1: no column 'label'; unknown column '\\ufefflabel'"),
        (
            csv(row(), header=HEADER.replace("pixel7,pixel8,", "pixel8,pixel7,")),
            "row 1: column 9 is 'pixel8', out of order",
        ),
        (csv(row(), header=HEADER + ",pixel783"), "row 1: column 786 is 'pixel783', out of order or twice"),
        (
            csv(row(), header=HEADER.upper()),
            "row 1: no column 'label', 'pixel0', 'pixel1' and 782 more; unknown column 'LABEL'",
        ),
    ],
)
def test_refusals_name_file_row_and_column(tmp_path, content, message):
    path = tmp_path / "train.csv"
    path.write_bytes(content)
    for _ in range(2):  # the second time as well: a refusal is not cached
        with pytest.raises(DataError) as refusal:
            kaggle.read_csv(path)
        assert str(refusal.value).startswith(str(path))
        assert message in str(refusal.value)


def test_rows_are_counted_across_blocks(monkeypatch):
    monkeypatch.setattr(kaggle, "BLOCK", 4000)  # two or three rows
    rows = [row(str(i % 10)) for i in range(40)]
    assert kaggle._parse(csv(*rows), PATH)[:, 0].tolist() == [i % 10 for i in range(40)]
    rows[33][5] = "x"
    with pytest.raises(DataError, match="row 35, column pixel4: found 'x'"):
        kaggle._parse(csv(*rows), PATH)


@pytest.mark.parametrize("content", [csv(row("4"), row("5"), end="\r\n"), csv(row("4"), row("5")).rstrip(b"\n")])
def test_line_ends_of_windows_and_a_missing_last_one_are_accepted(content):
    assert kaggle._parse(content, PATH)[:, 0].tolist() == [4, 5]


def test_the_second_reading_does_not_parse_and_an_edited_file_is_parsed_anew(tmp_path, monkeypatch):
    parse, parsed = kaggle._parse, []
    monkeypatch.setattr(kaggle, "_parse", lambda content, path: parsed.append(path) or parse(content, path))
    path = tmp_path / "train.csv"
    for label, count in (("3", 1), ("3", 1), ("4", 2), ("3", 2)):
        path.write_bytes(csv(row(label)))
        assert kaggle.read_csv(path)[1].tolist() == [int(label)]
        assert len(parsed) == count


def test_a_damaged_cache_is_rebuilt(tmp_path, monkeypatch):
    path = tmp_path / "train.csv"
    path.write_bytes(csv(row("3", pixel9="200")))
    first = kaggle.read_csv(path)
    [cached] = (tmp_path / "cache").iterdir()
    intact = cached.read_bytes()
    for damaged in (b"", intact[:-1], intact[:40], intact + b"\0", intact[:-1] + bytes([intact[-1] ^ 1])):
        cached.write_bytes(damaged)
        images, labels = kaggle.read_csv(path)
        assert np.array_equal(images, first[0])
        assert np.array_equal(labels, first[1])
        assert cached.read_bytes() == intact
    # A new version of the format does not look at what an older one has left.
    monkeypatch.setattr(kaggle, "CACHE_FORMAT", kaggle.CACHE_FORMAT + 1)
    kaggle.read_csv(path)
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_a_cache_that_cannot_be_written_does_not_stop_the_reading(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("TINYGRAD_NP_CACHE", str(tmp_path / "file" / "cache"))
    (tmp_path / "train.csv").write_bytes(csv(row("3")))
    assert kaggle.read_csv(tmp_path / "train.csv")[1].tolist() == [3]


def test_without_pandas_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"reading a CSV file needs pandas: pip install 'tinygrad_np\[examples\]'"):
        kaggle._parse(csv(row()), PATH)


def test_the_whole_of_kaggles_file(tmp_path, request):
    """42,000 rows: of MNIST where it is at hand, else made up with as much ink as MNIST has."""
    try:
        content = idx.read(idx.find(request.getfixturevalue("mnist_folder")))
        images, labels = content.train_images[:42_000], content.train_labels[:42_000]
    except pytest.skip.Exception:
        rng = np.random.default_rng(0)
        images = rng.integers(0, 256, (42_000, 784), np.uint8) * (rng.random((42_000, 784), np.float32) < 0.2)
        labels = rng.integers(0, 10, 42_000)
    path = tmp_path / "train.csv"
    to_csv(images, labels, path)
    for _ in ("parsed", "from the cache"):
        read_images, read_labels = kaggle.read_csv(path)
        np.testing.assert_array_equal(read_images, images, strict=True)
        np.testing.assert_array_equal(read_labels, labels, strict=True)
    kept, _, held, held_labels = hold_out(read_images, read_labels, 1_000, np.random.default_rng(0))
    assert (len(kept), len(held), len(held_labels)) == (41_000, 1_000, 1_000)


@pytest.mark.parametrize(
    ("images", "labels", "error", "message"),
    [
        (np.zeros((2, 784)), [1, 2], TypeError, "images are float64; expected uint8"),
        (np.zeros((2, 784), np.int64), [1, 2], TypeError, "images are int64; expected uint8"),
        (np.zeros((2, 784), np.uint8), [1.0, 2.0], TypeError, "labels are float64; expected integers"),
        (np.zeros((2, 784), np.uint8), [True, False], TypeError, "labels are bool; expected integers"),
        (np.zeros((2, 28, 28), np.uint8), [1, 2], ValueError, r"images have shape \(2, 28, 28\) and labels \(2,\)"),
        (
            np.zeros((2, 64), np.uint8),
            [1, 2],
            ValueError,
            r"\(2, 64\) and labels \(2,\); expected \(n, 784\) and \(n,\)",
        ),
        (np.zeros((2, 784), np.uint8), [1, 2, 3], ValueError, r"images have shape \(2, 784\) and labels \(3,\)"),
        (np.zeros((2, 784), np.uint8), [1, 10], ValueError, r"labels\[1\] is 10; expected 0 to 9"),
        (np.zeros((2, 784), np.uint8), [-1, 1], ValueError, r"labels\[0\] is -1; expected 0 to 9"),
        (np.zeros((1, 784), np.uint8), [256], ValueError, r"labels\[0\] is 256; expected 0 to 9"),
    ],
)
def test_to_csv_casts_nothing_and_leaves_the_old_file_when_it_refuses(tmp_path, images, labels, error, message):
    path = tmp_path / "train.csv"
    path.write_text("as it was")
    with pytest.raises(error, match=f"to_csv: .*{message}"):
        to_csv(images, labels, path)
    assert path.read_text() == "as it was"
    assert list(tmp_path.iterdir()) == [path]
