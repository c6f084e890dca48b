#include "core/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "core/rng.h"

namespace studyhall {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Observation observe(std::int64_t number, TrialState state, double value = 0) {
  Observation observation;
  observation.number = number;
  observation.state = state;
  if (state == TrialState::Complete) observation.values = {value};
  return observation;
}

std::vector<std::int64_t> numbers(const History& history) {
  std::vector<std::int64_t> all;
  for (const Observation& observation : history.observations()) all.push_back(observation.number);
  return all;
}

TEST(Observation, ViolationAddsWhatIsViolated) {
  Observation observation;
  EXPECT_EQ(observation.violation(), 0);

  observation.constraints = {-3, 0.5, 0, 2};
  EXPECT_EQ(observation.violation(), 2.5);
  observation.constraints = {-3, -1};
  EXPECT_EQ(observation.violation(), 0);
}

TEST(History, KeepsTrialsByNumberAndTheOrderInWhichTheyFinished) {
  History history({Direction::Minimize});
  history.apply(observe(0, TrialState::Running));
  history.apply(observe(1, TrialState::Running));
  history.apply(observe(2, TrialState::Running));
  EXPECT_THAT(history.finish_order(), IsEmpty());

  history.apply(observe(2, TrialState::Complete, 7));
  history.apply(observe(0, TrialState::Fail));
  history.apply(observe(1, TrialState::Pruned));

  EXPECT_THAT(numbers(history), ElementsAre(0, 1, 2));
  EXPECT_THAT(history.finish_order(), ElementsAre(2, 0, 1));
  EXPECT_THAT(history.find(2)->values, ElementsAre(7));
  EXPECT_EQ(history.find(3), nullptr);
  EXPECT_EQ(history.find(-1), nullptr);
  EXPECT_THAT(history.directions(), ElementsAre(Direction::Minimize));
}

TEST(History, TakesNumbersOutOfOrder) {
  History history({Direction::Minimize});
  for (const std::int64_t number : {3, 0, 4, 1})
    history.apply(observe(number, TrialState::Running));

  EXPECT_THAT(numbers(history), ElementsAre(0, 1, 3, 4));
  EXPECT_EQ(history.find(3)->number, 3);
  EXPECT_EQ(history.find(2), nullptr);
}

TEST(History, ForgetsATrialThatWasGivenBack) {
  History history({Direction::Minimize});
  history.apply(observe(0, TrialState::Complete));
  history.apply(observe(1, TrialState::Running));
  history.apply(observe(2, TrialState::Complete));

  history.remove(1);
  EXPECT_THAT(numbers(history), ElementsAre(0, 2));
  EXPECT_THAT(history.finish_order(), ElementsAre(0, 2));

  history.remove(0);
  EXPECT_THAT(numbers(history), ElementsAre(2));
  EXPECT_THAT(history.finish_order(), ElementsAre(2));
  history.remove(0);
  EXPECT_THAT(numbers(history), ElementsAre(2));
}

TEST(History, CountsATrialThatRunsAgainAsFinishingLater) {
  History history({Direction::Minimize});
  history.apply(observe(0, TrialState::Fail));
  history.apply(observe(1, TrialState::Complete));
  history.apply(observe(0, TrialState::Running));
  EXPECT_THAT(history.finish_order(), ElementsAre(1));

  history.apply(observe(0, TrialState::Complete));
  EXPECT_THAT(history.finish_order(), ElementsAre(1, 0));
  // Corrected, not finished again.
  history.apply(observe(1, TrialState::Complete, 5));
  EXPECT_THAT(history.finish_order(), ElementsAre(1, 0));
  EXPECT_THAT(history.find(1)->values, ElementsAre(5));
}

TEST(History, KnowsWhatChangedSinceAMark) {
  History history({Direction::Minimize});
  const History::Mark start = history.mark();
  history.apply(observe(0, TrialState::Running));
  history.apply(observe(1, TrialState::Running));
  const History::Mark middle = history.mark();
  history.apply(observe(0, TrialState::Complete));
  history.remove(1);
  history.remove(1);

  EXPECT_THAT(*history.changed_since(start), ElementsAre(0, 1, 0, 1, 1));
  EXPECT_THAT(*history.changed_since(middle), ElementsAre(0, 1, 1));
  EXPECT_THAT(*history.changed_since(history.mark()), ElementsAre());
}

TEST(History, DoesNotTakeTheMarksOfAnother) {
  History history({Direction::Minimize});
  history.apply(observe(0, TrialState::Running));
  History copy = history;
  const History::Mark of_copy = copy.mark();

  EXPECT_EQ(history.changed_since(of_copy), std::nullopt);
  EXPECT_EQ(history.changed_since({}), std::nullopt);
  const History moved = std::move(copy);
  EXPECT_THAT(*moved.changed_since(of_copy), ElementsAre());
}

TEST(History, ForgetsChangesOfLongAgo) {
  History history({Direction::Minimize});
  const History::Mark start = history.mark();
  for (int i = 0; i < 65'536; ++i) history.apply(observe(i % 3, TrialState::Running));
  EXPECT_EQ(history.changed_since(start)->size(), 65'536U);
  for (int i = 0; i < 100'000; ++i) history.apply(observe(i % 3, TrialState::Running));
  EXPECT_EQ(history.changed_since(start), std::nullopt);
}

TEST(History, AgreesWithAModelUnderAnySequence) {
  Rng rng = Rng::for_trial(51, 0);
  History history({Direction::Minimize});
  std::map<std::int64_t, TrialState> model;
  std::vector<std::int64_t> finished;
  const std::vector<TrialState> states = {TrialState::Running, TrialState::Complete,
                                          TrialState::Pruned, TrialState::Fail};
  for (int i = 0; i < 5000; ++i) {
    const auto number = static_cast<std::int64_t>(rng.index(40));
    const bool removes = rng.index(5) == 0;
    const TrialState state = states[rng.index(states.size())];

    const bool was_finished = model.contains(number) && is_finished(model[number]);
    const bool finishes = !removes && is_finished(state);
    if (removes) {
      model.erase(number);
      history.remove(number);
    } else {
      model[number] = state;
      history.apply(observe(number, state));
    }
    if (was_finished && !finishes) std::erase(finished, number);
    if (!was_finished && finishes) finished.push_back(number);

    ASSERT_EQ(history.observations().size(), model.size());
    for (const Observation& observation : history.observations()) {
      ASSERT_EQ(observation.state, model.at(observation.number));
    }
    const auto listed = numbers(history);
    ASSERT_TRUE(std::is_sorted(listed.begin(), listed.end()));
    ASSERT_TRUE(std::equal(finished.begin(), finished.end(), history.finish_order().begin(),
                           history.finish_order().end()));
  }
}

}  // namespace
}  // namespace studyhall
