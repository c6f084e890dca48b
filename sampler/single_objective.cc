#include "sampler/single_objective.h"

#include <fmt/format.h>

#include "core/error.h"

namespace studyhall::sampler {

Direction only_direction(const History& history, std::string_view sampler) {
  if (history.directions().size() == 1) return history.directions().front();
  throw Error(ErrorCode::Unsupported,
              fmt::format("sampler {}: the study has {} objectives; it searches for one, "
                          "with several use tpe, random, qmc or grid",
                          sampler, history.directions().size()));
}

}  // namespace studyhall::sampler
