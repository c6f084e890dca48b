// Which instructions this machine's mathematics is made of.
#pragma once

#include <string_view>

namespace studyhall {

// "x86-64-fma" where libm's exp, log, sin and cos take fused multiply-adds, "x86-64" where it does
// without, else the architecture's name. Suggestions are the same to the last bit on machines of
// one level.
std::string_view cpu_level();

}  // namespace studyhall
