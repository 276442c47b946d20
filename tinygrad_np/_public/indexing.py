"""Functions that pick entries and put them."""

from __future__ import annotations

from tinygrad_np._public.wrapping import public
from tinygrad_np.ops import indexing, picking, replacing, sampling, scattering

__all__ = [
    "argwhere",
    "bernoulli",
    "diagonal_scatter",
    "gather",
    "index_add",
    "index_copy",
    "index_fill",
    "index_put",
    "index_reduce",
    "index_select",
    "masked_fill",
    "masked_scatter",
    "masked_select",
    "multinomial",
    "nonzero",
    "normal",
    "put",
    "scatter",
    "scatter_add",
    "scatter_reduce",
    "select_scatter",
    "slice_scatter",
    "take",
    "take_along_dim",
]

argwhere = public(picking.argwhere)
bernoulli = public(sampling.bernoulli)
diagonal_scatter = public(replacing.diagonal_scatter)
gather = public(indexing.gather)
index_add = public(replacing.index_add)
index_copy = public(replacing.index_copy)
index_fill = public(replacing.index_fill)
index_put = public(replacing.index_put)
index_reduce = public(replacing.index_reduce)
index_select = public(picking.index_select)
masked_fill = public(replacing.masked_fill)
masked_scatter = public(replacing.masked_scatter)
masked_select = public(picking.masked_select)
multinomial = public(sampling.multinomial)
nonzero = public(picking.nonzero)
normal = sampling.normal  # two numbers will do
put = public(replacing.put)
scatter = public(scattering.scatter)
scatter_add = public(scattering.scatter_add)
scatter_reduce = public(scattering.scatter_reduce)
select_scatter = public(replacing.select_scatter)
slice_scatter = public(replacing.slice_scatter)
take = public(picking.take)
take_along_dim = public(picking.take_along_dim)
