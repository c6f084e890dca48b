// One target of libFuzzer: STUDYHALL_FUZZ_ENTRY names its entry point.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/entry_points.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  studyhall::fuzz::STUDYHALL_FUZZ_ENTRY({reinterpret_cast<const char*>(data), size});
  return 0;
}
