"""Neural networks: modules, layers, losses, and their functions in ``functional``."""

from tinygrad_np.nn import functional, init
from tinygrad_np.nn.activation import LogSoftmax, ReLU, Sigmoid, Softmax, Tanh
from tinygrad_np.nn.container import ModuleList, Sequential
from tinygrad_np.nn.dropout_layers import Dropout
from tinygrad_np.nn.linear_layers import Flatten, Identity, Linear
from tinygrad_np.nn.loss import CrossEntropyLoss, MSELoss, NLLLoss
from tinygrad_np.nn.module import Module
from tinygrad_np.nn.parameter import Parameter

__all__ = [
    "CrossEntropyLoss",
    "Dropout",
    "Flatten",
    "Identity",
    "Linear",
    "LogSoftmax",
    "MSELoss",
    "Module",
    "ModuleList",
    "NLLLoss",
    "Parameter",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Tanh",
    "functional",
    "init",
]
