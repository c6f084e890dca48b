// Study files as they are stored, checked once and kept.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/study_spec.h"
#include "storage/storage.h"

namespace studyhall::storage {

struct StoredSpec {
  std::shared_ptr<const StudySpec> spec;
  std::vector<std::string> distributions;                  // [space.size()], Optuna's JSON
  std::unordered_map<std::string, std::size_t> positions;  // parameter name -> position
  std::vector<std::size_t> edited;  // parameters that trials from before an edit may lack
};

// Thread safety: every call may be made from any thread.
class SpecCache {
 public:
  // The study file `text` of `study`, parsed anew only where the text has changed.
  //
  // Throws Error(Corrupt) for a text that this build cannot read, naming the study.
  std::shared_ptr<const StoredSpec> find(StudyId study, std::string_view text);

 private:
  struct Entry {
    std::string text;
    std::shared_ptr<const StoredSpec> stored;
  };
  std::mutex mutex_;
  std::map<StudyId, Entry> entries_;
};

}  // namespace studyhall::storage
