// Sending one message to a URL that the operator configured.
#pragma once

#include <chrono>
#include <string>

#include "client/study_client.h"
#include "core/json.h"

namespace studyhall::client {

struct WebhookUrl {
  std::string origin;  // "https://hooks.example.org:443"; what messages may show
  std::string target;  // path and query: often a secret
  std::string host;
  int port = 80;
  bool tls = false;
};

// Throws Error(Invalid) for anything but an http or https URL, without repeating it.
WebhookUrl parse_webhook_url(const std::string& url);

struct Delivery {
  bool taken = false;   // answered 2xx
  bool again = false;   // else: worth another try (no answer, 408, 429, 5xx)
  std::string words{};  // why not; holds no secret
};

// POSTs `body` as JSON; redirects are not followed. `options.timeout`, `tls_ca` and `interrupted`
// count.
Delivery deliver(const WebhookUrl& url, const Json& body, const ClientOptions& options);

}  // namespace studyhall::client
