#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "core/expression_lexer.h"
#include "core/expression_node.h"
#include "core/space.h"

namespace studyhall {

namespace {

using Node = Expression::Node;
using Kind = Node::Kind;
using Operator = Node::Operator;

constexpr int kMaxDepth = 64;

// What a part of the text stands for. A categorical parameter and a literal of a choice have no
// node until it is known what they are compared with.
struct Part {
  enum class Type { Number, Categorical, Literal, Condition };
  Type type = Type::Number;
  std::size_t column = 1;
  NodePtr node{};                              // of a number or condition
  std::size_t parameter = Node::kNoParameter;  // of a categorical
  Json literal{};                              // of a literal, or of a number written out
};

NodePtr make_node(Node node) { return std::make_shared<const Node>(std::move(node)); }

class Parser {
 public:
  Parser(std::string_view text, std::span<const Parameter> params)
      : lexer_(text), params_(params), token_(lexer_.next()) {}

  ParsedExpression parse() {
    const Part whole = parse_or();
    if (token_.kind != Token::Kind::End) {
      throw unexpected("an operator or the end");
    }
    NodePtr root = condition(whole);
    return {std::move(root), {named_.begin(), named_.end()}};
  }

 private:
  Part parse_or() {
    return parse_joined("or", Kind::Or, [this] {
      return parse_joined("and", Kind::And, [this] { return parse_not(); });
    });
  }

  template <typename ParseOperand>
  Part parse_joined(std::string_view word, Kind kind, ParseOperand parse_operand) {
    Part first = parse_operand();
    if (!token_.is_word(word)) return first;
    Node node{.kind = kind};
    node.operands.push_back(condition(first));
    while (token_.is_word(word)) {
      shift();
      node.operands.push_back(condition(parse_operand()));
    }
    return {.type = Part::Type::Condition, .column = first.column, .node = make_node(node)};
  }

  Part parse_not() {
    if (!token_.is_word("not")) return parse_comparison();
    const std::size_t column = shift().column;
    Node node{.kind = Kind::Not};
    node.operands.push_back(condition(parse_comparison()));
    return {.type = Part::Type::Condition, .column = column, .node = make_node(node)};
  }

  Part parse_comparison() {
    Part left = parse_sum();
    auto op = comparison_operator();
    if (!op) return left;
    const std::size_t column = left.column;
    Node all{.kind = Kind::And};
    while (op) {
      shift();
      Part right = parse_sum();
      all.operands.push_back(compare(left, *op, right));
      left = std::move(right);
      op = comparison_operator();
    }
    NodePtr node = all.operands.size() == 1 ? all.operands.front() : make_node(std::move(all));
    return {.type = Part::Type::Condition, .column = column, .node = std::move(node)};
  }

  Part parse_sum() {
    return parse_folded(Kind::Sum, {{"+", Operator::Add}, {"-", Operator::Subtract}},
                        [this] { return parse_product(); });
  }

  Part parse_product() {
    return parse_folded(
        Kind::Product,
        {{"*", Operator::Multiply}, {"/", Operator::Divide}, {"%", Operator::Modulo}},
        [this] { return parse_unary(); });
  }

  template <typename ParseOperand>
  Part parse_folded(Kind kind,
                    std::initializer_list<std::pair<std::string_view, Operator>> operators,
                    ParseOperand parse_operand) {
    const auto find_operator = [&] {
      return std::find_if(operators.begin(), operators.end(),
                          [this](const auto& entry) { return token_.is_symbol(entry.first); });
    };
    Part first = parse_operand();
    auto found = find_operator();
    if (found == operators.end()) return first;
    Node node{.kind = kind};
    node.operators.push_back(kind == Kind::Sum ? Operator::Add : Operator::Multiply);
    node.operands.push_back(number(first));
    for (; found != operators.end(); found = find_operator()) {
      shift();
      node.operators.push_back(found->second);
      node.operands.push_back(number(parse_operand()));
    }
    return {.type = Part::Type::Number, .column = first.column, .node = make_node(node)};
  }

  Part parse_unary() {
    if (!token_.is_symbol("-")) return parse_primary();
    const std::size_t column = shift().column;
    const Part operand = parse_primary();
    if (operand.literal.is_number()) return constant(-operand.literal.get<double>(), column);
    Node node{.kind = Kind::Negative};
    node.operands.push_back(number(operand));
    return {.type = Part::Type::Number, .column = column, .node = make_node(node)};
  }

