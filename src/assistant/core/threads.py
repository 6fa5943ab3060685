"""One thread for every numeric library, set before any of them is loaded.

Several libraries (torch, OpenBLAS, faiss) start as many threads as there are cores, each of them.
Beside a server that is busy anyway the second thread of an encode gains nothing and makes the event
loop wait, so each gets one; more customers are served by more processes. The libraries read these
variables when they are first imported, hence this is the first call of ``__main__``.
"""

import os

_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def limit_to_one_thread() -> None:
    """Give torch, OpenMP, OpenBLAS, MKL and faiss one thread, unless the operator chose a number.

    Also switches off the tokenizer's own threads, which would otherwise warn after a fork.
    """
    for variable in _VARIABLES:
        os.environ.setdefault(variable, "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
