#include "server/trial_block.h"

#include <zlib.h>

#include <cstring>
#include <span>
#include <utility>

#include "server/trial_packing.h"

namespace studyhall::server {

namespace {

// To be raised with every change of what trial_packing.cc, packing.cc or this file write.
constexpr std::uint64_t kForm = 1;

using Checksum = std::uint32_t;

Checksum checksum(std::span<const std::uint8_t> bytes) {
  return static_cast<Checksum>(::crc32_z(0, bytes.data(), bytes.size()));
}

void pack_digest(const Digest& digest, Packer& out) {
  std::uint8_t bytes[sizeof digest];
  std::memcpy(bytes, &digest, sizeof digest);
  out.raw(bytes);
}

Digest unpack_digest(Unpacker& in) {
  Digest digest;
  std::memcpy(&digest, in.raw(sizeof digest).data(), sizeof digest);
  return digest;
}

// The bytes before the checksum; nullopt where that is not theirs.
std::optional<std::span<const std::uint8_t>> checked(std::string_view bytes) {
  if (bytes.size() < sizeof(Checksum)) return std::nullopt;
  const std::span<const std::uint8_t> all(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                          bytes.size());
  const auto content = all.first(all.size() - sizeof(Checksum));
  Checksum stored = 0;
  std::memcpy(&stored, all.last(sizeof stored).data(), sizeof stored);
  if (stored != checksum(content)) return std::nullopt;
  return content;
}

}  // namespace

void TrialBlockWriter::add(const Trial& trial, const std::optional<Digest>& holds) {
  ++count_;
  const bool common = is_common(trial.record);
  one_.clear();
  pack(trial, common, texts_, one_);
  trials_.byte(holds ? 1 : 0);
  if (holds) pack_digest(*holds, trials_);
  trials_.natural(one_.bytes().size());
  trials_.raw(one_.bytes());
  if (!common) trials_.json(to_json(trial.record));
}

std::string TrialBlockWriter::bytes() const {
  Packer out;
  out.natural(kForm);
  out.natural(texts_.size());
  for (std::uint64_t n = 0; n < texts_.size(); ++n) out.text(texts_.text(n));
  out.natural(count_);
  out.raw(trials_.bytes());
  const Checksum sum = checksum(out.bytes());
  std::uint8_t end[sizeof sum];
  std::memcpy(end, &sum, sizeof sum);
  out.raw(end);
  return {out.bytes().begin(), out.bytes().end()};
}

std::optional<std::vector<BlockTrial>> read_trial_block(std::string_view bytes,
                                                        std::int64_t first) {
  const auto content = checked(bytes);
  if (!content) return std::nullopt;
  Unpacker in(*content);
  if (in.natural() != kForm) return std::nullopt;
  TextPool texts;
  for (std::uint64_t left = in.natural(); left > 0; --left) texts.number_of(in.text());
  std::vector<BlockTrial> trials(in.natural());
  for (BlockTrial& one : trials) {
    if (in.byte() != 0) one.holds = unpack_digest(in);
    one.trial.number = first++;
    if (!unpack(in.raw(in.natural()), texts, one.trial)) {
      one.trial.record = trial_record_from_json(in.json());
    }
  }
  return trials;
}

}  // namespace studyhall::server
