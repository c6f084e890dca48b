#include "storage/token_table.h"

#include <fmt/format.h>

#include <array>

#include "core/enum_names.h"
#include "core/error.h"
#include "core/json.h"
#include "storage/connection.h"

namespace studyhall::storage {
namespace {

constexpr std::chrono::seconds kBusyTimeout{5};
constexpr std::array<std::string_view, 3> kRoles{"admin", "worker", "read"};

constexpr const char* kTable = R"sql(
CREATE TABLE IF NOT EXISTS studyhall_tokens (
  name TEXT PRIMARY KEY,
  role TEXT NOT NULL,
  study TEXT NOT NULL,
  worker TEXT NOT NULL,
  allow TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  created_us INTEGER NOT NULL,
  expires_us INTEGER,
  revoked_us INTEGER
) WITHOUT ROWID;
)sql";

std::int64_t microseconds(Timestamp time) { return time.time_since_epoch().count(); }

std::optional<std::int64_t> microseconds(const std::optional<Timestamp>& time) {
  return time ? std::optional(microseconds(*time)) : std::nullopt;
}

std::optional<Timestamp> time_at(Query& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return Timestamp(Duration(row.integer(column)));
}

TokenRecord record_at(Query& row, const std::filesystem::path& file) {
  TokenRecord token;
  token.name = row.text(0);
  const auto role = token_role_from_string(row.text(1));
  if (!role) {
    throw Error(ErrorCode::Corrupt, fmt::format("{}: token {} has the role {}, which is none",
                                                file.string(), token.name, row.text(1)));
  }
  token.role = *role;
  token.study = row.text(2);
  token.worker = row.text(3);
  token.allow = parse_json(row.text(4), "allow").get<std::vector<std::string>>();
  token.hash = row.text(5);
  token.created = Timestamp(Duration(row.integer(6)));
  token.expires = time_at(row, 7);
  token.revoked = time_at(row, 8);
  return token;
}

}  // namespace

std::string_view to_string(TokenRole role) { return enum_name(kRoles, role); }

std::optional<TokenRole> token_role_from_string(std::string_view name) {
  return enum_from_name<TokenRole>(kRoles, name);
}

class TokenTable::Impl {
 public:
  explicit Impl(const std::filesystem::path& file)
      : file_(std::filesystem::absolute(file)),
        connection_(file_, SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX, kBusyTimeout) {
    connection_.exec("PRAGMA synchronous = FULL");
  }

  // Runs `work` on the connection, with SQLite's faults turned into Errors.
  template <class Work>
  auto guarded(const Work& work) {
    try {
      return work(connection_);
    } catch (const SQLite::Exception& fault) {
      throw storage_error(file_, fault);
    }
  }

  std::vector<TokenRecord> list() {
    return guarded([this](Connection& connection) {
      std::vector<TokenRecord> tokens;
      if (!has_table(connection)) return tokens;
      Query row = connection.query(
          "SELECT name, role, study, worker, allow, hash, created_us, expires_us, revoked_us"
          " FROM studyhall_tokens ORDER BY name");
      while (row.next()) tokens.push_back(record_at(row, file_));
      return tokens;
    });
  }

  bool changed() {
    const auto version = guarded([](Connection& connection) { return connection.data_version(); });
    return std::exchange(seen_version_, version) != version;
  }

  static bool has_table(Connection& connection) {
    return connection
        .query("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'studyhall_tokens'")
        .next();
  }

 private:
  std::filesystem::path file_;
  Connection connection_;
  std::optional<std::int64_t> seen_version_;
};

TokenTable::TokenTable(const std::filesystem::path& file) {
  try {
    impl_ = std::make_unique<Impl>(file);
  } catch (const SQLite::Exception& fault) {
    throw storage_error(file, fault);
  }
}

TokenTable::~TokenTable() = default;

std::vector<TokenRecord> TokenTable::list() { return impl_->list(); }

std::optional<std::vector<TokenRecord>> TokenTable::list_if_changed() {
  if (!impl_->changed()) return std::nullopt;
  return impl_->list();
}

void TokenTable::add(const TokenRecord& token) {
  impl_->guarded([&](Connection& connection) {
    Transaction transaction(connection, Transaction::Kind::Writing);
    connection.exec(kTable);
    if (connection.query("SELECT 1 FROM studyhall_tokens WHERE name = ?1", token.name).next()) {
      throw Error(
          ErrorCode::Conflict,
          fmt::format("token {}: the name was given before; a revoked token keeps its name, "
                      "so that what it did stays clear",
                      token.name));
    }
    connection
        .query("INSERT INTO studyhall_tokens VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
               token.name, to_string(token.role), token.study, token.worker,
               dump_json(Json(token.allow)), token.hash, microseconds(token.created),
               microseconds(token.expires), microseconds(token.revoked))
        .run();
    transaction.commit();
  });
}

void TokenTable::revoke(const std::string& name, Timestamp now) {
  impl_->guarded([&](Connection& connection) {
    Transaction transaction(connection, Transaction::Kind::Writing);
    if (!Impl::has_table(connection) ||
        !connection.query("SELECT 1 FROM studyhall_tokens WHERE name = ?1", name).next()) {
      throw Error(ErrorCode::NotFound, fmt::format("no token {}", name));
    }
    connection
        .query("UPDATE studyhall_tokens SET revoked_us = ?2 WHERE name = ?1 AND revoked_us IS NULL",
               name, microseconds(now))
        .run();
    transaction.commit();
  });
}

}  // namespace studyhall::storage
