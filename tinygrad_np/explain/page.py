"""A trace as HTML: a page that stands by itself, and its part for a notebook.

Nothing is loaded from elsewhere and no script runs: links and foldable steps are the browser's own, so that all of it
can be reached by keyboard.
"""

from __future__ import annotations

import hashlib
from html import escape

from tinygrad_np.explain.drawing import svg
from tinygrad_np.explain.entries import Entry, Trace, described
from tinygrad_np.explain.plain_text import call, rows_of, text

_STYLE = """
.trace { --ink: #1a1a1a; --soft: #595959; --paper: #fff; --card: #f5f7f9; --line: #c8d0d8; --mark: #0072b2;
  --warm: #8a4b00; color: var(--ink); background: var(--paper); font: 16px/1.5 system-ui, sans-serif; padding: 1px 0; }
@media (prefers-color-scheme: dark) { .trace { --ink: #eee; --soft: #b4b4b4; --paper: #16191d; --card: #20252b;
  --line: #47505a; --mark: #6cc0f5; --warm: #f0b050; } }
.trace code, .trace svg text { font-family: ui-monospace, Menlo, Consolas, monospace; }
.trace .wide { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; }
.trace svg { display: block; margin: 0 auto; background: var(--paper); }
.trace svg text { font-size: 11px; fill: var(--ink); } .trace svg .first { font-weight: bold; }
.trace svg rect { fill: var(--card); stroke: var(--line); } .trace svg .source rect { fill: var(--paper); }
.trace svg a:hover rect, .trace svg a:focus rect { stroke: var(--mark); stroke-width: 2.5; }
.trace svg .arrow { fill: none; stroke: var(--soft); }
.trace details { background: var(--card); border: 1px solid var(--line); border-radius: 6px; margin: .6em 0; }
.trace details:target { border-color: var(--mark); box-shadow: 0 0 0 2px var(--mark); }
.trace summary { cursor: pointer; padding: .6em .8em; overflow-wrap: anywhere; }
.trace summary:focus-visible, .trace a:focus-visible, .trace .wide:focus-visible { outline: 3px solid var(--mark); }
.trace .from { color: var(--soft); font-size: .85em; display: block; }
.trace dl { margin: 0; padding: 0 .8em .8em; } .trace dt { margin-top: .5em; overflow-wrap: anywhere; }
.trace dd { margin: 0 0 0 1.2em; overflow-wrap: anywhere; } .trace .rule { color: var(--mark); }
.trace .note { color: var(--warm); }
.trace table { border-collapse: collapse; width: 100%; } .trace th, .trace td { text-align: left;
  padding: .3em .8em; border-bottom: 1px solid var(--line); white-space: nowrap; }
"""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The backward pass of {title}</title>
<style>
body {{ margin: 0; }}
.trace {{ min-height: 100vh; }}
.trace > section {{ max-width: 60rem; margin: 0 auto; padding: 0 1rem 3rem; }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def document(trace: Trace) -> str:
    """Return a whole HTML page."""
    return _PAGE.format(title=escape(_loss(trace)), body=fragment(trace))


def fragment(trace: Trace) -> str:
    """Return the contents of that page as one element; traces in one notebook do not disturb each other."""
    prefix = f"trace-{hashlib.sha256(text(trace).encode()).hexdigest()[:8]}-"
    steps = "step" if len(trace) == 1 else "steps"
    return "\n".join(
        [
            f'<div class="trace"><style>{_STYLE}</style><section>',
            f"<h1>The backward pass of <code>{escape(_loss(trace))}</code></h1>",
            f"<p>{len(trace)} {steps}, from the result back to what it was computed from. dX stands for the derivative "
            "of the result with respect to each entry of X, and has the shape of X.</p>",
            "<h2>The graph</h2>",
            "<p>From the inputs above to the result below. A box leads to its step.</p>",
            f'<div class="wide" tabindex="0" role="region" aria-label="The graph">{svg(trace, prefix)}</div>',
            "<h2>The steps, in order</h2>",
            *(_step(entry, prefix) for entry in trace),
            "<h2>The gradients</h2>",
            '<div class="wide" tabindex="0" role="region" aria-label="The gradients"><table>',
            "<tr><th>gradient</th><th>shape and entries</th></tr>",
            *(
                f"<tr><td><code>d{escape(name)}</code></td><td>{escape(described(gradient))}</td></tr>"
                for name, gradient in trace.gradients.items()
            ),
            "</table></div></section></div>",
        ]
    )


def _loss(trace: Trace) -> str:
    return next(iter(trace.gradients))


def _step(entry: Entry, prefix: str) -> str:
    """Write one step as a foldable card, open at first."""
    module = f"module {entry.module}" if entry.module else ""
    where = " · ".join(part for part in (entry.line, module) if part)
    source = f" <code>{escape(entry.source)}</code>" if entry.source else ""
    lines = [
        f'<details open id="{prefix}{entry.index}"><summary><strong>{entry.index}</strong> '
        f"<code>{escape(call(entry))}</code>"
        + (f'<span class="from">{escape(where)}{source}</span>' if where else "")
        + "</summary><dl>"
    ]
    if entry.value is not None:
        lines.append(f"<dt>value</dt><dd>{escape(described(entry.value))}</dd>")
    arrived = escape(described(entry.incoming))
    lines.append(f"<dt>gradient that arrives, <code>d{escape(entry.output)}</code></dt><dd>{arrived}</dd>")
    for contribution in entry.contributions:
        for gradient, rule, result in rows_of(contribution):
            written = f'<code>{escape(gradient)} <span class="rule">{escape(rule)}</span></code>'
            lines.append(f"<dt>passes back {written}</dt><dd>{escape(result)}</dd>")
    for symbols in dict.fromkeys(contribution.where for contribution in entry.contributions if contribution.where):
        lines.append(f'<dd class="note">where <code>{escape(symbols)}</code></dd>')
    return "\n".join([*lines, "</dl></details>"])
