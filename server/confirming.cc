#include "server/confirming.h"

#include <algorithm>
#include <limits>

namespace studyhall::server {

namespace {

constexpr std::int64_t kShare = 5;      // one in so many trials at most
constexpr std::int64_t kKeptShare = 8;  // one in so many at the end

}  // namespace

ConfirmShare confirm_share(const StudySpec& spec) {
  const std::int64_t trials = *spec.limits.trials;
  ConfirmShare share;
  share.kept = std::min(std::max<std::int64_t>(2 * spec.confirm.replicates, trials / kKeptShare),
                        trials / 2);
  share.most = std::max(trials / kShare, share.kept);
  return share;
}

bool is_kept_for_confirming(const StudySpec& spec, std::int64_t begun) {
  if (spec.confirm.replicates == 0 || !spec.limits.trials) return false;
  return begun >= *spec.limits.trials - confirm_share(spec).kept;
}

std::int64_t confirming_allowed(const StudySpec& spec, std::int64_t done, std::int64_t begun,
                                bool urgent) {
  if (!spec.limits.trials) {
    return urgent ? std::numeric_limits<std::int64_t>::max() / 2 : done / kShare;
  }
  const ConfirmShare share = confirm_share(spec);
  if (urgent || is_kept_for_confirming(spec, begun)) return share.most;
  return (share.most - share.kept) * done / (*spec.limits.trials - share.kept);
}

}  // namespace studyhall::server
