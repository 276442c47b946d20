"""Assignment and indexing as in PyTorch: values, dtypes, shapes and types of errors of one-line programs."""

from __future__ import annotations

import pytest

import tinygrad_np
from tests.tensor.agreement import outcome

torch = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")

ASSIGNMENT = r"""
m.ones(2).add_(1)
m.ones(2).add_(m.tensor([1, 2]))
m.ones(2).add_(m.tensor([1.0, 2.0], dtype=m.float64))
m.ones(2).add_(m.ones(2, 2))
m.ones(2).add_(m.ones(3))
m.ones(1).add_(m.ones(2))
m.tensor(1.0).add_(m.ones(2))
m.ones(2, dtype=m.int64).add_(1)
m.ones(2, dtype=m.int64).add_(1.5)
m.ones(2, dtype=m.int64).add_(True)
m.ones(2, dtype=m.int64).mul_(2.0)
m.ones(2, dtype=m.int64).div_(2)
m.ones(2, dtype=m.int32).add_(m.ones(2, dtype=m.int64))
m.ones(2, dtype=m.uint8).add_(m.ones(2, dtype=m.int64))
m.ones(2, dtype=m.uint8).sub_(2)
m.ones(2, dtype=m.bool).add_(1)
m.ones(2, dtype=m.bool).mul_(m.ones(2, dtype=m.bool))
m.ones(2, dtype=m.bool).add_(m.ones(2, dtype=m.bool))
m.ones(2).add_('a')
m.ones(2).add_(None)
m.ones(2).add_([1, 2])
m.ones(2).add_(m.tensor(1.0, dtype=m.float64))
m.ones(2).pow_(2)
m.tensor([2, 3]).pow_(2)
m.tensor([2, 3]).pow_(-1)
m.tensor([2, 3]).pow_(0.5)
t = m.ones(2); t.__iadd__(1) is t
m.ones(2, requires_grad=True).add_(1)
m.ones(2, requires_grad=True).zero_()
m.ones(2).zero_()
m.ones(2).fill_(3)
m.ones(2).fill_(m.tensor(3))
m.ones(2).fill_(m.tensor([3]))
m.ones(2).fill_(m.tensor([3, 4]))
m.ones(2, dtype=m.int64).fill_(2.5)
m.ones(2, dtype=m.int64).fill_(2.0)
m.ones(2, dtype=m.bool).fill_(2)
m.ones(2).fill_(True)
m.ones(2).fill_('a')
m.ones(2).copy_(m.tensor([1, 2]))
m.ones(2, dtype=m.int64).copy_(m.tensor([1.5, 2.5]))
m.ones(2, 2).copy_(m.tensor([1.5, 2.5]))
m.ones(2).copy_(m.ones(3))
m.ones(2).copy_(m.ones(2, 2))
m.ones(1).copy_(m.ones(2))
m.ones(2).copy_(m.tensor(5.0))
m.ones(2).copy_(3)
m.ones(2, dtype=m.uint8).copy_(m.tensor([300, -1]))
m.tensor([-1.0, 2.0]).clamp_(0)
m.tensor([-1.0, 2.0]).clamp_(0, 1)
m.tensor([-1.0, 2.0]).clamp_(min=0)
m.tensor([-1, 2]).clamp_(0.5)
m.tensor([-1.0, 2.0]).relu_()
m.tensor([-1.0, 2.0]).neg_()
m.tensor([0.0, 0.0]).exp_()
m.tensor([0, 0]).exp_()
m.tensor([4.0]).sqrt_()
m.tensor([-1.0, 2.0]).uniform_().shape[0]
m.zeros(2, dtype=m.int64).uniform_()
m.zeros(2, dtype=m.int64).normal_()
m.zeros(2, dtype=m.int64).bernoulli_(1)
m.zeros(2).bernoulli_(1)
m.zeros(2).bernoulli_(2)
m.zeros(2).normal_(0, -1)
m.zeros(2).uniform_(1, 0)
m.zeros(2, requires_grad=True).uniform_()
t = m.ones(2); t[0] = 5; t
t = m.ones(2, dtype=m.int64); t[0] = 5.5; t
t = m.ones(2, dtype=m.int64); t[0] = m.tensor(5.5); t
t = m.ones(2, dtype=m.int64); t[0] = True; t
t = m.ones(2, dtype=m.uint8); t[0] = 300; t
t = m.ones(2, dtype=m.int64); t[0] = float('nan'); t
t = m.ones(2); t[:] = m.ones(3); t
t = m.ones(2); t[:] = m.zeros(1, 2); t
t = m.ones(2); t[:] = m.zeros(2, 2); t
t = m.ones(2); t[t > 0] = 0; t
t = m.ones(2); t[t > 0] = m.tensor([3.0, 4.0]); t
t = m.ones(2); t[t > 0] = m.tensor([3.0, 4.0, 5.0]); t
t = m.ones(3); t[m.tensor([0, 1])] = m.tensor([3.0, 4.0]); t
t = m.ones(3); t[m.tensor([0, 0])] = m.tensor([3.0, 4.0]); t
t = m.ones(3); t[[0, 2]] = m.tensor([3.0, 4.0]); t
t = m.ones(2, 2); t[0, 1] = 7; t
t = m.ones(2, 2); t[:, 1] = m.tensor([7.0, 8.0]); t
t = m.ones(2, 2); t[5] = 7; t
t = m.ones(2, 2); t[0, 0, 0] = 7; t
t = m.ones(2, 2); t[m.tensor([5])] = 7; t
t = m.ones(2, 2); t[m.tensor([True])] = 7; t
t = m.ones(2, 2); t[1.5] = 7; t
t = m.ones(2, 2); t[m.tensor([0.0])] = 7; t
t = m.ones(2, 2); t[...] = 7; t
t = m.ones(2, 2); t[None] = 7; t
t = m.ones(2, 2); t[True] = 7; t
t = m.ones(2, 2); t[False] = 7; t
t = m.tensor(1.0); t[()] = 7; t
t = m.ones(2, 2); t[::-1] = 7; t
t = m.ones(2); t[0] = 'a'; t
t = m.ones(2); t[0] = None; t
t = m.ones(2, 2); t[0] = [1.0, 2.0]; t
t = m.ones(2, requires_grad=True); t[0] = 5; t
m.tensor([1., 2.]).exp().mul_(2).sub_(1, alpha=0.5)
"""
INDEXING = r"""
m.ones(3)[3]
m.ones(3)[-4]
m.ones(3)[0, 0]
m.ones(3)[1.5]
m.ones(3)[m.tensor([1.5])]
m.ones(3)[m.tensor([5])]
m.ones(3)[m.tensor([True])]
m.ones(3)[m.tensor(1)]
m.ones(3)[m.tensor(True)]
m.ones(3)[True]
m.ones(3)[False]
m.ones(3)[None]
m.ones(3)[...]
m.ones(3)[[]]
m.ones(3)[[0, 1]]
m.ones(3)[[True, False, True]]
m.ones(3)[::-1]
m.ones(3)[::0]
m.ones(3)[m.tensor(0):m.tensor(2)]
m.ones(3)['a':]
m.ones(3)[np.int64(1)]
m.ones(3)[np.array([0, 1])]
m.ones(3)[0,]
m.ones(3, 3)[m.tensor([0, 1]), m.tensor([0, 1])]
m.ones(3, 3)[m.tensor([0, 1]), m.tensor([0, 1, 2])]
m.ones(3)[m.tensor([0, 1], dtype=m.uint8)]
m.ones(3)[m.tensor([0, 1], dtype=m.int32)]
m.tensor(1.0)[0]
m.tensor(1.0)[...]
m.tensor(1.0)[()]
m.ones(3)[{}]
"""


@pytest.mark.parametrize("program", [line for part in (ASSIGNMENT, INDEXING) for line in part.strip().splitlines()])
def test_agrees_with_pytorch(program: str) -> None:
    assert outcome(program, tinygrad_np) == outcome(program, torch)
