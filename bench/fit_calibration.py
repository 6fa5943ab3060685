"""Fits ``retrieval/calibration.json``: when can a question be answered from what was found?

    .venv/bin/python -m bench.fit_calibration ../shared/data/mtrag ../shared/data/btcpay_faq \
        knowledge/market

Takes sets whose licence permits training: questions over several turns with their answerability,
generic sets and knowledge packs (a question with its gold, the same with the gold removed, and
questions that nothing answers). LoCoMo and XQuAD are refused. Each set counts the same, and so do
answerable and unanswerable questions of a set. Prints how a fit on all other sets does on each set.
"""

import argparse
import json
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from assistant.adapters.model_files import find_model
from assistant.adapters.sentence_transformer_embedder import SentenceTransformerEmbedder
from assistant.evaluation.calibration_cases import CalibrationCase, calibration_cases
from assistant.evaluation.embedding_cache import CachedEmbedder
from assistant.evaluation.measures import auroc
from assistant.retrieval.calibration import AnswerFeatures
from assistant.retrieval.encoding import EncodingService

TARGET = Path(__file__).parents[1] / "src/assistant/retrieval/calibration.json"
STRENGTH = 0.001
"""Inverse of the ridge on standardised features: strong, so that no set's habits are learned."""
REMOVED_SHARE = 0.3
"""What questions with the answer removed count beside real unanswerable ones."""
ANSWERABLE_SHARE = 0.8
"""Of the questions that customers ask, for the threshold."""


@dataclass(frozen=True)
class Cases:
    """The cases of one set as arrays."""

    name: str
    features: NDArray[np.float64]
    answerable: NDArray[np.bool_]
    removed: NDArray[np.bool_]

    @property
    def real(self) -> NDArray[np.bool_]:
        """Questions as people ask them."""
        return ~self.removed

    @property
    def weights(self) -> NDArray[np.float64]:
        """Weights by which answerable and other questions count the same."""
        unanswerable = ~self.answerable & ~self.removed
        share = REMOVED_SHARE if unanswerable.any() and self.removed.any() else 1.0
        whole = REMOVED_SHARE if not unanswerable.any() else 1.0
        weights = np.where(self.answerable, 1 / max(self.answerable.sum(), 1), 0.0)
        weights += np.where(unanswerable, 1 / max(unanswerable.sum(), 1) / (1 + share), 0.0)
        kept = share / (1 + share) if unanswerable.any() else 1.0
        weights += np.where(self.removed, kept / max(self.removed.sum(), 1), 0.0)
        return np.asarray(weights * 500 * whole)


def main() -> None:
    """Read the sets, show how well fits carry over, write the fit on all of them."""
    arguments = _arguments()
    embedder = SentenceTransformerEmbedder(files=find_model())
    cached = CachedEmbedder(embedder=embedder, folder=Path("build/embeddings-cache"))
    encoding = EncodingService(embedder=cached, queue_limit=10**6)
    try:
        sets = [_cases(folder, calibration_cases(folder, encoding)) for folder in arguments.folders]
    finally:
        encoding.close()
    _show_transfer(sets)
    model = _fit(sets)
    threshold = _threshold(model, sets, arguments.precision)
    _show_threshold(model, sets, threshold)
    _write(model, sets, threshold, arguments)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--precision", type=float, default=0.9)
    parser.add_argument("--write", action="store_true", help=f"write {TARGET.name}")
    return parser.parse_args()


def _cases(folder: Path, cases: list[CalibrationCase]) -> Cases:
    return Cases(
        folder.name,
        np.array([astuple(case.features) for case in cases]),
        np.array([case.answerable for case in cases]),
        np.array([case.removed for case in cases]),
    )


