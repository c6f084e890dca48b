// What the server counts, in Prometheus' text format. Counting takes a few atomic additions.
//
// Thread safety: everything may be called from any thread; a text is not one moment's.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/study_api.h"

namespace studyhall::server {

// How often values fell below each of some bounds.
template <std::size_t Bounds>
class Histogram {
 public:
  explicit constexpr Histogram(const std::array<double, Bounds>& bounds) : bounds_(bounds) {}

  void add(double value) {
    std::size_t bucket = 0;
    while (bucket < Bounds && value > bounds_[bucket]) ++bucket;
    counts_[bucket].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
  }
  // `name` with `labels` ("a=\"b\"", perhaps empty); without help and type.
  void print(std::string_view name, const std::string& labels, std::string& out) const;

 private:
  const std::array<double, Bounds>& bounds_;
  std::array<std::atomic<std::uint64_t>, Bounds + 1> counts_{};
  std::atomic<double> sum_{0};
};

inline constexpr std::array<double, 14> kSecondsBounds{
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5};
inline constexpr std::array<double, 8> kSizeBounds{1, 2, 4, 8, 16, 32, 64, 128};

// Of a storage: server/metered_storage.h fills it.
struct CommitMetrics {
  Histogram<kSizeBounds.size()> changes{kSizeBounds};
  Histogram<kSecondsBounds.size()> seconds{kSecondsBounds};
  std::atomic<std::uint64_t> failures{0};
  std::atomic<std::uint64_t> stale{0};
  void print(std::string& out) const;
};

class RequestMetrics {
 public:
  // `routes`: "GET /healthz", ... by number.
  explicit RequestMetrics(const std::vector<std::string>& routes);

  void begin() { running_.fetch_add(1, std::memory_order_relaxed); }
  // `route` -1: none of them. Ends what begin() began.
  void end(int route, int status, std::chrono::duration<double> took);
  // Ends what began, to begin again when there may be an answer.
  void put_off() { running_.fetch_sub(1, std::memory_order_relaxed); }
  // What could not be read as a request.
  void refused() { refused_.fetch_add(1, std::memory_order_relaxed); }
  // `waiting`: requests that were put off; `streams`: answers that go on.
  void print(std::size_t waiting, std::int64_t streams, std::string& out) const;

 private:
  static constexpr std::array<int, 19> kStatuses{200, 201, 204, 304, 400, 401, 403, 404, 405, 409,
                                                 410, 413, 414, 422, 429, 500, 501, 503, 0};
  struct Route {
    explicit Route(std::string of) : labels(std::move(of)) {}
    std::string labels;
    std::array<std::atomic<std::uint64_t>, kStatuses.size()> counts{};
    Histogram<kSecondsBounds.size()> seconds{kSecondsBounds};
  };

  std::vector<std::unique_ptr<Route>> routes_;  // the last one: no route
  std::atomic<std::int64_t> running_{0};
  std::atomic<std::uint64_t> refused_{0};
};

// Trials by state, budgets and workers of the studies. At most 200 studies, running ones first, and
// 2000 workers: then studyhall_metrics_truncated is 1.
void print_study_metrics(StudyApi& api, std::string& out);

}  // namespace studyhall::server
