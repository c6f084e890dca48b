// Digests: what makes two configurations, or two files, the same.
#pragma once

#include <string>
#include <string_view>

namespace studyhall {

// SHA-256 of `bytes`, as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

// 128 bits from the operating system, as 32 hexadecimal digits: lease tokens.
std::string random_token();

}  // namespace studyhall
