#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <thread>

#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/database_lock.h"
#include "cli/exit_code.h"
#include "cli/wait.h"
#include "client/notifier.h"
#include "core/error.h"
#include "server/access.h"
#include "server/artifact_service.h"
#include "server/audit_log.h"
#include "server/http_policy.h"
#include "server/http_server.h"
#include "server/log_format.h"
#include "server/metered_storage.h"
#include "server/study_service.h"
#include "storage/artifact_store.h"
#include "storage/sqlite_storage.h"
#include "storage/token_table.h"

namespace studyhall::cli {

namespace {

constexpr std::chrono::milliseconds kTick{1000};
constexpr double kRequestsPerS = 200;  // of one client on another machine
// For embedded verbs under way when a server starts.
constexpr std::chrono::milliseconds kLockPatience{30'000};

struct ServeArguments {
  std::string host = "127.0.0.1";
  std::int64_t port = 8642;
  bool require_tokens = false;
  bool insecure = false;
  std::vector<std::string> allowed_hosts;
  std::vector<std::string> cors_origins;
  std::int64_t requests_per_s = -1;
  std::string audit;
  std::string tls_cert;
  std::string tls_key;
  std::string log_format = "text";
  std::string log_level = "info";
  std::string notify;
  std::vector<std::string> notify_hosts;
};

DatabaseLock lock_for_life(const std::filesystem::path& database) {
  for (LockWait wait(kLockPatience);; wait.once(database)) {
    if (const auto mark = live_server(database))
      throw Error(ErrorCode::Unavailable, fmt::format("{} is served already, at {} on {}",
                                                      database.string(), mark->url, mark->host));
    if (auto lock = DatabaseLock::try_acquire(database)) return std::move(*lock);
  }
}

// The address under which this host reaches the server.
std::string url_of(const ServeArguments& arguments, int port) {
  const char* scheme = arguments.tls_cert.empty() ? "http" : "https";
  const std::string& host = arguments.host;
  if (host == "0.0.0.0") return fmt::format("{}://127.0.0.1:{}", scheme, port);
  if (host == "::") return fmt::format("{}://[::1]:{}", scheme, port);
  const bool v6 = host.find(':') != std::string::npos;
  return fmt::format("{}://{}:{}", scheme, v6 ? "[" + host + "]" : host, port);
}

// A server in a terminal ends with it.
bool hung_up(const Session& session) {
  return session.env.hung_up && !session.env.in_is_terminal && session.env.hung_up();
}

// What the server does once a second.
struct Upkeep {
  server::StudyService& service;
  storage::TokenTable& tokens;
  server::Access& access;
  server::AuditLog* audit;
  server::HttpServer& http;

  void tick(const Session& session) const {
    try {
      service.expire_leases();
      if (const auto changed = tokens.list_if_changed()) access.set_tokens(*changed);
      if (hung_up(session)) {
        if (audit != nullptr) audit->reopen();
        http.reload_certificate();
      }
    } catch (const std::exception& error) {
      session.err << fmt::format("study: upkeep of the server: {}\n", error.what());
    }
  }
};

// Keeps the server, and ends it when interrupted.
class Ticker {
 public:
  Ticker(const Session& session, const Upkeep& upkeep)
      : thread_([this, &session, upkeep] {
          const std::atomic<bool>& interrupted = session.env.interrupted();
          while (!done_.load() && pause_for(kTick, interrupted)) upkeep.tick(session);
          upkeep.http.stop();
        }) {}
  ~Ticker() {
    done_.store(true);
    thread_.join();
  }
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

 private:
  std::atomic<bool> done_{false};
  std::thread thread_;
};

void check_arguments(const Session& session, const ServeArguments& arguments) {
  if (!session.server.empty())
    throw Error(ErrorCode::Invalid, "--server: serve is a server itself; it takes --db FILE");
  if (arguments.port > 65535)
    throw Error(ErrorCode::Invalid, fmt::format("--port: {} is above 65535", arguments.port));
  if (arguments.insecure && arguments.require_tokens)
    throw Error(ErrorCode::Invalid, "--insecure and --require-tokens: one or the other");
  if (arguments.tls_cert.empty() != arguments.tls_key.empty())
    throw Error(ErrorCode::Invalid, "--tls-cert and --tls-key go together");
}

// Whether each request must bring a token. Throws where nobody could, or anybody.
bool tokens_required(const Session& session, const ServeArguments& arguments,
                     const std::vector<storage::TokenRecord>& tokens) {
  const bool local = server::is_loopback(arguments.host);
  if (arguments.insecure || (local && !arguments.require_tokens)) return false;
  const Timestamp now = session.clock.now();
  const bool any = std::any_of(tokens.begin(), tokens.end(), [&](const auto& token) {
    return !token.revoked && (!token.expires || now < *token.expires);
  });
  if (!any)
    throw Error(ErrorCode::Invalid,
                fmt::format("--host {}: {} needs a token, and there is none: make one first with "
                            "`study token create NAME --role admin`{}",
                            arguments.host, local ? "--require-tokens" : "a server for others",
                            local ? "" : ", or let everyone do everything with --insecure"));
  if (!local && arguments.tls_cert.empty())
    session.err << "study: without --tls-cert tokens go over the network as they are; have TLS "
                   "here, or before this server\n";
  return true;
}

std::unique_ptr<server::AuditLog> audit_log(const ServeArguments& arguments,
                                            const std::filesystem::path& database, bool required) {
  if (arguments.audit == "none" || (arguments.audit.empty() && !required)) return nullptr;
  return std::make_unique<server::AuditLog>(arguments.audit.empty()
                                                ? server::audit_file(database)
                                                : std::filesystem::path(arguments.audit));
}

server::HttpOptions http_options(const ServeArguments& arguments) {
  server::HttpOptions options;
  options.host = arguments.host;
  options.port = static_cast<int>(arguments.port);
  options.allowed_hosts = arguments.allowed_hosts;
  options.cors_origins = arguments.cors_origins;
  options.requests_per_s = static_cast<double>(arguments.requests_per_s);
  if (arguments.requests_per_s < 0)
    options.requests_per_s = server::is_loopback(arguments.host) ? 0 : kRequestsPerS;
  options.tls_cert = arguments.tls_cert;
  options.tls_key = arguments.tls_key;
  return options;
}

std::vector<client::Hook> hooks_in(const Session& session, const std::string& file) {
  if (file.empty()) return {};
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) throw Error(ErrorCode::Invalid, fmt::format("--notify: cannot read {}", file));
  return client::parse_hooks(parse_json(text.str(), file, Comments::Allow),
                             [&](const std::string& name) { return session.env.variable(name); });
}

client::NotifierOptions notifier_options(const Session& session, const ServeArguments& arguments,
                                         const std::filesystem::path& database) {
  client::NotifierOptions options;
  options.study_hosts = {arguments.notify_hosts.begin(), arguments.notify_hosts.end()};
  options.teller.folder = database;
  options.teller.folder += ".notify";
  options.teller.client.tls_ca = client_options(session).tls_ca;
  options.teller.say = [&err = session.err](const std::string& line) {
    err << fmt::format("study: {}\n", line) << std::flush;
  };
  return options;
}

int serve(const Session& session, const ServeArguments& arguments) {
  check_arguments(session, arguments);
  std::vector<client::Hook> hooks = hooks_in(session, arguments.notify);
  static_cast<void>(session.env.interrupted());
  static_cast<void>(hung_up(session));
  server::configure_log(
      arguments.log_format == "json" ? server::LogFormat::Json : server::LogFormat::Text,
      arguments.log_level);
  const std::filesystem::path database = session.database();
  if (std::filesystem::is_directory(database))
    throw Error(ErrorCode::Corrupt,
                fmt::format("{} is a folder; a database is a file", database.string()));
  DatabaseLock lock = lock_for_life(database);
  const auto storage = storage::open_sqlite_storage(database);
  storage::TokenTable tokens(database);
  const std::vector<storage::TokenRecord> known = tokens.list();
  server::Access access(session.clock, tokens_required(session, arguments, known));
  access.set_tokens(known);
  const auto audit = audit_log(arguments, database, access.required());

  server::CommitMetrics commits;
  const auto metered = server::meter(*storage, commits);
  storage::ArtifactStore artifact_store(storage::artifact_file(database));
  server::StudyService service(*metered, session.clock,
                               {.new_token = {}, .on_delete = [&](const std::string& study) {
                                  artifact_store.remove_study(study);
                                }});
  server::ArtifactService artifacts(service, artifact_store, session.clock);
  server::HttpOptions options = http_options(arguments);
  options.artifacts = &artifacts;
  options.access = &access;
  options.audit = audit.get();
  options.commits = &commits;
  options.watch = [&service](const std::string& study, std::function<void()> changed) {
    return service.watch(study, std::move(changed));
  };
  options.probe = [&storage] { static_cast<void>(storage->studies()); };
  server::HttpServer http(service, options);
  const int port = http.bind();
  const std::string url = url_of(arguments, port);
  lock.publish({.url = url, .host = this_host(), .host_id = this_host_id()});

  if (session.json)
    session.print_json({{"url", url}, {"db", std::filesystem::absolute(database).string()}});
  else
    session.out << fmt::format("Serving {} at {}\nCtrl-C ends it.\n", database.string(), url);
  session.out.flush();
  {
    const client::Notifier notifier(service, session.clock, std::move(hooks),
                                    notifier_options(session, arguments, database));
    const Ticker ticker(session, {service, tokens, access, audit.get(), http});
    http.run();
  }
  if (!session.json) session.out << "Ended.\n";
  return kDone;
}

void add_security_options(CLI::App& command, ServeArguments& arguments) {
  command.add_flag("--require-tokens", arguments.require_tokens,
                   "ask for tokens on the loopback as well");
  command.add_flag("--insecure", arguments.insecure,
                   "serve other machines without tokens: everyone may do everything");
  command.add_option("--tls-cert", arguments.tls_cert, "certificate chain, PEM: serve https")
      ->type_name("FILE");
  command.add_option("--tls-key", arguments.tls_key, "its key, PEM")->type_name("FILE");
  command
      .add_option(
          "--allow-host", arguments.allowed_hosts,
          "name that requests to a loopback server may have as Host, as of a proxy before it")
      ->type_name("NAME");
  command
      .add_option("--cors-origin", arguments.cors_origins,
                  "https://HOST of pages that may use the API")
      ->type_name("ORIGIN");
  add_integer(command, "--rate-limit", arguments.requests_per_s, 0,
              "requests a second of one token or address (default: 200, none on the loopback; 0: "
              "none)");
  command
      .add_option("--audit", arguments.audit,
                  "log of who changed what (default: DB.audit.jsonl where tokens are asked for; "
                  "none: no log)")
      ->type_name("FILE");
}

}  // namespace

void add_server_commands(CLI::App& root, Session& session) {
  CLI::App& command = add_command(root, session,
                                  {"Server", "serve", "serve a database over HTTP until Ctrl-C",
                                   "study serve\n"
                                   "study serve --db studies.db --host 0.0.0.0 --port 8642\n"
                                   "study serve --host 0.0.0.0 --tls-cert cert.pem --tls-key "
                                   "key.pem --log-format json\n"
                                   "study serve --notify hooks.jsonc\n"
                                   "study serve --port 0"});
  const auto arguments = std::make_shared<ServeArguments>();
  command.add_option("--host", arguments->host, "address to listen on (default: 127.0.0.1)")
      ->type_name("H");
  add_integer(command, "--port", arguments->port, 0,
              "port to listen on (default: 8642; 0: a free one)");
  add_security_options(command, *arguments);
  command
      .add_option("--notify", arguments->notify,
                  "file of webhooks that are told of new bests, failures, budgets and the end "
                  "(doc/notifications.md)")
      ->type_name("FILE");
  command
      .add_option("--notify-host", arguments->notify_hosts,
                  "host to which webhooks of study files (notify) may be sent, or '*' (default: "
                  "none)")
      ->type_name("HOST");
  command.add_option("--log-format", arguments->log_format, "text or json, on standard error")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("FORMAT");
  command
      .add_option("--log-level", arguments->log_level,
                  "debug (each request), info, warning or error (default: info)")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->type_name("LEVEL");
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return serve(session, *arguments); };
  });
}

}  // namespace studyhall::cli
