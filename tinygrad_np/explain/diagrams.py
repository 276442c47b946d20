"""The graph of a trace as text that other tools draw: Mermaid and DOT. Arrows point as the forward pass runs."""

from __future__ import annotations

from tinygrad_np.explain.entries import Trace, described
from tinygrad_np.explain.plain_text import call


def mermaid(trace: Trace) -> str:
    """Return a Mermaid flowchart; boxes are steps, rounded boxes what they start from."""
    lines = ["flowchart TD"]
    for i, (rows, is_step) in enumerate(nodes_of(trace).values()):
        label = "<br>".join(map(_escaped_for_mermaid, rows))
        lines.append(f'    n{i}["{label}"]' if is_step else f'    n{i}(["{label}"])')
    return "\n".join([*lines, *(f"    n{source} --> n{target}" for source, target in _arrows(trace))])


def dot(trace: Trace) -> str:
    """Return a DOT digraph; boxes are steps, rounded boxes what they start from."""
    lines = ["digraph trace {", '  node [shape=box, fontname="sans-serif"];']
    for i, (rows, is_step) in enumerate(nodes_of(trace).values()):
        label = "\\n".join(row.replace("\\", "\\\\").replace('"', '\\"') for row in rows)
        lines.append(f'  n{i} [label="{label}"{"" if is_step else ", style=rounded"}];')
    return "\n".join([*lines, *(f"  n{source} -> n{target};" for source, target in _arrows(trace)), "}"])


def nodes_of(trace: Trace) -> dict[str, tuple[list[str], bool]]:
    """Return, for each name in the graph, what to write in its box, and whether it is a step: the steps first."""
    nodes: dict[str, tuple[list[str], bool]] = {}
    for entry in trace:
        value = [f"value {_short(entry.value)}"] if entry.value is not None else []
        nodes[entry.output] = [call(entry), *value, f"gradient {_short(entry.incoming)}"], True
    for source, _ in trace.edges:
        if source not in nodes:
            gradient = trace.gradients.get(source)
            nodes[source] = [source, *([] if gradient is None else [f"gradient {_short(gradient)}"])], False
    return nodes


def _arrows(trace: Trace) -> list[tuple[int, int]]:
    number = {name: i for i, name in enumerate(nodes_of(trace))}
    return [(number[source], number[target]) for source, target in trace.edges]


def _short(array: object) -> str:
    return described(array).replace("  ", " ")


def _escaped_for_mermaid(text: str) -> str:
    """Replace what Mermaid, or HTML in it, would read as syntax; it writes a character as # and its number."""
    return "".join(f"#{ord(c)};" if c in '"#&<>`;\\' else c for c in text)
