#include "worker_shim/placeholders.h"

namespace studyhall::worker_shim {

std::string fill_placeholders(std::string_view text,
                              const std::map<std::string, std::string>& values) {
  std::string result;
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    result += text.substr(0, open);
    if (open == std::string_view::npos) break;
    text.remove_prefix(open);
    const std::size_t close = text.find('}');
    const auto value = close == std::string_view::npos
                           ? values.end()
                           : values.find(std::string(text.substr(1, close - 1)));
    if (value == values.end()) {
      result += '{';
      text.remove_prefix(1);
    } else {
      result += value->second;
      text.remove_prefix(close + 1);
    }
  }
  return result;
}

}  // namespace studyhall::worker_shim
