"""The examples for a pencil: each mistake that a result lists shows in a number of one of them."""

import pytest

from unrolled.checks import Result
from unrolled.checks.formula import largest_error
from unrolled.results import backprop_mlp, backprop_rnn, residual

RESULTS = [
    result
    for page in (backprop_mlp, backprop_rnn, residual)
    for result in vars(page).values()
    if isinstance(result, Result)
]
OUT_OF_SIGHT = {
    "rnn-batch-gradients": {
        "W_recurrent not transposed on the way back": "its example has d = 1, since a batch of vectors is too much for a pencil"
    }
}


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: result.label)
def test_a_mistake_changes_a_number_of_an_example(result: Result):
    unseen = {
        mutant.mistake
        for mutant in result.mutants
        if all(
            largest_error(mutant.function(**worked.case), worked.value) < 1e-9
            for worked in result.worked
        )
    }
    assert unseen == set(OUT_OF_SIGHT.get(result.label, ()))
