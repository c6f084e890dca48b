// The verbs of a study on a remote server.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "core/study_api.h"

namespace studyhall::client {

struct ClientOptions {
  std::string token;        // sent as a bearer token when not empty
  std::string tls_ca = {};  // PEM file of trusted certificates; empty: the system's
  std::chrono::milliseconds timeout{30'000};  // of one attempt
  int retries = 3;                            // further attempts where repeating is safe
  std::chrono::milliseconds backoff{100};     // before the first of them; then 4 times as long each
  // Ends an ask that waits, within 50 ms, with Error(Unreachable) once it is set; null: none does.
  const std::atomic<bool>* interrupted = nullptr;
};

// `url` is "http://host:port" or "https://host:port", with an optional path prefix.
//
// Every verb throws Error(Unreachable), naming the URL, when no answer comes, or one that is not a
// Studyhall server's. What may be repeated is tried again first, also while the server answers
// Unavailable: reads, report, heartbeat, stop and resume, and ask, tell and enqueue, which carry a
// request id, made here when the caller gave none. Creating, deleting and releasing are tried again
// only where no connection came about. Throws Error(Invalid) for a URL that is not one.
std::unique_ptr<StudyApi> connect(const std::string& url, const ClientOptions& options = {});

}  // namespace studyhall::client