  Part parse_primary() {
    if (token_.is_symbol("(")) return parse_parenthesis();
    const Token token = token_;
    switch (token.kind) {
      case Token::Kind::Number:
        shift();
        return constant(token.number, token.column);
      case Token::Kind::String:
        shift();
        return literal(token.text, token.column);
      case Token::Kind::Name:
        return parse_name();
      default:
        throw unexpected("a name, a number, a string or \"(\"");
    }
  }

  Part parse_parenthesis() {
    enter(token_.column);
    const std::size_t column = shift().column;
    Part inner = parse_or();
    expect(")");
    --depth_;
    inner.column = column;
    return inner;
  }

  Part parse_name() {
    for (const std::string_view word : {"and", "or", "not"}) {
      if (token_.is_word(word)) throw unexpected("a name, a number, a string or \"(\"");
    }
    const Token token = shift();
    if (token_.is_symbol("(")) return parse_call(token);
    if (token.text == "true" || token.text == "false") {
      return literal(token.text == "true", token.column);
    }

    const auto it = std::find_if(params_.begin(), params_.end(),
                                 [&](const Parameter& param) { return param.name == token.text; });
    if (it == params_.end()) throw unknown_name(token);
    const auto p = static_cast<std::size_t>(it - params_.begin());
    named_.insert(p);
    if (!it->is_numeric()) {
      return {.type = Part::Type::Categorical, .column = token.column, .parameter = p};
    }
    return {.type = Part::Type::Number,
            .column = token.column,
            .node = make_node({.kind = Kind::Value, .parameter = p})};
  }

  Part parse_call(const Token& function) {
    Node node;
    if (function.text == "min") {
      node.kind = Kind::Minimum;
    } else if (function.text == "max") {
      node.kind = Kind::Maximum;
    } else if (function.text == "abs") {
      node.kind = Kind::Absolute;
    } else {
      throw lexer_.error(function.column,
                         "unknown function " + brief(function.text) + ", expected min, max or abs");
    }
    enter(token_.column);
    shift();
    node.operands.push_back(number(parse_or()));
    while (node.kind != Kind::Absolute && token_.is_symbol(",")) {
      shift();
      node.operands.push_back(number(parse_or()));
    }
    expect(")");
    --depth_;
    return {.type = Part::Type::Number, .column = function.column, .node = make_node(node)};
  }

  static Part constant(double value, std::size_t column) {
    return {.type = Part::Type::Number,
            .column = column,
            .node = make_node({.kind = Kind::Constant, .number = value}),
            .literal = value};
  }

  static Part literal(Json value, std::size_t column) {
    return {.type = Part::Type::Literal, .column = column, .literal = std::move(value)};
  }

  NodePtr condition(const Part& part) const {
    if (part.type == Part::Type::Condition) return part.node;
    throw lexer_.error(part.column, "found " + describe_part(part) + ", expected a comparison");
  }

  // The part as a number.
  NodePtr number(const Part& part) const {
    if (part.type == Part::Type::Number) return part.node;
    if (part.type == Part::Type::Categorical) {
      const Parameter& param = params_[part.parameter];
      if (has_numbers_only(param)) {
        Node node{.kind = Kind::ChoiceNumber, .parameter = part.parameter};
        for (const Json& choice : param.choices) node.table.push_back(choice.get<double>());
        return make_node(std::move(node));
      }
      const auto word = std::find_if(param.choices.begin(), param.choices.end(),
                                     [](const Json& choice) { return !choice.is_number(); });
      throw lexer_.error(
          part.column,
          fmt::format("{} is categorical and its choice {} is no number: it may only be compared, "
                      "by == or !=, with one of its choices",
                      param.name, brief(*word)));
    }
    throw lexer_.error(part.column, "found " + describe_part(part) + ", expected a number");
  }

  NodePtr compare(const Part& left, Operator op, const Part& right) const {
    for (const Part* part : {&left, &right}) {
      if (part->type == Part::Type::Condition) {
        throw lexer_.error(part->column, "a condition cannot be compared");
      }
    }
    if (left.type == Part::Type::Literal || right.type == Part::Type::Literal) {
      const bool on_the_right = right.type == Part::Type::Literal;
      return compare_choice(on_the_right ? left : right, op, on_the_right ? right : left);
    }
    if (is_wordy(left) || is_wordy(right)) {
      const bool is_equality = op == Operator::Eq || op == Operator::Ne;
      if (is_equality && left.type == right.type) return compare_categoricals(left, op, right);
      if (is_equality && right.literal.is_number()) return compare_choice(left, op, right);
      if (is_equality && left.literal.is_number()) return compare_choice(right, op, left);
    }
    Node node{.kind = Kind::Compare};
    node.operands = {number(left), number(right)};
    node.operators = {op};
    return make_node(std::move(node));
  }

