#include "core/interned.h"

#include <mutex>
#include <set>

namespace studyhall {

namespace {

const std::string* keep(std::string_view text) {
  static std::mutex mutex;
  static std::set<std::string, std::less<>> texts;
  const std::lock_guard lock(mutex);
  auto found = texts.find(text);
  if (found == texts.end()) found = texts.emplace(text).first;
  return &*found;
}

}  // namespace

Interned::Interned() {
  static const std::string* const empty = keep("");
  text_ = empty;
}

Interned::Interned(std::string_view text) : text_(keep(text)) {}

}  // namespace studyhall
