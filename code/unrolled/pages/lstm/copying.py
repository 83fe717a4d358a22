"""What in a text is copied, and what repeats."""

from typing import NamedTuple

from unrolled.data.demand import whole


def copied(text: str, source: str, n: int) -> float:
    """The share of the runs of n characters in a text that occur in the source too.

    Raises ValueError if n is below 1, or the text shorter than n.
    """
    if len(text) < whole("n", n):
        raise ValueError(
            f"a text of {len(text)} characters has no run of {n}; give a longer text"
        )
    known = {source[k : k + n] for k in range(len(source) - n + 1)}
    runs = [text[k : k + n] for k in range(len(text) - n + 1)]
    return sum(run in known for run in runs) / len(runs)


class Loop(NamedTuple):
    """Where a text begins to repeat itself to its end, and what."""

    start: int
    phrase: str


def loop(text: str, times: int = 3) -> Loop | None:
    """The loop in which a text ends, a phrase that stands there so many times in a row;
    None if there is none.

    Of several, the one that begins first. Takes time that grows like the text.
    """
    N, found = len(text), None
    whole("times", times, 2)
    for period, same in enumerate(prefix_repeats(text[::-1])[: N // times], 1):
        start = N - period - same
        if N - start >= times * period and (found is None or start < found.start):
            found = Loop(start, text[start : start + period])
    return found


def prefix_repeats(text: str) -> list[int]:
    """How many characters from each position 1, 2, … on are those of the beginning, in
    O(N): Gusfield's Z (1997).
    """
    z, left, right = [0] * len(text), 0, 0  # text[left:right] is as the beginning
    for i in range(1, len(text)):
        n = min(z[i - left], right - i) if i < right else 0
        while i + n < len(text) and text[n] == text[i + n]:
            n += 1
        z[i] = n
        if i + n > right:
            left, right = i, i + n
    return z[1:]
