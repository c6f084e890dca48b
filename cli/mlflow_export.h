// Trials as runs in a folder that MLflow reads as a tracking store.
//
// The layout is that of MLflow's FileStore (mlflow/store/tracking/file_store.py):
// DIR/EXPERIMENT/meta.yaml and tags/, DIR/EXPERIMENT/RUN/meta.yaml, params/NAME, tags/NAME,
// metrics/NAME with a line "milliseconds value step" for each value, artifacts/. Ids follow from
// study and trial, so that exporting again writes the same runs again.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "core/study_api.h"

namespace studyhall::cli {

class MlflowExport {
 public:
  // Writes the experiment. Throws Error(Unavailable) if a file cannot be written, as add() does.
  MlflowExport(const std::filesystem::path& dir, const StudyInfo& study);

  // Writes the trial's run in place of what was exported of it before. A trial that was never
  // handed out is none: false.
  bool add(const TrialView& trial);

  [[nodiscard]] const std::string& experiment_id() const { return id_; }

 private:
  std::filesystem::path dir_;  // of the experiment, absolute
  StudyInfo study_;
  std::string id_;
};

// A name that MLflow takes for a parameter or metric, and that is a file's: letters, digits, '_',
// '-', '.' and blanks, at most 250 bytes; '_' stands for everything else.
std::string mlflow_name(std::string name);

}  // namespace studyhall::cli
