"""Train the digit network: one command from the data to weights, history and pictures.

    python -m examples.train_digit
    python -m examples.train_digit --hidden 32 --epochs 20 --out runs/wide
    python -m examples.train_digit --recipe script

Ctrl-C ends a run with what it has; the same command with --resume goes on from there, to the same bits.
"""

import os
import shlex
import sys
import time
from collections.abc import Sequence

# Before NumPy is imported: matrices this small are multiplied faster by one thread, and the last bits of the result
# then do not depend on the number of cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")

import data
from examples.digit import checkpoint, report, results
from examples.digit.dataset import script_split, split
from examples.digit.options import Options, parse
from examples.digit.training import DivergedError, Epoch, Run

INTERRUPTED = 130  # the exit status of a program that Ctrl-C ended


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with these arguments, by default those of the command line; return the exit status."""
    options = parse(arguments)
    try:
        return train(options, sys.argv[1:] if arguments is None else arguments)
    except (data.DataError, checkpoint.CheckpointError, DivergedError, ImportError, OSError, MemoryError) as error:
        print(f"train_digit: error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ninterrupted; what was being written is left as it was before", file=sys.stderr)
        return INTERRUPTED


def train(options: Options, arguments: Sequence[str]) -> int:
    """Load the data, train, and write everything; return the exit status."""
    options.out.mkdir(parents=True, exist_ok=True)
    digits = data.load_digits(options.data)
    parts = script_split(digits, options.seed) if options.recipe == "script" else split(digits)
    run = Run(options, *parts.tensors())
    fingerprint, saved = parts.fingerprint(), options.out / checkpoint.FILE
    if options.resume:
        checkpoint.restore(run, fingerprint, saved)

    print(f"data: {parts.source}", report.model_table(run.model), report.recipe_line(run), sep="\n\n")
    if options.resume:
        print(f"going on from {report.place(run)}")
    print(f"\n{report.HEADING}", flush=True)
    start = time.perf_counter()
    with report.interruptible() as interrupted, report.progress(run.steps, run.steps_done) as lines:

        def on_report(epoch: Epoch) -> None:
            lines.line(report.epoch_line(epoch, options.epochs))
            checkpoint.save(run, fingerprint, saved)

        run.train(stop=interrupted, on_step=lines.advance, on_report=on_report)
    seconds = time.perf_counter() - start
    checkpoint.save(run, fingerprint, saved)

    names = results.write(run, parts, options.out)
    print(f"\ntrained for {seconds:.1f} s; wrote to {options.out}: {', '.join([checkpoint.FILE, *names])}")
    if not run.finished:
        again = [argument for argument in arguments if argument != "--resume"]
        print(f"interrupted at {report.place(run)}; go on with")
        print(f"    python -m examples.train_digit {shlex.join([*again, '--resume'])}")
        return INTERRUPTED
    if options.recipe == "script":
        _, predicted, labels = results.training_images(run, parts)
        print("the first training images are " + report.guesses(predicted, labels))
    print(f"test accuracy {run.history[-1].test_accuracy:.2f} %")
    return 0


if __name__ == "__main__":
    sys.exit(main())
