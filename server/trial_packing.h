// An ended trial as bytes (server/trial_table.h).
#pragma once

#include <cstdint>
#include <span>

#include "core/trial.h"
#include "server/packing.h"
#include "server/trial_table.h"

namespace studyhall::server {

// Whether the record has nothing but what is packed.
bool is_common(const TrialRecord& record);

// All but its number, and but the record where `with_record` is false.
void pack(const Trial& trial, bool with_record, TextPool& texts, Packer& out);
// Returns whether the record was packed.
bool unpack(std::span<const std::uint8_t> bytes, const TextPool& texts, Trial& trial);
// The beginning alone.
void unpack(std::span<const std::uint8_t> bytes, TrialOutline& outline);
TrialState unpack_state(std::span<const std::uint8_t> bytes);

}  // namespace studyhall::server
