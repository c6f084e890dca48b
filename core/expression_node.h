// The tree of a parsed condition; expression_parser.cc builds it, expression.cc walks it.
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <vector>

#include "core/expression.h"

namespace studyhall {

using NodePtr = std::shared_ptr<const Expression::Node>;

// Sums, products, "and" and "or" hold all their operands side by side, so that the depth of a tree
// is that of its parentheses, however long the text.
struct Expression::Node {
  enum class Kind {
    // Numbers.
    Constant,      // number
    Value,         // parameter
    ChoiceNumber,  // table[parameter]: a categorical whose choices are numbers
    Sum,           // operands, each added or subtracted
    Product,       // operands, each multiplied, divided by, or taken as a modulus
    Negative,      // -operands[0]
    Absolute,      // |operands[0]|
    Minimum,       // of operands
    Maximum,       // of operands
    // Truths.
    Compare,     // operands[0] operators[0] operands[1]
    SameChoice,  // table[parameter] == other, a parameter's value, or the constant `number`
    And,         // operands
    Or,          // operands
    Not,         // operands[0]
  };
  enum class Operator { Add, Subtract, Multiply, Divide, Modulo, Eq, Ne, Lt, Le, Gt, Ge };
  static constexpr std::size_t kNoParameter = std::numeric_limits<std::size_t>::max();

  Kind kind = Kind::Constant;
  double number = 0;
  std::size_t parameter = kNoParameter;
  std::size_t other = kNoParameter;
  // By position of a choice: its number, or the position of the equal choice of `other` (-1: none).
  std::vector<double> table{};
  std::vector<NodePtr> operands{};
  std::vector<Operator> operators{};  // of a sum or product, before each operand
};

// What parsing a condition finds: its tree and the parameters that it names, ascending.
struct ParsedExpression {
  NodePtr root;
  std::vector<std::size_t> parameters;
};
ParsedExpression parse_expression(std::string_view text, std::span<const Parameter> params);

}  // namespace studyhall
