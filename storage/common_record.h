// The record of a trial that has nothing out of the ordinary, read without a JSON document: of a
// million trials that is half of the time that the records take.
#pragma once

#include <optional>
#include <string_view>

#include "storage/trial_rows.h"

namespace studyhall::storage {

// What parse_record() gives, for a text as record_text() writes it of such a trial; nullopt for
// any other text, good or bad.
std::optional<StoredRecord> read_common_record(std::string_view text);

}  // namespace studyhall::storage
