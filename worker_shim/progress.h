// Intermediate values that an experiment prints.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "worker_shim/line_reader.h"
#include "worker_shim/process.h"

namespace studyhall::worker_shim {

// Hands on each output line that is a JSON object with an integer "step" of at least 0 and a finite
// number "value"; further members are allowed, every other line is nothing to it.
class ProgressLines {
 public:
  using Handler = std::function<void(std::int64_t step, double value)>;

  explicit ProgressLines(Handler handler);
  ProgressLines(const ProgressLines&) = delete;
  ProgressLines& operator=(const ProgressLines&) = delete;

  void feed(Stream stream, std::string_view output);

 private:
  void read(std::string_view line) const;

  Handler handler_;
  LineReader out_;
  LineReader err_;
};

}  // namespace studyhall::worker_shim
