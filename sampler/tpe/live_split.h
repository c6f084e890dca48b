// Which trials of a slice are good, which stand for all others, and which are running, kept up to
// date as a history changes.
//
// What it says is a function of the history and the slice alone; how it got there does not matter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/history.h"
#include "sampler/tpe/split.h"

namespace studyhall::sampler::tpe {

class LiveSplit {
 public:
  // inside: whether a trial counts in the slice. most_others: how many trials stand for all that
  // are neither good nor running; drawn, where there are more, by a hash of their numbers.
  LiveSplit(std::function<bool(const Observation&)> inside, Direction direction,
            std::size_t most_others);

  // Brings it up to `history`, of one objective and of the same study as before. Microseconds for
  // each change since then; reads the whole history the first time, and where the changes are
  // forgotten or trials at the top were taken back.
  void update(const History& history);

  // Complete and pruned trials, in the slice or not.
  [[nodiscard]] std::size_t told_anywhere() const { return told_anywhere_; }
  // Those in the slice.
  [[nodiscard]] std::size_t told() const { return told_; }
  // Ranks of the gamma(n) best of the n complete and pruned trials in the slice, best first.
  [[nodiscard]] std::span<const Rank> good() const { return std::span(best_).first(good_count_); }
  [[nodiscard]] bool is_good(std::int64_t number) const;
  // Whether a trial is one of those that stand for the others.
  [[nodiscard]] bool is_other(std::int64_t number) const;
  [[nodiscard]] bool is_running(std::int64_t number) const;
  // How many trials each of those that stand for the others stands for, itself included.
  [[nodiscard]] double weight_of_other() const;

  // Since the last call: the trials of which any of the three may have changed, repeats included;
  // nullopt where that may be any trial of the history.
  std::optional<std::vector<std::int64_t>> take_touched();

 private:
  enum class Role : std::uint8_t { Out, Told, Failed, Running };
  using Hashed = std::pair<std::uint32_t, std::int64_t>;  // hash of the number, number

  void read_all(const History& history);
  void leave(std::int64_t number);
  void join(const Observation& trial);
  void add_to_sample(std::int64_t number);
  void remove_from_sample(std::int64_t number);
  void touch(std::int64_t number) { touched_.push_back(number); }
  [[nodiscard]] Role role(std::int64_t number) const;
  // Takes the best of best_ as good; false where it no longer holds enough of them.
  bool settle();

  std::function<bool(const Observation&)> inside_;
  Direction direction_;
  std::size_t most_others_;

  History::Mark mark_;       // none at first
  std::vector<Role> roles_;  // by number
  std::vector<bool> told_outside_;
  std::size_t told_anywhere_ = 0;
  std::size_t told_ = 0;
  std::size_t failed_ = 0;
  std::vector<Rank> best_;  // the least ranks, at least as many as can be good
  std::size_t good_count_ = 0;
  std::vector<std::int64_t> good_;  // ascending
  std::vector<Hashed>
      sample_;  // the least of told and failed, of which the first most_others_ count
  bool touched_all_ = true;
  std::vector<std::int64_t> touched_;
};

}  // namespace studyhall::sampler::tpe
