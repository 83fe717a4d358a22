"""One step of skip-gram in the plane, in the reader's hands.

The numbers are computed in the page, by ``skipgram.js``: the gradients of the page
``word2vec``, with a softmax and with negative sampling, and where they lead. Left out:
more dimensions than two, and the draw of negatives; in their place is its mean.
"""

__all__ = ["one_step"]

from collections.abc import Sequence

import numpy as np
from numpy import ndarray
from tabulate import tabulate

from unrolled.live import Live
from unrolled.live.backward import written


def one_step(
    v_c: ndarray,
    u: ndarray,
    o: int,
    moved: ndarray,
    negatives: Sequence[int] | None = None,
) -> Live:
    """A centre's vector v_c (2,), outside vectors u (V, 2) and the observed word o, to
    be moved by steps and by hand; with the words drawn as negatives, by negative
    sampling.

    Where no script runs, a table has the scores u · v_c (V,) before and after the step
    that leads to ``moved`` (2,). Raises ValueError unless V is 2 to 4, and o and the
    negatives are among the V words.
    """
    v_c, u, moved = (np.asarray(a, dtype=float) for a in (v_c, u, moved))
    demand_place(v_c, u, o, moved, negatives)
    V = len(u)
    rows = [
        [
            f"{j}, observed" if j == o else j,
            *map(written, (u[j], u[j] @ v_c, u[j] @ moved)),
        ]
        for j in range(V)
    ]
    rows.append(["the centre", "", written(v_c), written(moved)])
    headers = ["word", "u", "u · v_c before the step", "after"]
    drawn = None if negatives is None else np.bincount(negatives, minlength=V).tolist()
    place = {"v_c": v_c.tolist(), "u": u.tolist(), "o": int(o), "negatives": drawn}
    table = tabulate(rows, headers=headers, tablefmt="html", disable_numparse=True)
    return Live(["skipgram", "spelled", "plane"], {"place": place}, table)


def demand_place(
    v_c: ndarray, u: ndarray, o: int, moved: ndarray, negatives: Sequence[int] | None
) -> None:
    """Raise ValueError unless vectors are in the plane, and words among those that
    there are.
    """
    if u.ndim != 2 or u.shape[1] != 2 or not 2 <= len(u) <= 4:
        raise ValueError(f"u has the shape {u.shape}; expected 2 to 4 vectors of two")
    for name, a in {"v_c": v_c, "u": u, "moved": moved}.items():
        if name != "u" and a.shape != (2,):
            raise ValueError(f"{name} has the shape {a.shape}; expected (2,)")
        if not np.isfinite(a).all():
            raise ValueError(f"{name} is {a.tolist()}; expected finite numbers")
    for word in (o, *([] if negatives is None else negatives)):
        if word not in range(len(u)):
            raise ValueError(f"there is no word {word!r}; expected 0 to {len(u) - 1}")
