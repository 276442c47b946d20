"""Operators, conversion and gradient flags as in PyTorch: values, dtypes, shapes, errors of one-line programs."""

from __future__ import annotations

import pytest

import tinygrad_np
from tests.tensor.agreement import outcome

torch = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")

TO_PYTHON = r"""
m.tensor([1.5]).item()
m.tensor([[1]]).item()
m.tensor([1, 2]).item()
m.tensor([]).item()
m.tensor(True).item()
m.tensor([[1, 2], [3, 4]]).tolist()
m.tensor(2.5).tolist()
m.tensor([True]).tolist()
m.ones(2, requires_grad=True).tolist()
m.ones(2, requires_grad=True).numpy()
m.ones(2, requires_grad=True).detach().numpy().tolist()
m.ones(2).numpy().dtype
np.asarray(m.ones(2, requires_grad=True))
np.asarray(m.ones(2))
np.array(m.ones(2), dtype=int)
np.array(m.ones(2))
len(m.ones(3, 2))
len(m.tensor(1))
[r.tolist() for r in m.ones(2, 3)]
[r.shape[0] for r in m.ones(2, 3)]
list(m.tensor(1))
list(m.tensor([]))
type([*m.ones(2)][0]).__name__
bool(m.tensor(1))
bool(m.tensor([0.0]))
bool(m.tensor([[1]]))
bool(m.tensor([1, 2]))
bool(m.tensor([]))
bool(m.tensor(float('nan')))
float(m.tensor([1.5]))
float(m.tensor(2))
float(m.tensor([1, 2]))
float(m.tensor(True))
int(m.tensor(2.7))
int(m.tensor([2]))
int(m.tensor([1, 2]))
int(m.tensor(float('nan')))
complex(m.tensor(1.5))
[1, 2, 3][m.tensor(1)]
[1, 2, 3][m.tensor([1])]
[1, 2, 3][m.tensor(1.0)]
[1, 2, 3][m.tensor(True)]
[1, 2, 3][m.tensor([1, 2])]
[1, 2, 3][m.tensor(0):m.tensor(2)]
list(range(m.tensor(3)))
round(m.tensor(1.567), 2)
round(m.tensor(1.567))
1 in m.tensor([1, 2])
3 in m.tensor([1, 2])
m.tensor(1) in m.tensor([1, 2])
'a' in m.tensor([1, 2])
None in m.tensor([1, 2])
[1] in m.tensor([1, 2])
m.tensor([1, 2]) in m.tensor([[1, 2], [3, 4]])
m.tensor([1, 4]) in m.tensor([[1, 2], [3, 4]])
m.tensor([1, 2, 3]) in m.tensor([[1, 2], [3, 4]])
f'{m.tensor(3.14159):.3f}'
f'{m.tensor(3):d}'
f'{m.tensor(3):>5}'
f'{m.tensor([3.14159]):.3f}'
f'{m.tensor([1.0, 2.0])}'
f'{m.tensor(1.5)}'
f'{m.tensor(1.5, requires_grad=True)}'
f'{m.tensor(1.5, requires_grad=True):.2f}'
f'{m.tensor([1.0, 2.0]):.2f}'
f'{m.tensor(True)}'
f'{m.tensor(7):x}'
repr(m.tensor([1.0, 2.0], requires_grad=True))
repr(m.tensor([1.0, 2.0], requires_grad=True) * 2)
str(m.tensor(1))
m.ones(2, 3).size()[0]
m.ones(2, 3).size(0)
m.ones(2, 3).size(-1)
m.ones(2, 3).size(2)
m.ones(2, 3).size(dim=1)
m.tensor(1).size(0)
m.ones(2, 3).shape[1]
tuple(m.ones(2, 3).shape)
m.ones(2, 3).size() == (2, 3)
m.ones(2, 3).dim()
m.ones(2, 3).ndim
m.ones(2, 3).numel()
m.ones(2, 3).element_size()
m.ones(2, 3).itemsize
m.ones(2, 3).nbytes
m.ones(2, 3).T.is_contiguous()
m.ones(2).is_floating_point()
m.ones(2, dtype=m.int64).is_floating_point()
m.ones(3).mT
m.ones(3).t()
m.ones(2, 3, 4).t()
m.tensor(1.0).t()
m.ones(2, 3).t().shape[0]
"""
GRADIENTS = r"""
m.tensor([1]).requires_grad_()
m.tensor([1.0]).requires_grad_().requires_grad
m.tensor([1.0], requires_grad=True).requires_grad_(False).requires_grad
t = m.ones(2, dtype=m.int64); t.requires_grad = True; t.requires_grad
t = m.ones(2, requires_grad=True) * 2; t.requires_grad = False; t.requires_grad
t = m.ones(2, requires_grad=True); t.requires_grad = False; t.requires_grad
t = m.ones(2); t.requires_grad = 1; t
t = m.ones(2); t.requires_grad = 'a'; t
m.ones(2).is_leaf
(m.ones(2) * 2).is_leaf
(m.ones(2, requires_grad=True) * 2).is_leaf
(m.ones(2, requires_grad=True) * 2).detach().is_leaf
m.ones(2, requires_grad=True).detach().requires_grad
m.ones(2, requires_grad=True).data.requires_grad
(m.ones(2, requires_grad=True) == 1).requires_grad
m.ones(2, requires_grad=True).argmax().requires_grad
m.ones(2, requires_grad=True).long().requires_grad
p = m.ones(2, requires_grad=True); p.data.sub_(0.5); p.tolist()
p = m.ones(2, requires_grad=True); p.data.copy_(m.zeros(2)); p.tolist()
p = m.ones(2, requires_grad=True); p.data = m.zeros(3); p.tolist(), p.requires_grad, p.is_leaf
p = m.ones(2); p.data = m.ones(2, requires_grad=True); p.requires_grad
p = m.ones(2, requires_grad=True); p.sum().backward(); p.data = m.zeros(2); p.grad.tolist()
p = m.ones(2, requires_grad=True); p.grad = m.zeros(2); p.grad.tolist()
p = m.ones(2, requires_grad=True); p.grad = None; p.grad
p = m.ones(2, requires_grad=True); p.shape = 3; p
copy.deepcopy(m.ones(2))
copy.deepcopy(m.ones(2, requires_grad=True))
copy.deepcopy(m.ones(2, requires_grad=True) * 2)
copy.copy(m.ones(2, requires_grad=True))
copy.copy(m.ones(2))
p = m.ones(2, requires_grad=True); p.sum().backward(); copy.deepcopy(p).grad.tolist()
p = m.ones(2, requires_grad=True); p.sum().backward(); copy.copy(p).grad
p = m.ones(2, requires_grad=True); p.sum().backward(); pickle.loads(pickle.dumps(p)).grad
pickle.loads(pickle.dumps(m.ones(2, requires_grad=True)))
a = m.ones(2); (lambda l: l[0] is l[1])(copy.deepcopy([a, a]))
a = m.ones(2); (lambda l: l[0] is l[1])(pickle.loads(pickle.dumps([a, a])))
(lambda a, b: (a in {a: 1}, b in {a: 1}, len({a, b, a})))(m.ones(2), m.ones(2))
m.tensor([1.0, 2.0], requires_grad=True).double()
p = m.ones(2, requires_grad=True); p.data = m.zeros(3, dtype=m.int64); p
p = m.ones(2, requires_grad=True); p.data = m.zeros(3, dtype=m.float64); (p * 2).sum().backward(); p.grad
p = m.ones(2, requires_grad=True); y = p * 3; y.data = m.zeros(2); y.sum().backward(); y, p.grad
p = m.ones(2, requires_grad=True); a = p.detach(); a += 1; p
p = m.ones(2, requires_grad=True); loss = (p * p).sum(); p.detach().mul_(2); loss.backward()
p = m.ones(2, requires_grad=True); y = p.exp(); y.detach()[0] = 5; y.sum().backward()
p = m.ones(2, requires_grad=True); y = p.sin(); y.detach()[0] = 5; y.sum().backward(); p.grad
"""
OPERATORS = r"""
p = m.ones(2); p.data = m.zeros(3, dtype=m.int64); p.tolist(), str(p.dtype)[-3:]
p = m.ones(2); p.data = np.zeros(3); p
m.ones(2) == None
m.ones(2) != None
m.ones(2) == 'a'
m.ones(2) == [1.0, 2.0]
m.ones(2) < 'a'
m.ones(2) < None
m.tensor([1, 2]) == m.tensor([1.0, 3.0])
m.tensor([1, 2]) < 1.5
1.5 > m.tensor([1, 2])
1.5 == m.tensor([1, 2])
m.tensor([1, 2]) < m.tensor([1, 2, 3])
m.ones(2) + None
m.ones(2) + 'a'
m.ones(2) + [1, 2]
None + m.ones(2)
[1, 2] * m.ones(2)
divmod(m.tensor([5]), 2)
-m.tensor([1], dtype=m.uint8)
m.tensor([True]) + m.tensor([True])
m.tensor([True]) * 2
m.tensor([True]) / m.tensor([True])
m.tensor([1]) / 2
m.tensor([1]) / m.tensor([2])
2 ** m.tensor([1, 2])
2.0 ** m.tensor([1, 2])
m.tensor([1, 2]) ** 2
m.tensor([1, 2]) ** (-1)
m.tensor([1, 2]) ** 0.5
m.tensor([1.0, 2]) ** 2
abs(m.tensor([-1, 2]))
+m.tensor([1])
m.tensor([1]) & m.tensor([3])
m.tensor([1]) | 2
m.tensor([1]) ^ m.tensor([3])
~m.tensor([1])
~m.tensor([True])
~m.tensor([1.0])
True & m.tensor([True])
1 | m.tensor([2])
m.tensor(1.0) + m.tensor([1], dtype=m.float64)
m.tensor(1.0, dtype=m.float64) + m.tensor([1.0])
m.tensor(1.0, dtype=m.float64) + m.tensor([1])
m.tensor(1) + m.tensor(1.0)
m.tensor(1.0, dtype=m.float64) + m.tensor(1.0)
m.tensor([1.0]) * np.float64(2)
m.tensor([1]) * np.float64(2)
m.tensor([1], dtype=m.int32) + np.int64(2)
m.tensor([1], dtype=m.int32) + 2.5
m.tensor([1], dtype=m.uint8) + m.tensor([1], dtype=m.int8)
m.tensor([True]) + 1
m.tensor([255], dtype=m.uint8) + 1
m.tensor([1.0]).equal(m.tensor([1.0]))
m.tensor([1.0]).equal(m.tensor([1]))
m.tensor([1.0]).equal(1.0)
m.ones(2).add_(m.ones(2), alpha=2)
m.exp(2.0)
m.exp([1, 2])
"""
CONVERSION = r"""
m.ones(2).float()
m.ones(2).double()
m.ones(2).half()
m.ones(2).int()
m.ones(2).long()
m.ones(2).byte()
m.ones(2).bool()
m.ones(2).to(m.int64)
m.ones(2).to('cpu')
m.ones(2).to('cpu', m.float64)
m.ones(2).to(device='cpu', dtype=m.float64)
m.ones(2).to('foo')
m.ones(2).to(m.ones(1, dtype=m.int64))
m.ones(2).to(other=m.ones(1, dtype=m.int64))
m.ones(2).to(None)
m.ones(2).to()
m.ones(2).to(foo=3)
m.ones(2).to(m.float64, non_blocking=True)
m.ones(2).to(m.float64, True)
m.ones(2).to(m.float64, True, True)
m.ones(2).to(dtype=float)
m.ones(2).to(float)
m.ones(2).to(int)
t = m.ones(2); t.to(t.dtype) is t
t = m.ones(2); t.float() is t
t = m.ones(2); t.to(t.dtype, copy=True) is t
m.ones(2).type_as(m.ones(1, dtype=m.int64))
m.ones(2).type(m.int64)
m.tensor([1.7, -1.7]).long()
m.tensor([0.5, 0.0, float('nan')]).bool()
m.tensor([10000000000.0]).int()
"""


@pytest.mark.parametrize(
    "program", [line for part in (TO_PYTHON, GRADIENTS, OPERATORS, CONVERSION) for line in part.strip().splitlines()]
)
def test_agrees_with_pytorch(program: str) -> None:
    assert outcome(program, tinygrad_np) == outcome(program, torch)
