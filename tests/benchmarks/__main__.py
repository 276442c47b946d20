"""All figures: ``make bench``, or ``python -m tests.benchmarks [NAME ...]``."""

import importlib
import sys

FIGURES = ("step", "small_add", "full_batch", "imports", "chain", "script_recipe", "digit", "bits")


def main() -> int:
    names = sys.argv[1:] or FIGURES
    unknown = sorted(set(names) - set(FIGURES))
    if unknown:
        print(f"benchmarks: no figure is called {', '.join(unknown)}; there are {', '.join(FIGURES)}", file=sys.stderr)
        return 2
    verdicts = [importlib.import_module(f"tests.benchmarks.{name}").main() for name in names]
    return 0 if all(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
