// Answers sent smaller: gzip (RFC 1952).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace studyhall::server {

// Smaller ones are sent as they are: it would cost more than it saves.
inline constexpr std::size_t kCompressFromBytes = 1024;

// Whether a client that sends this Accept-Encoding takes gzip.
bool accepts_gzip(std::string_view accept_encoding);

// One text compressed piece by piece.
class Gzip {
 public:
  // `expected_bytes`: about how many will be added, if that is known.
  explicit Gzip(std::size_t expected_bytes = 0);
  ~Gzip();
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  // What can be sent of `piece` and those before; may be empty.
  std::string add(std::string_view piece);
  // The rest. REQUIRES: called once, last.
  std::string finish();

 private:
  class State;
  std::unique_ptr<State> state_;
};

std::string gzip(std::string_view text);
// Inverse of gzip. Throws Error(Corrupt) for anything else.
std::string gunzip(std::string_view packed);

}  // namespace studyhall::server
