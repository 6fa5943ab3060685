"""How good retrieval is on folders of questions with known answers (``assistant evaluate``).

What is measured is what serves: the same index, search, records, ranking and calibration. Each set
has a small file that reads its layout; ``run.run_evaluation`` recognises layouts and prints.
"""

from assistant.evaluation.run import run_evaluation

__all__ = ["run_evaluation"]
