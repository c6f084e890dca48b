// Conditions on a configuration, as a study file's "require" states them.
//
//   expression := or ;  or := and {"or" and} ;  and := not {"and" not} ;  not := ["not"] comparison
//   comparison := sum {("==" | "!=" | "<" | "<=" | ">" | ">=") sum}      chained as in mathematics
//   sum        := product {("+" | "-") product} ;  product := unary {("*" | "/" | "%") unary}
//   unary      := ["-"] primary
//   primary    := number | "string" | true | false | name | "(" or ")" | ("min" | "max") "(" or
//   {"," or} ")" | "abs" "(" or ")"
//
// The whole must be a comparison or a combination of them. A string, true or false may only be
// compared, by == and !=, with a categorical parameter, and stands for one of its choices.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace studyhall {

struct Parameter;

class Expression {
 public:
  // Parses `text` over `params`; names are resolved to positions in that order.
  //
  // Throws Error(Invalid) naming the column, what was found and what was expected: bad syntax, an
  // unknown name (with the nearest known one), a string that is no choice of the parameter beside
  // it, a categorical with choices that are not numbers in arithmetic, nesting deeper than 64.
  static Expression parse(std::string_view text, std::span<const Parameter> params);

  // Whether the condition holds for `config`, internal values in the order of the parameters. A
  // condition that names an inactive (NaN) parameter holds: it does not apply. An undefined
  // arithmetic result (1/0) does not hold.
  [[nodiscard]] bool holds(std::span<const double> config) const;

  [[nodiscard]] const std::string& text() const { return text_; }
  // Positions of the parameters named, ascending.
  [[nodiscard]] const std::vector<std::size_t>& parameters() const { return parameters_; }

  struct Node;

 private:
  std::string text_;
  std::vector<std::size_t> parameters_;
  std::shared_ptr<const Node> root_;  // immutable, shared by copies
};

}  // namespace studyhall
