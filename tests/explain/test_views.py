"""The views of a trace: each shows what the entries say, escapes names, and is the same each time."""

import re
from html.parser import HTMLParser

import pytest

import tinygrad_np as tg
from tests.explain.test_trace import digit_trace, leaf
from tinygrad_np.explain import Trace, name, recording, trace
from tinygrad_np.explain.entries import described
from tinygrad_np.explain.plain_text import rows_of

NASTY = """<script>"x" & 'y';`\\#35;[z]"""


@pytest.fixture
def digit() -> Trace:
    tg.manual_seed(0)
    return digit_trace()[0]


@pytest.fixture
def nasty() -> Trace:
    x = name(leaf(1.0, 2.0), NASTY)
    return trace(lambda: name(name(x.exp(), NASTY).sum(), NASTY))


def reused() -> Trace:
    x = name(tg.ones(2, 1, requires_grad=True), "x")
    return trace(lambda: ((x * x).exp() - x.split(1)[0]).sum())


# --------------------------------------------------------------------------------------------------------------- text


def test_the_plain_text():
    x, b = name(leaf(1.0, 2.0), "x"), name(tg.tensor(0.5, dtype=tg.float64, requires_grad=True), "b")
    with recording():
        Z = name(x * x + b, "Z")
        line = "test_views.py"
        loss = Z.mean()
    lines = re.sub(r"test_views\.py:\d+", line, str(trace(loss))).splitlines()
    assert lines == [
        "1  loss = mean(Z)                                             test_views.py",
        "     value                       ()  3",
        "     dloss                       ()  1",
        "     dZ     = spread(dloss / n)  (2,)  [0.5, 0.5]",
        "     where n = 2",
        "2  Z = add(mul, b)                                            test_views.py",
        "     value        (2,)  [1.5, 4.5]",
        "     dZ           (2,)  [0.5, 0.5]",
        "     dmul   = dZ  (2,)  [0.5, 0.5]",
        "     db     = dZ  ()  1  (2,) -> () by summing axis 0",
        "3  mul = mul(x, x)                                            test_views.py",
        "     value               (2,)  [1, 4]",
        "     dmul                (2,)  [0.5, 0.5]",
        "     dx     = dmul * x   (2,)  [0.5, 1]  1 of 2",
        "     dx     = dmul * x   (2,)  [0.5, 1]  2 of 2",
        "     dx     = their sum  (2,)  [1, 2]  fan-out 2: dmul * x + dmul * x",
    ]


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (tg.zeros(0, 3), "(0, 3)  no entries"),
        (tg.tensor(-0.0), "()  0"),
        (tg.tensor([1.0, float("nan"), float("-inf")]), "(3,)  [1, nan, -inf]"),
        (tg.tensor([1, 2]), "(2,)  [1, 2]"),
        (tg.tensor([True, False]), "(2,)  [True, False]"),
        (tg.tensor([1.0] * 6 + [float("nan")]), "(7,)  1 of 7 entries are not finite"),
        (tg.full((4, 4), 1e30), "(4, 4)  1e+30 to 1e+30  norm 4e+30"),  # whose square no float32 holds
        (tg.arange(10), "(10,)  0 to 9  norm 16.88"),
    ],
)
def test_arrays_are_described(array, text):
    assert described(array.numpy()) == text


# -------------------------------------------------------------------------------------------------------------- table


def test_the_table_says_what_the_text_says(digit):
    from rich.console import Console

    console = Console(width=200, no_color=True)
    with console.capture() as capture:
        console.print(digit)
    shown = capture.get()
    for entry in digit:
        assert f"{entry.output} = {entry.op}({', '.join(entry.inputs)})" in shown
        assert entry.line in shown
        for contribution in entry.contributions:
            assert f"d{contribution.to} = {contribution.formula}" in shown
            assert described(contribution.array) in shown
    assert digit.table().row_count == len(digit) == 4


def test_a_table_reads_no_markup_in_names():
    from rich.console import Console

    x = name(leaf(1.0, 2.0), "[bold]x")
    console = Console(width=200)
    with console.capture() as capture:
        console.print(trace(x.exp().sum()))
    assert "exp([bold]x)" in capture.get()


# ----------------------------------------------------------------------------------------------------------- diagrams


def arrows(text: str, arrow: str) -> list[tuple[str, str]]:
    return re.findall(rf"^ *(n\d+) {arrow} (n\d+);?$", text, re.MULTILINE)


