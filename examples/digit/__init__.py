"""The parts of `examples.train_digit` and `examples.predict_digit`, one idea a file.

`options` reads the command line, `dataset` brings images into the network's form, `training` is the loop,
`large_batch` computes the gradients of its large batches, `checkpoint` saves and restores it, `report` prints,
`pictures` draws, `results` writes what a run leaves, `weights` is the file of the trained network, `scan` turns a
photographed or drawn digit into an image like MNIST's.
"""
