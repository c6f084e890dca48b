#include "client/webhook.h"

#include <fmt/format.h>

#include <optional>

#include "client/interruption.h"
#include "client/transport.h"
#include "client/url.h"
#include "core/error.h"

namespace studyhall::client {
namespace {

constexpr std::chrono::seconds kTimeout{15};

bool is_worth_repeating(int status) { return status == 408 || status == 429 || status >= 500; }

}  // namespace

WebhookUrl parse_webhook_url(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t path =
      scheme == std::string::npos ? std::string::npos : url.find_first_of("/?", scheme + 3);
  const bool is_plain = url.find_first_of(" \t\r\n#@") == std::string::npos;
  try {
    const ServerUrl server = parse_server_url(url.substr(0, path));
    if (!is_plain) throw Error(ErrorCode::Invalid, "");
    WebhookUrl parsed;
    parsed.host = server.host;
    parsed.port = server.port;
    parsed.tls = server.tls;
    parsed.origin = server.text();
    parsed.target = path == std::string::npos ? "/" : url.substr(path);
    if (parsed.target.front() == '?') parsed.target.insert(0, "/");
    return parsed;
  } catch (const Error&) {
    throw Error(ErrorCode::Invalid,
                "expected http://HOST[:PORT]/PATH or https://HOST[:PORT]/PATH, found something "
                "else (not shown: it may hold a secret)");
  }
}

Delivery deliver(const WebhookUrl& url, const Json& body, const ClientOptions& options) {
  const SigpipeBlocked blocked;
  const auto connection =
      make_connection({.host = url.host, .port = url.port, .prefix = {}, .tls = url.tls}, options);
  connection->set_keep_alive(false);
  connection->set_follow_location(false);
  connection->set_read_timeout(kTimeout);
  std::optional<Interruption> interruption;
  if (options.interrupted != nullptr) interruption.emplace(*connection, *options.interrupted);
  httplib::Request request;
  request.method = "POST";
  request.path = url.target;
  request.body = dump_json(body);
  request.set_header("Content-Type", "application/json");
  request.set_header("User-Agent", "studyhall");
  const httplib::Result result = connection->send(request);
  if (!result)
    return {.again = true,
            .words = fmt::format("{}: {}", url.origin, httplib::to_string(result.error()))};
  const int status = result->status;
  if (status >= 200 && status < 300) return {.taken = true};
  return {.again = is_worth_repeating(status),
          .words = fmt::format("{} answered {}", url.origin, status)};
}

}  // namespace studyhall::client
