// The verbs of a study on a remote server.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "core/study_api.h"

namespace studyhall::client {

struct ClientOptions {
  std::string token;                          // sent as a bearer token when not empty
  std::chrono::milliseconds timeout{30'000};  // of one attempt
  int retries = 3;                            // further attempts where repeating is safe
};

// `url` is "http://host:port", with an optional path prefix.
//
// Every verb throws Error(Unreachable), naming the URL, when no answer comes: reads, and ask, tell
// and enqueue (which carry a request id, made here when the caller gave none), are tried again
// first. Throws Error(Invalid) for a URL that is not one.
std::unique_ptr<StudyApi> connect(const std::string& url, const ClientOptions& options = {});

}  // namespace studyhall::client
