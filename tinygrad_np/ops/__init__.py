"""The ops by topic, each a NumPy function with its rules; functions of several ops stand beside them.

Everything here takes tensors, and plain arrays too: given arrays only, it computes an array. Rules rely on that.
"""
