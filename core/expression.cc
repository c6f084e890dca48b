#include "core/expression.h"

#include <algorithm>
#include <cmath>

#include "core/expression_node.h"

namespace studyhall {

namespace {

using Node = Expression::Node;

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

// Kleene's logic: what an undefined number leaves open stays open unless the other side decides it.
// The values are in the order of truth, so that "and" is the least and "or" the greatest.
enum class Truth { False, Undefined, True };

Truth truth_of(bool value) { return value ? Truth::True : Truth::False; }

double number_of(const Node& node, std::span<const double> config);

double entry(const Node& node, std::span<const double> config) {
  const double position = config[node.parameter];
  const bool known = position >= 0 && position < static_cast<double>(node.table.size());
  return known ? node.table[static_cast<std::size_t>(position)] : kUndefined;
}

// The remainder with the sign of the divisor.
double modulo(double a, double b) {
  const double r = std::fmod(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

double apply(Node::Operator op, double a, double b) {
  double result = 0;
  switch (op) {
    case Node::Operator::Add:
      result = a + b;
      break;
    case Node::Operator::Subtract:
      result = a - b;
      break;
    case Node::Operator::Multiply:
      result = a * b;
      break;
    case Node::Operator::Divide:
      result = a / b;
      break;
    case Node::Operator::Modulo:
      result = modulo(a, b);
      break;
    default:
      return kUndefined;
  }
  return std::isfinite(result) ? result : kUndefined;
}

double fold(const Node& node, std::span<const double> config) {
  double result = node.kind == Node::Kind::Product ? 1 : 0;
  for (std::size_t i = 0; i < node.operands.size(); ++i) {
    result = apply(node.operators[i], result, number_of(*node.operands[i], config));
  }
  return result;
}

double extreme(const Node& node, std::span<const double> config) {
  double result = number_of(*node.operands.front(), config);
  for (const NodePtr& operand : node.operands) {
    const double x = number_of(*operand, config);
    if (std::isnan(x)) return kUndefined;
    result = node.kind == Node::Kind::Minimum ? std::min(result, x) : std::max(result, x);
  }
  return result;
}

double number_of(const Node& node, std::span<const double> config) {
  switch (node.kind) {
    case Node::Kind::Constant:
      return node.number;
    case Node::Kind::Value:
      return config[node.parameter];
    case Node::Kind::ChoiceNumber:
      return entry(node, config);
    case Node::Kind::Sum:
    case Node::Kind::Product:
      return fold(node, config);
    case Node::Kind::Negative:
      return -number_of(*node.operands[0], config);
    case Node::Kind::Absolute:
      return std::abs(number_of(*node.operands[0], config));
    case Node::Kind::Minimum:
    case Node::Kind::Maximum:
      return extreme(node, config);
    default:
      return kUndefined;
  }
}

Truth compare(Node::Operator op, double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return Truth::Undefined;
  switch (op) {
    case Node::Operator::Eq:
      return truth_of(a == b);
    case Node::Operator::Ne:
      return truth_of(a != b);
    case Node::Operator::Lt:
      return truth_of(a < b);
    case Node::Operator::Le:
      return truth_of(a <= b);
    case Node::Operator::Gt:
      return truth_of(a > b);
    case Node::Operator::Ge:
      return truth_of(a >= b);
    default:
      return Truth::Undefined;
  }
}

Truth truth_of(const Node& node, std::span<const double> config) {
  switch (node.kind) {
    case Node::Kind::Compare:
      return compare(node.operators[0], number_of(*node.operands[0], config),
                     number_of(*node.operands[1], config));
    case Node::Kind::SameChoice: {
      const double other = node.other == Node::kNoParameter ? node.number : config[node.other];
      return compare(node.operators[0], entry(node, config), other);
    }
    case Node::Kind::Not:
      return static_cast<Truth>(2 - static_cast<int>(truth_of(*node.operands[0], config)));
    case Node::Kind::And: {
      Truth least = Truth::True;
      for (const NodePtr& operand : node.operands) {
        least = std::min(least, truth_of(*operand, config));
        if (least == Truth::False) break;
      }
      return least;
    }
    case Node::Kind::Or: {
      Truth greatest = Truth::False;
      for (const NodePtr& operand : node.operands) {
        greatest = std::max(greatest, truth_of(*operand, config));
        if (greatest == Truth::True) break;
      }
      return greatest;
    }
    default:
      return Truth::Undefined;
  }
}

}  // namespace

Expression Expression::parse(std::string_view text, std::span<const Parameter> params) {
  ParsedExpression parsed = parse_expression(text, params);
  Expression expression;
  expression.text_ = text;
  expression.parameters_ = std::move(parsed.parameters);
  expression.root_ = std::move(parsed.root);
  return expression;
}

bool Expression::holds(std::span<const double> config) const {
  const bool applies = std::none_of(parameters_.begin(), parameters_.end(),
                                    [&](std::size_t p) { return std::isnan(config[p]); });
  return !applies || truth_of(*root_, config) == Truth::True;
}

}  // namespace studyhall
