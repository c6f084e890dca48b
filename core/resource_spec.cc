#include "core/resource_spec.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

namespace studyhall {

namespace {

constexpr int kMostCpus = 1024;
constexpr std::string_view kCpuList = "a list of processors such as \"0-6\" or \"0-3,8\"";
constexpr std::string_view kGpuList = "a list of GPUs: numbers or names";

std::optional<int> cpu_number(std::string_view text) {
  int number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number >= 0 && number < kMostCpus ? std::optional(number) : std::nullopt;
}

std::vector<int> read_cpus(const JsonField& field) {
  const auto text = field.string(kCpuList);
  if (!text) return {};
  auto cpus = parse_cpu_list(*text);
  if (!cpus) field.report_expected(kCpuList);
  return std::move(cpus).value_or(std::vector<int>{});
}

std::optional<std::vector<std::string>> read_gpus(const JsonField& field) {
  const auto items = field.list(kGpuList);
  if (!items) return std::nullopt;
  std::vector<std::string> gpus;
  for (const JsonField& item : *items) {
    if (item.json().is_string()) {
      gpus.push_back(item.json().get<std::string>());
      if (gpus.back().empty() ||
          gpus.back().find_first_of(std::string_view(",\0", 2)) != std::string::npos) {
        item.report_expected("the name of a GPU");
      }
    } else if (const auto number = item.integer(0, kMostCpus)) {
      gpus.push_back(std::to_string(*number));
    }
  }
  return gpus;
}

}  // namespace

std::optional<std::vector<int>> parse_cpu_list(std::string_view text) {
  std::vector<int> cpus;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    const std::string_view part = text.substr(at, comma - at);
    at = comma + 1;
    const std::size_t dash = std::min(part.find('-'), part.size());
    const auto first = cpu_number(part.substr(0, dash));
    const auto last = dash == part.size() ? first : cpu_number(part.substr(dash + 1));
    if (!first || !last || *first > *last) return std::nullopt;
    for (int cpu = *first; cpu <= *last; ++cpu) cpus.push_back(cpu);
  }
  std::sort(cpus.begin(), cpus.end());
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  return cpus;
}

std::string cpu_list_text(std::span<const int> cpus) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < cpus.size();) {
    std::size_t end = i + 1;
    while (end < cpus.size() && cpus[end] == cpus[end - 1] + 1) ++end;
    parts.push_back(end - i == 1 ? std::to_string(cpus[i])
                                 : fmt::format("{}-{}", cpus[i], cpus[end - 1]));
    i = end;
  }
  return fmt::format("{}", fmt::join(parts, ","));
}

ResourceSpec read_resources(ObjectReader& object) {
  ResourceSpec spec;
  spec.cpus = read_cpus(object.field("cpus"));
  spec.memory_gb = object.field("memory_gb").number("a number > 0", [](double x) { return x > 0; });
  spec.gpus = read_gpus(object.field("gpus"));
  if (const auto nice = object.field("nice").integer(0, 19)) spec.nice = static_cast<int>(*nice);
  return spec;
}

ResourceSpec combined(const ResourceSpec& common, const ResourceSpec& own) {
  ResourceSpec both = own;
  if (both.cpus.empty()) both.cpus = common.cpus;
  if (!both.memory_gb) both.memory_gb = common.memory_gb;
  if (!both.gpus) both.gpus = common.gpus;
  if (!both.nice) both.nice = common.nice;
  return both;
}

}  // namespace studyhall
