// Numbers of tests/data as Eigen has them.
#pragma once

#include <Eigen/Core>

#include "core/json.h"
#include "tests/support/golden.h"

namespace studyhall::testing {

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
