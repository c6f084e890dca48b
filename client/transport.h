// Requests to one server: connections that are kept and shared out, and trying again.
#pragma once

#include <httplib.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "client/study_client.h"
#include "client/url.h"
#include "core/json.h"

namespace studyhall::client {

enum class Repeat { Safe, Unsafe };

struct Outgoing {
  std::string method;
  std::string path;     // below /api/v1, percent-encoded, with its query
  Json body = nullptr;  // null: none
  Repeat repeat = Repeat::Safe;
  std::chrono::milliseconds wait{0};  // that the server may take besides
};

struct Answer {
  int status = 0;
  Json body;
};

// A connection that is not made yet; each of its requests must set the time to read.
std::unique_ptr<httplib::Client> make_connection(const ServerUrl& url,
                                                 const ClientOptions& options);

class Transport {
 public:
  Transport(ServerUrl url, ClientOptions options);

  // The answer, whatever its status; but 502, 503 and 504 count as none until the last attempt. May
  // be called from any thread; each takes a connection of its own.
  //
  // Throws Error(Unreachable) when there is none, or it is not JSON.
  Answer send(const Outgoing& outgoing);

  [[nodiscard]] std::string url() const { return url_.text(); }

 private:
  std::unique_ptr<httplib::Client> take_connection();
  void give_back(std::unique_ptr<httplib::Client> connection);
  httplib::Result attempt(const httplib::Request& request, std::chrono::milliseconds wait);
  [[nodiscard]] bool is_interrupted() const;
  [[nodiscard]] httplib::Request make_request(const Outgoing& outgoing) const;
  [[nodiscard]] Answer read_answer(const Outgoing& outgoing,
                                   const httplib::Response& response) const;
  [[noreturn]] void fail(const Outgoing& outgoing, httplib::Error error, int attempts) const;

  ServerUrl url_;
  ClientOptions options_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<httplib::Client>> idle_;
};

}  // namespace studyhall::client