def test_diagrams_have_every_node_with_its_gradient_and_every_edge():
    for traced in (reused(), digit_trace()[0]):
        names = dict.fromkeys([*(e.output for e in traced), *(name for edge in traced.edges for name in edge)])
        for text, arrow in ((traced.mermaid(), "-->"), (traced.dot(), "->")):
            drawn = arrows(text, arrow)
            assert len(drawn) == len(traced.edges)
            assert {node for edge in drawn for node in edge} == {f"n{i}" for i in range(len(names))}
            for called, gradient in traced.gradients.items():
                (box,) = (line for line in text.splitlines() if re.search(rf'"{re.escape(called)}( =|\\n|<br>)', line))
                assert f"gradient {described(gradient)}".replace("  ", " ") in box


def test_mermaid_escapes_names(nasty):
    label = next(line for line in nasty.mermaid().splitlines() if "exp(" in line)
    inside = label[label.index('"') + 1 : label.rindex('"')]
    assert not set(re.sub(r"<br>|#\d+;", "", inside)) & set('<>"&`;\\#')
    decoded = re.sub(r"#(\d+);", lambda found: chr(int(found.group(1))), inside.split("<br>")[0])
    assert decoded == f"{NASTY}_2 = exp({NASTY})"


def test_dot_escapes_names(nasty):
    label = next(line for line in nasty.dot().splitlines() if "exp(" in line)
    inside = label[label.index('"') + 1 : label.rindex('"')]
    assert re.fullmatch(r'([^"\\]|\\.)*', inside)
    assert re.sub(r"\\(.)", r"\1", inside.split("\\nvalue")[0]) == f"{NASTY}_2 = exp({NASTY})"


# --------------------------------------------------------------------------------------------------------------- page


class Reader(HTMLParser):
    """Reads a page: its ids, links, texts, what it loads, and whether its elements are closed in order."""

    VOID = ("meta", "rect", "path", "br")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.tags: set[str] = set()
        self.text = ""
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        for key, value in attributes:
            if key == "id":
                self.ids.append(value)
            if tag == "a" and key == "href":
                self.links.append(value)
            if key in ("src", "srcset", "data", "action", "xlink:href") or (key == "href" and tag != "a"):
                self.loads.append(value)
            assert not key.startswith("on")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        assert tag in self.VOID

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_the_page_has_all_steps_and_loads_nothing(digit):
    page = digit.html()
    reader = Reader(page)
    assert reader.loads == []
    assert not reader.tags & {"script", "link", "img", "iframe"}
    assert "url(" not in page
    assert "@import" not in page
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page
    for entry in digit:
        for contribution in entry.contributions:
            for gradient, rule, result in rows_of(contribution):
                assert f"{gradient} {rule}" in reader.text
                assert result in reader.text
        assert entry.source in reader.text
    for called, gradient in digit.gradients.items():
        assert f"d{called}" in reader.text
        assert described(gradient) in reader.text


def test_each_step_of_the_drawing_leads_to_its_card():
    for traced in (reused(), digit_trace()[0]):
        reader = Reader(traced.html())
        assert len(reader.ids) == len(set(reader.ids)) == len(traced)
        assert sorted(reader.links) == sorted(f"#{place}" for place in reader.ids)


def test_boxes_of_the_drawing_do_not_overlap_and_lie_within_it():
    for traced in (reused(), digit_trace()[0]):
        page = traced.html()
        width, height = map(float, re.search(r'<svg viewBox="0 0 (\S+) (\S+)"', page).groups())
        pattern = r'<rect x="(\S+)" y="(\S+)" width="(\S+)" height="(\S+)"'
        boxes = [tuple(map(float, found)) for found in re.findall(pattern, page)]
        assert len(boxes) == len({name for edge in traced.edges for name in edge})
        for i, (x, y, w, h) in enumerate(boxes):
            assert 0 <= x < x + w <= width
            assert 0 <= y < y + h <= height
            for x2, y2, w2, h2 in boxes[:i]:
                assert x + w < x2 or x2 + w2 < x or y + h < y2 or y2 + h2 < y


def test_the_page_escapes_names(nasty):
    reader = Reader(nasty.html())
    assert "script" not in reader.tags
    assert f"{NASTY}_2 = exp({NASTY})" in reader.text


def test_a_notebook_gets_the_pages_content_with_ids_of_its_own(digit):
    inside, other = digit._repr_html_(), reused()._repr_html_()
    assert inside in digit.html()
    assert not set(Reader(inside).ids) & set(Reader(other).ids)
    rules = re.search(r"<style>(.*?)</style>", inside, re.DOTALL).group(1)
    selectors = re.findall(r"(?:^|[}\n]) *([.@a-z][^{};]*?) \{", rules)
    assert selectors
    assert all(selector.startswith((".trace", "@media")) for selector in selectors)


def test_a_trace_without_steps_has_all_views():
    traced = trace(tg.tensor(2.0, requires_grad=True))
    assert traced.table().row_count == 0
    assert traced.mermaid() == "flowchart TD"
    assert arrows(traced.dot(), "->") == []
    assert "0 steps" in Reader(traced.html()).text
