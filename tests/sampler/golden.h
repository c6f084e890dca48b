// Numbers computed by other implementations: tests/data/NAME.
#pragma once

#include <Eigen/Core>
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

inline Eigen::VectorXd to_vector(const Json& numbers) {
  Eigen::VectorXd result(static_cast<Eigen::Index>(numbers.size()));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    result[static_cast<Eigen::Index>(i)] = numbers[i].get<double>();
  }
  return result;
}

// Row i of the result is rows[i].
inline Eigen::MatrixXd to_matrix(const Json& rows) {
  Eigen::MatrixXd result(static_cast<Eigen::Index>(rows.size()),
                         static_cast<Eigen::Index>(rows.at(0).size()));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    result.row(static_cast<Eigen::Index>(i)) = to_vector(rows[i]).transpose();
  }
  return result;
}

}  // namespace studyhall::testing
