// The least value of a smooth function in a box: limited-memory BFGS with projected steps.
//
// J. Nocedal, S. J. Wright, "Numerical Optimization", 2nd edition (2006): algorithm 7.4 (the
// two-loop recursion) over the variables that are not held at a bound, Armijo backtracking along
// the projected path (D. P. Bertsekas, "Projected Newton Methods", SIAM J. Control Optim. 20, 221
// (1982)).
#pragma once

#include <Eigen/Core>
#include <functional>

namespace studyhall::sampler::gp {

// The value at x; the gradient goes to `gradient` [d], which has its size. Where the function is
// not defined the value is +infinity, and the gradient is not looked at.
using SmoothFunction = std::function<double(const Eigen::VectorXd& x, Eigen::VectorXd& gradient)>;

struct Box {
  Eigen::VectorXd low;   // [d]
  Eigen::VectorXd high;  // [d]
};

struct Stop {
  int evaluations = 50;
  double gradient = 1e-2;  // largest component of the projected gradient
  double decrease = 0;     // of one step, below which it ends
};

struct Minimum {
  Eigen::VectorXd x;
  double value = 0;
  int evaluations = 0;
};

// From `start`, moved into the box. The result is never worse than that. A function of its
// arguments.
Minimum minimise(const SmoothFunction& f, const Eigen::VectorXd& start, const Box& box,
                 const Stop& stop);

}  // namespace studyhall::sampler::gp
