"""The public functions by topic. They also take plain arrays: as constants, and a tensor comes out."""

from tinygrad_np._public import elementwise, indexing, linalg, movement, reduction
from tinygrad_np._public.elementwise import *
from tinygrad_np._public.indexing import *
from tinygrad_np._public.linalg import *
from tinygrad_np._public.movement import *
from tinygrad_np._public.reduction import *

__all__: list[str] = []
__all__ += elementwise.__all__
__all__ += indexing.__all__
__all__ += linalg.__all__
__all__ += movement.__all__
__all__ += reduction.__all__
