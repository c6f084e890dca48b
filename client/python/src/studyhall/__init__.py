"""Studies of a Studyhall server: ask for trials, tell their results.

    import studyhall

    study = studyhall.load_study("heat_signature", server="http://127.0.0.1:8642")
    trial = study.ask(worker="W1")
    study.tell(trial, run_experiment(**trial.params), metrics={"runtime_min": 57.1})

Standard library only; names as Optuna's where the meaning is the same.
"""

from studyhall._connection import DEFAULT_SERVER
from studyhall._comparison import Comparison, VariantResult
from studyhall._distributions import (
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from studyhall._errors import (
    ConflictError,
    DuplicatedStudyError,
    ForbiddenError,
    InvalidError,
    NoTrialError,
    NoTrialNow,
    NotFoundError,
    RateLimitedError,
    SpaceExhausted,
    StudyFinished,
    StudyhallError,
    TrialFailed,
    TrialPruned,
    UnauthorizedError,
    UnavailableError,
    UnreachableError,
    UnsupportedError,
)
from studyhall._studies import create_study, delete_study, get_all_study_names, load_study
from studyhall._study import Study, StudyDirection
from studyhall._trial import FrozenTrial, Told, Trial, TrialState
from studyhall._variant_command import Variant
from studyhall._variants import run_variants
from studyhall._version import __version__

__all__ = [
    "DEFAULT_SERVER",
    "CategoricalDistribution",
    "Comparison",
    "ConflictError",
    "DuplicatedStudyError",
    "FloatDistribution",
    "ForbiddenError",
    "FrozenTrial",
    "IntDistribution",
    "InvalidError",
    "NoTrialError",
    "NoTrialNow",
    "NotFoundError",
    "RateLimitedError",
    "SpaceExhausted",
    "Study",
    "StudyDirection",
    "StudyFinished",
    "StudyhallError",
    "Told",
    "Trial",
    "TrialFailed",
    "TrialPruned",
    "TrialState",
    "UnauthorizedError",
    "UnavailableError",
    "UnreachableError",
    "UnsupportedError",
    "Variant",
    "VariantResult",
    "__version__",
    "create_study",
    "delete_study",
    "get_all_study_names",
    "load_study",
    "run_variants",
]
