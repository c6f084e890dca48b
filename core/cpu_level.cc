#include "core/cpu_level.h"

namespace studyhall {

std::string_view cpu_level() {
#if defined(__x86_64__)
  static const bool kFused = __builtin_cpu_supports("fma") && __builtin_cpu_supports("avx2");
  return kFused ? "x86-64-fma" : "x86-64";
#elif defined(__aarch64__)
  return "aarch64";
#else
  return "other";
#endif
}

}  // namespace studyhall
