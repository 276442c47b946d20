"""Recording one small addition and walking back over it."""

import tinygrad_np as tg
from tests.benchmarks.timing import installed, interleaved, report


def main() -> bool:
    figure = "record and backward of one small add, against PyTorch"
    if not installed("torch", figure):
        return True
    import torch

    torch.set_num_threads(1)
    a, b, seed = tg.rand(3, requires_grad=True), tg.rand(3), tg.ones(3)
    ta, tb, tseed = torch.rand(3, requires_grad=True), torch.rand(3), torch.ones(3)
    ours, theirs = interleaved(lambda: (a + b).backward(seed), lambda: (ta + tb).backward(tseed), calls=500)
    return report(figure, ours / theirs, 0.8, detail=f"{ours * 1e6:.2f} us, {theirs * 1e6:.2f} us")


if __name__ == "__main__":
    main()
