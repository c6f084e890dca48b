#include "core/hash.h"

#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <span>

#include "core/error.h"

namespace studyhall {

namespace {

std::string to_hex(std::span<const unsigned char> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const unsigned char byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace

std::string sha256_hex(std::string_view bytes) {
  // Looked up once: OpenSSL 3 searches its providers at each use of EVP_sha256().
  static const EVP_MD* const kSha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  if (kSha256 == nullptr ||
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, kSha256, nullptr) != 1) {
    throw Error(ErrorCode::Internal, "SHA-256: the cryptographic library refuses to compute it");
  }
  return to_hex(digest);
}

std::string random_token() {
  std::array<unsigned char, 16> bytes{};
  if (getentropy(bytes.data(), bytes.size()) != 0) {
    throw Error(ErrorCode::Internal, "the operating system gives no random bytes");
  }
  return to_hex(bytes);
}

}  // namespace studyhall
