"""Functions that move entries."""

NAMES = """
atleast_1d atleast_2d atleast_3d block_diag broadcast_shapes broadcast_tensors broadcast_to cartesian_prod cat chunk
clone column_stack combinations contiguous diag diag_embed diagflat diagonal dsplit dstack expand expand_as flatten
flip fliplr flipud hsplit hstack meshgrid.list_of_tensors meshgrid.variadic_tensors movedim mT narrow
nn.functional.channel_shuffle nn.functional.pad.circular nn.functional.pad.constant nn.functional.pad.reflect
nn.functional.pad.replicate nn.functional.pad.replicate_negative nn.functional.pixel_shuffle
nn.functional.pixel_unshuffle permute ravel repeat repeat_interleave reshape reshape_as roll rot90 select split
split.list_args split_with_sizes squeeze squeeze.multiple stack T t tensor_split tile trace transpose tril
tril_indices triu triu_indices unbind unflatten unfold unsqueeze view view_as vsplit vstack
"""

NOT_IN_PLACE = ["squeeze", "squeeze.multiple", "t", "transpose", "unsqueeze"]  # would change the tensor's shape

PATHS = {  # what PyTorch has as a method only
    "contiguous": "Tensor.contiguous",
    "expand": "Tensor.expand",
    "expand_as": "Tensor.expand_as",
    "mT": "Tensor.mT.__get__",
    "repeat": "Tensor.repeat",
    "reshape_as": "Tensor.reshape_as",
    "T": "Tensor.T.__get__",
    "unfold": "Tensor.unfold",
    "view": "Tensor.view",
    "view_as": "Tensor.view_as",
}
