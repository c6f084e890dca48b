#include "server/lease_book.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "core/digest.h"

namespace studyhall::server {

using storage::LeaseRecord;

namespace {

constexpr std::uint8_t kDigits = 0;  // a token as random_token() makes them
constexpr std::uint8_t kText = 1;

void pack_token(const std::string& token, Packer& out) {
  const Digest digest = digest_of(token);
  if (to_hex(digest) != token) {
    out.byte(kText);
    out.text(token);
    return;
  }
  std::uint8_t bytes[sizeof digest];
  std::memcpy(bytes, &digest, sizeof digest);
  out.byte(kDigits);
  out.raw(bytes);
}

std::string unpack_token(Unpacker& in) {
  if (in.byte() == kText) return in.text();
  Digest digest;
  std::memcpy(&digest, in.raw(sizeof digest).data(), sizeof digest);
  return to_hex(digest);
}

void pack(const LeaseRecord& lease, TextPool& workers, Packer& out) {
  pack_token(lease.token, out);
  out.natural(workers.number_of(lease.worker));
  out.whole(lease.attempt);
  out.whole(lease.length.count());
  out.whole(lease.expires_at.time_since_epoch().count());
  out.whole(lease.told_as);
}

LeaseRecord unpack(std::int64_t number, Unpacker& in, const TextPool& workers) {
  LeaseRecord lease;
  lease.number = number;
  lease.token = unpack_token(in);
  lease.worker = workers.text(in.natural());
  lease.attempt = static_cast<int>(in.whole());
  lease.length = Duration(in.whole());
  lease.expires_at = Timestamp(Duration(in.whole()));
  lease.current = false;
  lease.told_as = in.whole();
  return lease;
}

}  // namespace

std::vector<LeaseRecord> LeaseBook::of(std::int64_t number) const {
  if (const auto found = whole_.find(number); found != whole_.end()) return found->second;
  std::vector<LeaseRecord> leases;
  const auto row = static_cast<std::size_t>(number);
  if (!packed_.has(row)) return leases;
  Unpacker in(packed_.get(row));
  for (std::uint64_t left = in.natural(); left > 0; --left) {
    leases.push_back(unpack(number, in, workers_));
  }
  return leases;
}

const LeaseRecord* LeaseBook::current(std::int64_t number) const {
  const auto found = whole_.find(number);
  if (found == whole_.end()) return nullptr;
  return &*std::ranges::find(found->second, true, &LeaseRecord::current);
}

void LeaseBook::add(LeaseRecord lease) {
  const std::int64_t number = lease.number;
  std::vector<LeaseRecord> leases = of(number);
  leases.push_back(std::move(lease));
  put(number, std::move(leases));
}

void LeaseBook::extend(std::int64_t number, Timestamp expires_at) {
  std::ranges::find(whole_.at(number), true, &LeaseRecord::current)->expires_at = expires_at;
}

void LeaseBook::close(std::int64_t number) {
  const auto found = whole_.find(number);
  if (found == whole_.end()) return;
  std::vector<LeaseRecord> leases = std::move(found->second);
  for (LeaseRecord& lease : leases) lease.current = false;
  put(number, std::move(leases));
}

bool LeaseBook::mark_told(std::int64_t number, const std::string& token, std::int64_t told_as) {
  std::vector<LeaseRecord> leases = of(number);
  const auto lease = std::ranges::find(leases, token, &LeaseRecord::token);
  if (lease == leases.end()) return false;
  lease->told_as = told_as;
  put(number, std::move(leases));
  return true;
}

void LeaseBook::put(std::int64_t number, std::vector<LeaseRecord> leases) {
  const auto row = static_cast<std::size_t>(number);
  if (std::ranges::find(leases, true, &LeaseRecord::current) != leases.end()) {
    packed_.erase(row);
    whole_.insert_or_assign(number, std::move(leases));
    return;
  }
  packer_.clear();
  packer_.natural(leases.size());
  for (const LeaseRecord& lease : leases) pack(lease, workers_, packer_);
  packed_.put(row, packer_.bytes());
  whole_.erase(number);
}

}  // namespace studyhall::server
