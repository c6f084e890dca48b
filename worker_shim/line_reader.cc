#include "worker_shim/line_reader.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace studyhall::worker_shim {
namespace {

constexpr std::size_t kOverlap = 512;

}  // namespace

LineReader::LineReader(std::size_t longest, LongLine long_line, Handler handler)
    : longest_(longest), long_line_(long_line), handler_(std::move(handler)) {
  assert(longest >= 2 * kOverlap);
}

void LineReader::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find_first_of("\n\r");
    append(bytes.substr(0, end));
    if (end == std::string_view::npos) return;
    end_line();
    bytes.remove_prefix(end + 1);
  }
}

void LineReader::finish() { end_line(); }

void LineReader::append(std::string_view part) {
  while (!part.empty() && !dropping_) {
    const std::size_t room = longest_ - line_.size();
    const std::string_view fits = part.substr(0, room);
    line_.append(fits);
    part.remove_prefix(fits.size());
    if (part.empty()) return;
    if (long_line_ == LongLine::Drop) {
      dropping_ = true;
      line_.clear();
    } else {
      handler_(line_);
      line_.erase(0, line_.size() - kOverlap);
    }
  }
}

void LineReader::end_line() {
  if (!line_.empty() && !dropping_) handler_(line_);
  line_.clear();
  dropping_ = false;
}

}  // namespace studyhall::worker_shim
