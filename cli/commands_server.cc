#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <thread>

#include "cli/commands.h"
#include "cli/database_lock.h"
#include "cli/exit_code.h"
#include "cli/wait.h"
#include "core/error.h"
#include "server/http_server.h"
#include "server/study_service.h"
#include "storage/sqlite_storage.h"

namespace studyhall::cli {

namespace {

constexpr std::chrono::milliseconds kTick{1000};
// For embedded verbs under way when a server starts.
constexpr std::chrono::milliseconds kLockPatience{30'000};

struct ServeArguments {
  std::string host = "127.0.0.1";
  std::int64_t port = 8642;
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
std::string url_of(const std::string& host, int port) {
  if (host == "0.0.0.0") return fmt::format("http://127.0.0.1:{}", port);
  if (host == "::") return fmt::format("http://[::1]:{}", port);
  const bool v6 = host.find(':') != std::string::npos;
  return fmt::format("http://{}:{}", v6 ? "[" + host + "]" : host, port);
}

// Returns lost trials to the queue each second, and ends the server when interrupted.
class Ticker {
 public:
  Ticker(const Session& session, server::StudyService& service, server::HttpServer& http)
      : thread_([this, &session, &service, &http] {
          const std::atomic<bool>& interrupted = session.env.interrupted();
          while (!done_.load() && pause_for(kTick, interrupted)) tick(session, service);
          http.stop();
        }) {}
  ~Ticker() {
    done_.store(true);
    thread_.join();
  }
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

 private:
  static void tick(const Session& session, server::StudyService& service) {
    try {
      service.expire_leases();
    } catch (const std::exception& error) {
      session.err << fmt::format("study: cannot return lost trials to the queue: {}\n",
                                 error.what());
    }
  }

  std::atomic<bool> done_{false};
  std::thread thread_;
};

int serve(const Session& session, const ServeArguments& arguments) {
  if (!session.server.empty())
    throw Error(ErrorCode::Invalid, "--server: serve is a server itself; it takes --db FILE");
  if (arguments.port > 65535)
    throw Error(ErrorCode::Invalid, fmt::format("--port: {} is above 65535", arguments.port));
  static_cast<void>(session.env.interrupted());
  const std::filesystem::path database = session.database();
  if (std::filesystem::is_directory(database))
    throw Error(ErrorCode::Corrupt,
                fmt::format("{} is a folder; a database is a file", database.string()));
  DatabaseLock lock = lock_for_life(database);
  const auto storage = storage::open_sqlite_storage(database);
  server::StudyService service(*storage, session.clock);
  server::HttpServer http(service,
                          {.host = arguments.host, .port = static_cast<int>(arguments.port)});
  const int port = http.bind();
  const std::string url = url_of(arguments.host, port);
  lock.publish({.url = url, .host = this_host(), .host_id = this_host_id()});

  if (session.json)
    session.print_json({{"url", url}, {"db", std::filesystem::absolute(database).string()}});
  else
    session.out << fmt::format("Serving {} at {}\nCtrl-C ends it.\n", database.string(), url);
  session.out.flush();
  {
    const Ticker ticker(session, service, http);
    http.run();
  }
  if (!session.json) session.out << "Ended.\n";
  return kDone;
}

}  // namespace

void add_server_commands(CLI::App& root, Session& session) {
  CLI::App& command = add_command(root, session,
                                  {"Server", "serve", "serve a database over HTTP until Ctrl-C",
                                   "study serve\n"
                                   "study serve --db studies.db --host 0.0.0.0 --port 8642\n"
                                   "study serve --port 0"});
  const auto arguments = std::make_shared<ServeArguments>();
  command.add_option("--host", arguments->host, "address to listen on (default: 127.0.0.1)")
      ->type_name("H");
  add_integer(command, "--port", arguments->port, 0,
              "port to listen on (default: 8642; 0: a free one)");
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return serve(session, *arguments); };
  });
}

}  // namespace studyhall::cli