@dataclass(frozen=True)
class Fit:
    """Intercept and coefficients over the plain features."""

    intercept: float
    coefficients: NDArray[np.float64]

    def scores(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log odds."""
        return np.asarray(features @ self.coefficients + self.intercept)

    def probabilities(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probabilities."""
        return np.asarray(1 / (1 + np.exp(-self.scores(features))))


def _fit(sets: list[Cases]) -> Fit:
    """Find the direction under a strong ridge, then the scale without one."""
    features = np.concatenate([s.features for s in sets])
    answerable = np.concatenate([s.answerable for s in sets])
    weights = np.concatenate([s.weights for s in sets])
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-9
    ridge = LogisticRegression(C=STRENGTH, max_iter=5000)
    ridge.fit((features - mean) / spread, answerable, weights)
    direction = ridge.coef_[0] / spread
    along = (features @ direction)[:, None]
    scale = LogisticRegression(C=1e6, max_iter=5000).fit(along, answerable, weights)
    return Fit(float(scale.intercept_[0]), direction * float(scale.coef_[0, 0]))


def _auroc(model: Fit, cases: Cases) -> float:
    scores = model.scores(cases.features)
    return auroc(scores[cases.answerable].tolist(), scores[~cases.answerable].tolist())


def _show_transfer(sets: list[Cases]) -> None:
    for cases in sets:
        others = [other for other in sets if other is not cases]
        halves = [_half(cases, part) for part in (0, 1)]
        across = np.mean([_auroc(_fit([halves[i], *others]), halves[1 - i]) for i in (0, 1)])
        alone = _auroc(_fit(others), cases) if others else float("nan")
        print(
            f"{cases.name:14} n={len(cases.answerable):5}  AUROC fitted on other sets {alone:.3f}, "
            f"with the other half {across:.3f}, on all {_auroc(_fit(sets), cases):.3f}"
        )
        for name, column in zip(AnswerFeatures.__slots__, cases.features.T, strict=True):
            single = auroc(column[cases.answerable].tolist(), column[~cases.answerable].tolist())
            print(f"    {name:20} alone {single:.3f}")


def _half(cases: Cases, part: int) -> Cases:
    rows = (
        np.arange(len(cases.answerable)) % 4 // 2 == part
    )  # a question and its twin stay together
    return Cases(cases.name, cases.features[rows], cases.answerable[rows], cases.removed[rows])


def _threshold(model: Fit, sets: list[Cases], precision: float) -> float:
    """Return the lowest probability from which on ``precision`` of the answers have a basis.

    Counted over questions as people ask them, of sets that have both kinds.
    """
    kept = [s for s in sets if (~s.answerable & s.real).any()]
    scores = np.concatenate([model.probabilities(s.features[s.real]) for s in kept])
    right = np.concatenate([s.answerable[s.real] for s in kept])
    each = [s.answerable[s.real] for s in kept]
    weights = np.concatenate(
        [np.where(a, ANSWERABLE_SHARE / a.sum(), (1 - ANSWERABLE_SHARE) / (~a).sum()) for a in each]
    )
    order = np.argsort(-scores)
    reached = np.cumsum((weights * right)[order]) / np.cumsum(weights[order])
    enough = np.flatnonzero(reached >= precision)
    return float(scores[order][enough[-1]]) if enough.size else 1.0


def _show_threshold(model: Fit, sets: list[Cases], threshold: float) -> None:
    for cases in sets:
        answered = model.probabilities(cases.features) >= threshold
        unanswerable = ~cases.answerable & cases.real
        parts = (cases.answerable, unanswerable, cases.removed)
        shares = [answered[part].mean() if part.any() else float("nan") for part in parts]
        print(
            f"{cases.name:14} at {threshold:.3f}: answers {shares[0]:.2f} of the answerable, "
            f"{shares[1]:.2f} of the unanswerable, {shares[2]:.2f} of those with it removed"
        )


def _write(model: Fit, sets: list[Cases], threshold: float, arguments: argparse.Namespace) -> None:
    weights = zip(AnswerFeatures.__slots__, model.coefficients, strict=True)
    content = {
        "made": "bench/fit_calibration.py",
        "sets": {cases.name: len(cases.answerable) for cases in sets},
        "target_precision": arguments.precision,
        "intercept": round(model.intercept, 4),
        "coefficients": {name: round(float(weight), 4) for name, weight in weights},
        "threshold": round(threshold, 4),
    }
    print(json.dumps(content, indent=2))
    if arguments.write:
        TARGET.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
