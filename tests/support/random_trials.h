// Trials with everything that a trial may have, drawn at random, and how to compare two.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "core/rng.h"
#include "core/trial.h"

namespace studyhall::testing {

class RandomTrials {
 public:
  explicit RandomTrials(std::uint64_t seed) : rng_(Rng::for_trial(seed, 0)) {}

  Trial trial(std::int64_t n) {
    Trial trial;
    trial.number = n;
    trial.state = static_cast<TrialState>(rng_.index(5));
    trial.fit = static_cast<Fit>(rng_.index(3));
    trial.config = numbers(rng_.index(12));
    trial.values = numbers(rng_.index(3));
    trial.constraints = numbers(rng_.index(3));
    if (chance()) trial.ran = {{"lr", number_or_null()}, {"layers", 3}, {"kind", "möbius"}};
    for (std::size_t i = rng_.index(3); i > 0; --i) trial.metrics[text()] = number();
    for (std::size_t i = rng_.index(3); i > 0; --i) trial.intermediate[whole()] = number();
    if (chance()) trial.started = time();
    if (chance()) trial.completed = time();
    trial.record = record();
    return trial;
  }
  std::size_t index(std::size_t below) { return rng_.index(below); }

 private:
  bool chance() { return rng_.index(3) == 0; }
  double number() {
    const std::vector<double> odd{0,
                                  -0.0,
                                  1,
                                  250,
                                  251,
                                  1e300,
                                  std::numeric_limits<double>::infinity(),
                                  -std::numeric_limits<double>::infinity(),
                                  0.5,
                                  -1,
                                  254,
                                  255,
                                  3.0,
                                  5e-324,
                                  kInactive};
    return chance() ? odd[rng_.index(odd.size())] : rng_.uniform() * 100 - 50;
  }
  Json number_or_null() { return chance() ? Json(nullptr) : Json(rng_.uniform()); }
  std::vector<double> numbers(std::size_t count) {
    std::vector<double> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(number());
    return out;
  }
  std::int64_t whole() {
    const std::vector<std::int64_t> odd{0,
                                        -1,
                                        63,
                                        64,
                                        -64,
                                        -65,
                                        std::int64_t{1} << 40,
                                        std::numeric_limits<std::int64_t>::max(),
                                        std::numeric_limits<std::int64_t>::min()};
    return odd[rng_.index(odd.size())];
  }
  std::int64_t sequence() { return static_cast<std::int64_t>(rng_.index(1U << 30)); }
  Timestamp time() { return Timestamp(Duration(sequence() * 1'000'003)); }
  std::string text() {
    const std::vector<std::string> some{"", "W1", "random",
                                        "a\nlonger one that has no room inside"};
    return some[rng_.index(some.size())];
  }
  Usage usage() {
    Usage usage;
    if (chance()) usage.cost_usd = number();
    if (chance()) usage.turns = whole();
    if (chance()) usage.tokens = whole();
    if (chance()) usage.seconds = rng_.uniform();
    return usage;
  }

  TrialRecord record() {
    TrialRecord record;
    record.worker = text();
    record.purpose = static_cast<Purpose>(rng_.index(5));
    record.attempt = static_cast<int>(rng_.index(4));
    record.sampler = text();
    record.slice = text();
    record.pin = sequence() - 1;
    record.pin_version = sequence();
    record.as_of = sequence();
    record.told = chance() ? 0 : sequence();
    record.prune = chance();
    if (chance()) record.reason = static_cast<FailReason>(rng_.index(7));
    record.note = text();
    // Equal records are compared with ==, to which NaN is not equal to itself.
    record.usage = usage();
    if (record.usage.cost_usd && std::isnan(*record.usage.cost_usd)) record.usage.cost_usd = 1;
    if (chance()) record.evidence = {{"kind", "attested"}, {"files", {1, 2.5, "x"}}};
    record.late = chance();
    record.voided = chance() ? sequence() : 0;
    record.confirms = chance() ? sequence() : -1;
    record.version = text();
    record.title = text();
    record.description = text();
    record.author = text();
    if (rng_.index(10) > 0) return record;
    record.priority = 2.5;
    record.earlier.push_back({"W2", usage()});
    record.earlier.back().usage.cost_usd = 0.25;
    record.foreign = text();
    record.parked_until = time();
    record.tags = {"gpu"};
    record.after = {1, 2};
    record.after_tasks = {3};
    record.question = 2;
    record.queue.worker = "W3";
    return record;
  }

  Rng rng_;
};

inline bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](double x, double y) {
    return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y);
  });
}

template <typename Key>
bool same_bits(const std::map<Key, double>& a, const std::map<Key, double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && same_bits(std::vector{x.second}, std::vector{y.second});
  });
}

inline void expect_same(const Trial& a, const Trial& b) {
  EXPECT_EQ(a.number, b.number);
  EXPECT_EQ(a.state, b.state);
  EXPECT_EQ(a.fit, b.fit);
  EXPECT_TRUE(same_bits(a.config, b.config));
  EXPECT_TRUE(same_bits(a.values, b.values));
  EXPECT_TRUE(same_bits(a.constraints, b.constraints));
  EXPECT_EQ(a.ran, b.ran);
  EXPECT_TRUE(same_bits(a.metrics, b.metrics));
  EXPECT_TRUE(same_bits(a.intermediate, b.intermediate));
  EXPECT_EQ(a.started, b.started);
  EXPECT_EQ(a.completed, b.completed);
  EXPECT_EQ(to_json(a.record), to_json(b.record));
  EXPECT_TRUE(a.record == b.record);
}

}  // namespace studyhall::testing
