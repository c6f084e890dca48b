// How much of a study goes into confirming: running would-be bests again (doc/noise.md).
#pragma once

#include <cstdint>

#include "core/study_spec.h"

namespace studyhall::server {

// An unconfirmed configuration is given up once the probability that it is better than the best is
// below this.
inline constexpr double kHopeless = 0.1;

// In the last trials runs are shared between the best (n_b so far) and those that may be better
// (n_i): the best gets the next run while n_b^2 < kLeaderWeight * sum n_i^2. Weight 1 is the
// balance of OCBA (Chen et al., Discrete Event Dynamic Systems 10, 251, 2000), which is for
// choosing; 4, and so twice the runs, because the score of the chosen one is reported too
// (doc/noise.md).
inline constexpr double kLeaderWeight = 4;
// Who is better than the best with a smaller probability is no rival of it.
inline constexpr double kNoRival = 0.03;

struct ConfirmShare {
  std::int64_t most = 0;  // confirming runs in all: a fifth of limits.trials, or `kept` if more
  std::int64_t kept = 0;  // of the last trials: max(2 x replicates, an eighth), at most half
};
// REQUIRES: confirm.replicates > 0 and limits.trials.
ConfirmShare confirm_share(const StudySpec& spec);

// Whether the next trial is one of the last, which are kept for confirming. `begun`: trials within
// limits.trials that have ended or run.
bool is_kept_for_confirming(const StudySpec& spec, std::int64_t begun);

// How many confirming runs there may be in all by now, `done` trials having ended. Until the last
// trials they keep pace: what is left beside `kept` (without limits.trials a fifth) in proportion
// to `done`. `urgent`: no waiting for the pace, as for a candidate that reaches the target.
// Without limits.trials there is then no bound.
std::int64_t confirming_allowed(const StudySpec& spec, std::int64_t done, std::int64_t begun,
                                bool urgent);

}  // namespace studyhall::server
