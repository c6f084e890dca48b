// How an entry point says that something is wrong.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace studyhall::fuzz {

inline void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::abort();
}

}  // namespace studyhall::fuzz
