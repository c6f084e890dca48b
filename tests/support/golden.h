// Numbers computed by other implementations: tests/data/NAME.
#pragma once

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "core/json.h"
#include "tests/support/paths.h"

namespace studyhall::testing {

inline Json load_golden(const std::string& name) {
  const std::string path = source_path("tests/data/" + name);
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot open " + path);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return Json::parse(text);
}

}  // namespace studyhall::testing