  // A categorical parameter beside one of its choices.
  NodePtr compare_choice(const Part& part, Operator op, const Part& choice) const {
    if (part.type != Part::Type::Categorical) {
      throw lexer_.error(choice.column,
                         fmt::format("{} may only be compared with a categorical parameter, found "
                                     "{}",
                                     describe_part(choice), describe_part(part)));
    }
    const Parameter& param = params_[part.parameter];
    if (op != Operator::Eq && op != Operator::Ne) {
      throw lexer_.error(choice.column,
                         fmt::format("{} may only be compared by == or !=", describe_part(choice)));
    }
    const auto it = std::find(param.choices.begin(), param.choices.end(), choice.literal);
    if (it == param.choices.end()) {
      throw lexer_.error(choice.column,
                         fmt::format("{} is no choice of {}, expected {}", describe_part(choice),
                                     param.name, param.expectation()));
    }
    Node node{.kind = Kind::SameChoice,
              .number = static_cast<double>(it - param.choices.begin()),
              .parameter = part.parameter};
    for (std::size_t i = 0; i < param.choices.size(); ++i) {
      node.table.push_back(static_cast<double>(i));
    }
    node.operators = {op};
    return make_node(std::move(node));
  }

  NodePtr compare_categoricals(const Part& left, Operator op, const Part& right) const {
    const auto& choices = params_[right.parameter].choices;
    Node node{.kind = Kind::SameChoice, .parameter = left.parameter, .other = right.parameter};
    for (const Json& choice : params_[left.parameter].choices) {
      const auto it = std::find(choices.begin(), choices.end(), choice);
      node.table.push_back(it == choices.end() ? -1 : static_cast<double>(it - choices.begin()));
    }
    node.operators = {op};
    return make_node(std::move(node));
  }

  static bool has_numbers_only(const Parameter& param) {
    return std::all_of(param.choices.begin(), param.choices.end(),
                       [](const Json& choice) { return choice.is_number(); });
  }

  [[nodiscard]] bool is_wordy(const Part& part) const {
    return part.type == Part::Type::Categorical && !has_numbers_only(params_[part.parameter]);
  }

  [[nodiscard]] std::optional<Operator> comparison_operator() const {
    static constexpr std::array<std::pair<std::string_view, Operator>, 6> kOperators{
        {{"==", Operator::Eq},
         {"!=", Operator::Ne},
         {"<", Operator::Lt},
         {"<=", Operator::Le},
         {">", Operator::Gt},
         {">=", Operator::Ge}}};
    for (const auto& [symbol, op] : kOperators) {
      if (token_.is_symbol(symbol)) return op;
    }
    return std::nullopt;
  }

  [[nodiscard]] std::string describe_part(const Part& part) const {
    switch (part.type) {
      case Part::Type::Number:
        return part.literal.is_number() ? "the number " + brief(part.literal) : "a number";
      case Part::Type::Categorical:
        return "the categorical parameter " + brief(params_[part.parameter].name);
      case Part::Type::Literal:
        return (part.literal.is_string() ? "the string " : "") + brief(part.literal);
      case Part::Type::Condition:
        return "a condition";
    }
    return "";
  }

  [[nodiscard]] Error unknown_name(const Token& token) const {
    std::vector<std::string> known;
    for (const Parameter& param : params_) known.push_back(param.name);
    const auto nearest = nearest_name(token.text, known);
    return lexer_.error(token.column,
                        fmt::format("unknown parameter {}{}", brief(token.text),
                                    nearest ? "; did you mean \"" + *nearest + "\"?" : ""));
  }

  [[nodiscard]] Error unexpected(std::string_view expected) const {
    return lexer_.error(token_.column,
                        fmt::format("found {}, expected {}", describe(token_), expected));
  }

  void enter(std::size_t column) {
    if (++depth_ > kMaxDepth) {
      throw lexer_.error(column, fmt::format("nested deeper than {} parentheses", kMaxDepth));
    }
  }

  void expect(std::string_view symbol) {
    if (!token_.is_symbol(symbol)) throw unexpected(fmt::format("\"{}\"", symbol));
    shift();
  }

  Token shift() { return std::exchange(token_, lexer_.next()); }

  Lexer lexer_;
  std::span<const Parameter> params_;
  Token token_;
  int depth_ = 0;
  std::set<std::size_t> named_;
};

}  // namespace

ParsedExpression parse_expression(std::string_view text, std::span<const Parameter> params) {
  return Parser(text, params).parse();
}

}  // namespace studyhall
