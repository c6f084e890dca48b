// Access tokens of a database: who may do what on the server that serves it. Only hashes are kept.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"

namespace studyhall::storage {

enum class TokenRole {
  Admin,   // everything
  Worker,  // runs trials of one study
  Read,    // reads: everything, or one study
};
// "admin", "worker", "read".
std::string_view to_string(TokenRole role);
std::optional<TokenRole> token_role_from_string(std::string_view name);

struct TokenRecord {
  std::string name = {};  // unique among all there ever were
  TokenRole role = TokenRole::Read;
  std::string study = {};               // the only one it is for; empty: any
  std::string worker = {};              // the only one it may be; empty: any
  std::vector<std::string> allow = {};  // verbs besides those of its role
  std::string hash = {};                // SHA-256 of the token, 64 hexadecimal digits
  Timestamp created = {};
  std::optional<Timestamp> expires = {};
  std::optional<Timestamp> revoked = {};
  bool operator==(const TokenRecord&) const = default;
};

// A connection of its own, beside a Storage on the same file, in this process or another. The table
// is made with the first token.
//
// Thread safety: one thread at a time. Throws what storage::storage_error() says.
class TokenTable {
 public:
  // REQUIRES: `file` is a database that open_sqlite_storage() has opened before.
  explicit TokenTable(const std::filesystem::path& file);
  ~TokenTable();

  // By name, revoked ones too.
  [[nodiscard]] std::vector<TokenRecord> list();
  // list() where the file has changed since the last call of this, nullopt where it has not.
  [[nodiscard]] std::optional<std::vector<TokenRecord>> list_if_changed();
  // Throws Error(Conflict) for a name that was given before.
  void add(const TokenRecord& token);
  // Throws Error(NotFound) for a name that is none. Revoked before: nothing changes.
  void revoke(const std::string& name, Timestamp now);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace studyhall::storage
