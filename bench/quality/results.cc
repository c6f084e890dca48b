#include "bench/quality/results.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "cli/csv_file.h"
#include "core/error.h"

namespace studyhall::bench {
namespace {

constexpr std::array<const char*, 7> kColumns{"problem", "group",  "seed",       "label",
                                              "trials",  "regret", "ask_seconds"};

template <typename Number>
Number number(const cli::CsvReader& table, const char* column, const std::string& cell) {
  Number value{};
  const char* end = cell.data() + cell.size();
  const auto [stop, error] = std::from_chars(cell.data(), end, value);
  if (error != std::errc() || stop != end)
    throw Error(ErrorCode::Malformed, fmt::format("{}, line {}: {} is \"{}\", not a number",
                                                  table.name(), table.line(), column, cell));
  return value;
}

}  // namespace

void write_results(std::ostream& out, const std::vector<Result>& results) {
  out << fmt::format("{}\n", fmt::join(kColumns, ","));
  for (const Result& r : results)
    out << fmt::format("{},{},{},{},{},{:.6g},{:.4f}\n", r.problem, r.group, r.seed, r.label,
                       r.trials, r.regret, r.ask_seconds);
}

std::vector<Result> read_results(std::istream& in, const std::string& name) {
  cli::CsvReader table(in, name);
  std::array<std::size_t, kColumns.size()> at{};
  for (std::size_t c = 0; c < kColumns.size(); ++c) {
    const auto found = table.column(kColumns[c]);
    if (!found)
      throw Error(ErrorCode::Malformed, fmt::format("{} has no column \"{}\"", name, kColumns[c]));
    at[c] = *found;
  }
  std::vector<Result> results;
  while (const auto row = table.next()) {
    const auto cell = [&](std::size_t c) { return (*row)[at[c]]; };
    results.push_back({cell(0), cell(1), number<std::int64_t>(table, kColumns[2], cell(2)), cell(3),
                       number<std::int64_t>(table, kColumns[4], cell(4)),
                       number<double>(table, kColumns[5], cell(5)),
                       number<double>(table, kColumns[6], cell(6))});
  }
  return results;
}

}  // namespace studyhall::bench
