// A text that many objects share, such as a sampler's name, in eight bytes each.
#pragma once

#include <string>
#include <string_view>

namespace studyhall {

// Equal texts are kept once and for the life of the process: for texts of which there are few.
// Thread safety: that of a pointer.
class Interned {
 public:
  Interned();  // the empty text
  explicit Interned(std::string_view text);
  Interned& operator=(std::string_view text) { return *this = Interned(text); }

  [[nodiscard]] const std::string& str() const { return *text_; }
  bool operator==(const Interned& other) const = default;
  friend bool operator==(const Interned& a, std::string_view b) { return a.str() == b; }

 private:
  const std::string* text_;
};

}  // namespace studyhall
