// Tells webhooks what happens to the studies of one StudyApi.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "client/hooks.h"
#include "client/teller.h"

namespace studyhall::client {

struct NotifierOptions {
  TellerOptions teller;
  // On which hosts the webhooks of study files ("notify") may be, "*" for any: whoever may create a
  // study chooses those URLs. Empty: none of them is told.
  std::set<std::string> study_hosts{};
};

// One thread for each hook, from construction to destruction; no verb waits for any of them. A hook
// is told in the order of each study's events. What it has been told is on disk before the next: a
// restart loses nothing and repeats at most one message. A hook that is new is told what happens
// from now on; one of the file of a study that is created from then on all of that study. A message
// that is refused for good (4xx) is dropped, any other tried again until it is taken.
class Notifier {
 public:
  // `api` and `clock` must outlive it.
  Notifier(StudyApi& api, const Clock& clock, std::vector<Hook> hooks,
           const NotifierOptions& options);
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

 private:
  class OfStudies;
  std::vector<std::unique_ptr<Teller>> tellers_;
  std::unique_ptr<OfStudies> of_studies_;
};

}  // namespace studyhall::client
