#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/embedded_api.h"
#include "cli/exit_code.h"
#include "cli/text.h"
#include "core/error.h"
#include "core/hash.h"
#include "server/access.h"
#include "storage/sqlite_storage.h"
#include "storage/token_table.h"

namespace studyhall::cli {

namespace {

using storage::TokenRecord;
using storage::TokenRole;

struct TokenArguments {
  std::string action;
  std::string name;
  std::string role;
  std::string study;
  std::string worker;
  std::vector<std::string> allow;
  std::string expires;
};

// Only who has the file may make tokens: no token makes others.
std::filesystem::path file_of_tokens(const Session& session) {
  if (!session.server.empty())
    throw Error(ErrorCode::Invalid,
                "--server: tokens are kept in the database; run `study token` where the file is, "
                "with --db FILE (the server may be running)");
  return session.database();
}

std::optional<Timestamp> expiry(const std::string& text, Timestamp now) {
  if (text.empty()) return std::nullopt;
  std::optional<Timestamp> time = parse_utc(text);
  if (!time && text.size() == 10) time = parse_utc(text + "T00:00:00Z");
  if (!time && text.ends_with('d'))
    time = now + std::chrono::days(std::min<std::int64_t>(
                     parse_integer(text.substr(0, text.size() - 1), "--expires", 1), 100'000));
  if (!time)
    throw Error(ErrorCode::Invalid,
                fmt::format("--expires: \"{}\", expected days as 30d, or a date as 2027-03-01 or "
                            "2027-03-01T12:00:00Z",
                            printable(text)));
  if (*time <= now)
    throw Error(ErrorCode::Invalid, fmt::format("--expires: {} is past", printable(text)));
  return time;
}

void check_token_name(const std::string& name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '@';
  });
  if (name.empty() || name.size() > 64 || !plain)
    throw Error(ErrorCode::Invalid,
                fmt::format("token name \"{}\": expected 1 to 64 letters, digits and \"-_.@\"",
                            printable(name)));
}

TokenRecord described(const TokenArguments& arguments, Timestamp now) {
  check_token_name(arguments.name);
  TokenRecord token;
  token.name = arguments.name;
  const auto role = storage::token_role_from_string(arguments.role);
  if (!role)
    throw Error(ErrorCode::Invalid, "token create: --role is missing: admin, worker or read");
  token.role = *role;
  token.study = arguments.study;
  token.worker = arguments.worker;
  token.allow = arguments.allow;
  token.created = now;
  token.expires = expiry(arguments.expires, now);
  if (token.role == TokenRole::Worker && token.study.empty())
    throw Error(ErrorCode::Invalid, "--study: a worker's token is for one study; name it");
  if (token.role == TokenRole::Admin && !token.study.empty())
    throw Error(ErrorCode::Invalid, "--study: an admin token is for everything");
  if (token.role != TokenRole::Worker && !(token.worker.empty() && token.allow.empty()))
    throw Error(ErrorCode::Invalid, "--worker and --allow go with --role worker");
  return token;
}

int create_token(const Session& session, const TokenArguments& arguments) {
  const std::filesystem::path file = file_of_tokens(session);
  TokenRecord token = described(arguments, session.clock.now());
  if (std::filesystem::is_directory(file))
    throw Error(ErrorCode::Corrupt,
                fmt::format("{} is a folder; a database is a file", file.string()));
  const std::string secret = server::new_token();
  token.hash = sha256_hex(secret);
  if (!std::filesystem::exists(file)) storage::open_sqlite_storage(file);
  storage::TokenTable(file).add(token);
  if (session.json) {
    session.print_json({{"name", token.name}, {"token", secret}});
    return kDone;
  }
  session.out << secret << '\n';
  session.err << fmt::format(
      "Token {} is shown this once; only its hash is kept. A running server "
      "takes it within seconds.\n",
      token.name);
  return kDone;
}

std::string state_of(const TokenRecord& token, Timestamp now) {
  if (token.revoked) return "revoked";
  return token.expires && *token.expires <= now ? "expired" : "good";
}

Json token_json(const TokenRecord& token, Timestamp now) {
  const auto time = [](const std::optional<Timestamp>& at) {
    return at ? Json(format_utc(*at)) : Json();
  };
  return {{"name", token.name},
          {"role", storage::to_string(token.role)},
          {"study", token.study},
          {"worker", token.worker},
          {"allow", token.allow},
          {"state", state_of(token, now)},
          {"created", format_utc(token.created)},
          {"expires", time(token.expires)},
          {"revoked", time(token.revoked)}};
}

int list_tokens(const Session& session) {
  const std::filesystem::path file = file_of_tokens(session);
  std::vector<TokenRecord> tokens;
  if (std::filesystem::is_regular_file(file)) tokens = storage::TokenTable(file).list();
  const Timestamp now = session.clock.now();
  if (session.json) {
    Json list = Json::array();
    for (const TokenRecord& token : tokens) list.push_back(token_json(token, now));
    session.print_json({{"tokens", std::move(list)}});
    return kDone;
  }
  if (tokens.empty()) {
    session.out << "No tokens.\n";
    return kDone;
  }
  Table table({{"name"}, {"role"}, {"study"}, {"worker"}, {"allow"}, {"state"}, {"expires"}});
  for (const TokenRecord& token : tokens) {
    const std::string state = state_of(token, now);
    table.add({token.name, std::string(storage::to_string(token.role)), printable(token.study),
               printable(token.worker), fmt::format("{}", fmt::join(token.allow, ",")),
               Cell(state, state == "good" ? Colour::Green : Colour::Grey),
               token.expires ? format_time(*token.expires) : "never"});
  }
  session.print_table(table);
  return kDone;
}

int revoke_token(const Session& session, const TokenArguments& arguments) {
  const std::filesystem::path file = file_of_tokens(session);
  if (!std::filesystem::is_regular_file(file))
    throw Error(ErrorCode::NotFound, fmt::format("there is no database {}", file.string()));
  storage::TokenTable(file).revoke(arguments.name, session.clock.now());
  if (session.json)
    session.print_json({{"revoked", arguments.name}});
  else
    session.out << fmt::format("Token {} is revoked; a running server refuses it within seconds.\n",
                               printable(arguments.name));
  return kDone;
}

}  // namespace

void add_token_command(CLI::App& root, Session& session) {
  CLI::App& command =
      add_command(root, session,
                  {"Server", "token", "who may use the server of a database",
                   "study token create ann --role admin\n"
                   "study token create w1 --role worker --study heat_signature --worker W1 "
                   "--expires 30d > w1.token\n"
                   "study token create board --role read\n"
                   "study token list\n"
                   "study token revoke w1"});
  const auto arguments = std::make_shared<TokenArguments>();
  command.add_option("ACTION", arguments->action, "create, list or revoke")
      ->required()
      ->check(CLI::IsMember({"create", "list", "revoke"}))
      ->type_name("");
  command.add_option("NAME", arguments->name, "name of the token")->type_name("");
  command
      .add_option("--role", arguments->role,
                  "admin: everything; worker: run trials of --study; "
                  "read: read everything, or --study")
      ->check(CLI::IsMember({"admin", "worker", "read"}))
      ->type_name("ROLE");
  command.add_option("--study", arguments->study, "the only study it is for")->type_name("S");
  command.add_option("--worker", arguments->worker, "the only worker that it may be")
      ->type_name("W");
  command
      .add_option("--allow", arguments->allow,
                  "what a worker's token may do besides: enqueue, insight")
      ->delimiter(',')
      ->check(CLI::IsMember(server::allowable_verbs()))
      ->type_name("VERB");
  command.add_option("--expires", arguments->expires, "in days as 30d, or a date (default: never)")
      ->type_name("WHEN");
  command.callback([&session, arguments] {
    session.action = [&session, arguments] {
      if (arguments->action == "list") return list_tokens(session);
      if (arguments->name.empty())
        throw Error(ErrorCode::Invalid, fmt::format("token {}: name the token", arguments->action));
      if (arguments->action == "create") return create_token(session, *arguments);
      return revoke_token(session, *arguments);
    };
  });
}

}  // namespace studyhall::cli
