#include "client/transport.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <thread>

#include "client/interruption.h"
#include "core/error.h"

namespace studyhall::client {
namespace {

constexpr std::chrono::milliseconds kMaxBackoff{5'000};

bool is_connect_failure(httplib::Error error) {
  return error == httplib::Error::Connection || error == httplib::Error::ConnectionTimeout;
}

// The server, or a proxy before it, cannot answer now.
bool is_passing(int status) { return status == 502 || status == 503 || status == 504; }

}  // namespace

Transport::Transport(ServerUrl url, ClientOptions options)
    : url_(std::move(url)), options_(std::move(options)) {}

Answer Transport::send(const Outgoing& outgoing) {
  const httplib::Request request = make_request(outgoing);
  const bool repeats = outgoing.repeat == Repeat::Safe;
  auto pause = options_.backoff;
  for (int attempts = 1;; ++attempts) {
    const bool is_last = attempts > options_.retries;
    const httplib::Result result = attempt(request, outgoing.wait);
    if (result) {
      if (!is_passing(result->status) || is_last || !repeats) return read_answer(outgoing, *result);
    } else if (is_last || !(repeats || is_connect_failure(result.error())) ||
               (outgoing.wait.count() > 0 && is_interrupted())) {
      fail(outgoing, result.error(), attempts);
    }
    std::this_thread::sleep_for(std::min(pause, kMaxBackoff));
    pause *= 4;
  }
}

std::unique_ptr<httplib::Client> Transport::take_connection() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  return make_connection(url_, options_);
}

std::unique_ptr<httplib::Client> make_connection(const ServerUrl& url,
                                                 const ClientOptions& options) {
  const bool is_v6 = url.host.find(':') != std::string::npos;
  auto connection = std::make_unique<httplib::Client>(
      fmt::format("http{}://{}{}{}:{}", url.tls ? "s" : "", is_v6 ? "[" : "", url.host,
                  is_v6 ? "]" : "", url.port));
  if (url.tls && !options.tls_ca.empty()) connection->set_ca_cert_path(options.tls_ca);
  connection->set_keep_alive(true);
  connection->set_tcp_nodelay(true);
  connection->set_url_encode(false);
  connection->set_connection_timeout(
      std::min<std::chrono::milliseconds>(options.timeout, std::chrono::seconds(10)));
  connection->set_write_timeout(options.timeout);
  if (!options.token.empty()) connection->set_bearer_token_auth(options.token);
  return connection;
}

void Transport::give_back(std::unique_ptr<httplib::Client> connection) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(connection));
}

bool Transport::is_interrupted() const {
  return options_.interrupted != nullptr && *options_.interrupted;
}

httplib::Result Transport::attempt(const httplib::Request& request,
                                   std::chrono::milliseconds wait) {
  const SigpipeBlocked blocked;
  auto connection = take_connection();
  connection->set_read_timeout(options_.timeout + wait);
  std::optional<Interruption> interruption;
  if (wait.count() > 0 && options_.interrupted != nullptr) {
    interruption.emplace(*connection, *options_.interrupted);
  }
  httplib::Result result = connection->send(request);
  interruption.reset();
  if (result) give_back(std::move(connection));
  return result;
}

httplib::Request Transport::make_request(const Outgoing& outgoing) const {
  httplib::Request request;
  request.method = outgoing.method;
  request.path = url_.prefix + "/api/v1" + outgoing.path;
  request.set_header("Accept", "application/json");
  if (!outgoing.body.is_null()) {
    request.body = dump_json(outgoing.body);
    request.set_header("Content-Type", "application/json");
  }
  return request;
}

Answer Transport::read_answer(const Outgoing& outgoing, const httplib::Response& response) const {
  try {
    return {.status = response.status, .body = parse_json(response.body, "answer")};
  } catch (const Error&) {
    std::string seen = fmt::format("status {}", response.status);
    if (response.has_header("Content-Type"))
      seen += ", " + response.get_header_value("Content-Type");
    if (response.has_header("Location")) seen += ", to " + response.get_header_value("Location");
    throw Error(ErrorCode::Unreachable,
                fmt::format("{}{}: the answer is not JSON ({}: {}); is this the URL of a Studyhall "
                            "server?",
                            url_.text(), "/api/v1" + outgoing.path, seen,
                            brief(Json(response.body.substr(0, 200)))));
  }
}

void Transport::fail(const Outgoing& outgoing, httplib::Error error, int attempts) const {
  std::string what;
  switch (error) {
    case httplib::Error::Connection:
      what = "cannot connect; is `study serve` running there?";
      break;
    case httplib::Error::ConnectionTimeout:
      what = "cannot connect: no reaction in time";
      break;
    case httplib::Error::Read:
      what = fmt::format("no whole answer within {} ms, or the connection was closed",
                         options_.timeout.count());
      break;
    case httplib::Error::SSLServerVerification:
      what =
          "its certificate is not trusted here, or is for another name; --tls-ca FILE "
          "(STUDY_TLS_CA) names the certificates to trust";
      break;
    case httplib::Error::SSLLoadingCerts:
      what = fmt::format("the certificates to trust cannot be read ({})", options_.tls_ca);
      break;
    case httplib::Error::SSLConnection:
      what = "no TLS connection came about; does the server speak https there?";
      break;
    default:
      what = "the connection failed (" + httplib::to_string(error) + ")";
  }
  const std::string tries = attempts > 1 ? fmt::format(" (tried {} times)", attempts) : "";
  throw Error(ErrorCode::Unreachable,
              fmt::format("cannot reach the server at {}: {} {}: {}{}", url_.text(),
                          outgoing.method, "/api/v1" + outgoing.path, what, tries));
}

}  // namespace studyhall::client
