import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assistant.retrieval.fusion import fuse, ranked, z_scores

SCORES = st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=30)


@given(SCORES)
def test_z_scores_have_mean_zero_and_keep_the_order(values: list[float]) -> None:
    scores = np.array(values, np.float32)

    z = z_scores(scores)

    assert abs(float(z.mean())) < 1e-3
    assert (np.diff(z[np.argsort(scores, kind="stable")]) >= 0).all()


def test_arm_that_tells_nothing_changes_nothing() -> None:
    arm = np.array([3.0, 1.0, 2.0], np.float32)

    fused = fuse(((1.0, arm), (1.0, np.full(3, 7.0, np.float32))))

    assert ranked(fused).tolist() == [0, 2, 1]


def test_weight_decides_between_arms_that_disagree() -> None:
    up, down = np.array([0.0, 1.0], np.float32), np.array([1.0, 0.0], np.float32)

    assert ranked(fuse(((2.0, up), (1.0, down))))[0] == 1
    assert ranked(fuse(((1.0, up), (2.0, down))))[0] == 0


def test_no_candidates_are_no_error() -> None:
    assert z_scores(np.zeros(0, np.float32)).size == 0
    assert ranked(np.zeros(0, np.float32)).size == 0
