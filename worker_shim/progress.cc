#include "worker_shim/progress.h"

#include <cmath>
#include <utility>

#include "core/json.h"

namespace studyhall::worker_shim {
namespace {

constexpr std::size_t kLongestLine = 4096;

}  // namespace

ProgressLines::ProgressLines(Handler handler)
    : handler_(std::move(handler)),
      out_(kLongestLine, LongLine::Drop, [this](std::string_view line) { read(line); }),
      err_(kLongestLine, LongLine::Drop, [this](std::string_view line) { read(line); }) {}

void ProgressLines::feed(Stream stream, std::string_view output) {
  (stream == Stream::Out ? out_ : err_).feed(output);
}

void ProgressLines::read(std::string_view line) const {
  const std::size_t start = line.find_first_not_of(" \t");
  if (start == std::string_view::npos || line[start] != '{') return;
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return;
  const auto step = json.find("step");
  const auto value = json.find("value");
  if (step == json.end() || value == json.end()) return;
  // An unsigned number beyond int64 would come out negative.
  if (!step->is_number_integer() || step->get<std::int64_t>() < 0) return;
  if (!value->is_number() || !std::isfinite(value->get<double>())) return;
  handler_(step->get<std::int64_t>(), value->get<double>());
}

}  // namespace studyhall::worker_shim
