"""Nine lessons on how autodiff reproduces what one derives by hand.

Each runs in seconds: `python -m examples.lessons.NAME`. It prints what it teaches, with numbers computed on the spot,
and saves its pictures in `runs/lessons` (`--out DIR` for another place).

================================  ====================================================================================
lesson_1_forward                  digits, the forward pass, and why the loss starts near ln 10
lesson_2_nudge                    a derivative by nudging: which step is too large, which too small
lesson_3_manual_backprop          backpropagation by hand, and a bug that accuracy does not show
lesson_4_scalar_engine            autodiff of numbers in 60 lines: adding up, and the order of the walk
lesson_5_broadcasting             tensors: broadcasting has to be undone, and hypothesis finds who forgets it
lesson_6_matmul_and_softmax       why dZ.T @ A, why p - y, and where 1/m goes
lesson_7_modules                  the same network from modules: 100 steps, equal to the bit
lesson_8_break_it                 six wrong backward passes: what accuracy shows, and what `explain.compare` says
lesson_9_your_own_layer           a layer with a rule of your own: checked, summarised, trained
================================  ====================================================================================

They use the embedded sample of digits, or the data that the environment variable TINYGRAD_NP_DATA points to.
"""

LESSONS = (
    "lesson_1_forward",
    "lesson_2_nudge",
    "lesson_3_manual_backprop",
    "lesson_4_scalar_engine",
    "lesson_5_broadcasting",
    "lesson_6_matmul_and_softmax",
    "lesson_7_modules",
    "lesson_8_break_it",
    "lesson_9_your_own_layer",
)
