#include "core/expression_lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace studyhall {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::size_t count_characters(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

}  // namespace

std::string describe(const Token& token) {
  switch (token.kind) {
    case Token::Kind::Number:
      return "number " + token.text;
    case Token::Kind::String:
      return "string " + brief(token.text);
    case Token::Kind::Name:
      return "name " + brief(token.text);
    case Token::Kind::Symbol:
      return "\"" + token.text + "\"";
    case Token::Kind::End:
      return "end of text";
  }
  return "";
}

Error Lexer::error(std::size_t column, const std::string& message) const {
  return Error(ErrorCode::Invalid,
               fmt::format("{}: column {}: {}", brief(Json(text_)), column, message));
}

Token Lexer::next() {
  while (at_ < text_.size() &&
         (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
    ++at_;
    ++column_;
  }
  if (at_ == text_.size()) return advance(Token::Kind::End, 0);
  const char c = text_[at_];
  const bool digit_follows = at_ + 1 < text_.size() && is_digit(text_[at_ + 1]);
  if (is_digit(c) || (c == '.' && digit_follows)) return number();
  if (c == '"' || c == '\'') return string();
  if (is_letter(c)) return name();
  return symbol();
}

Token Lexer::advance(Token::Kind kind, std::size_t bytes) {
  Token token{kind, std::string(text_.substr(at_, bytes)), 0, column_};
  column_ += count_characters(token.text);
  at_ += bytes;
  return token;
}

Token Lexer::number() {
  double value = 0;
  const char* begin = text_.data() + at_;
  const auto [end, fault] = std::from_chars(begin, text_.data() + text_.size(), value);
  Token token = advance(Token::Kind::Number, static_cast<std::size_t>(end - begin));
  token.number = value;
  if (fault != std::errc()) {
    throw error(token.column, "number " + token.text + " is out of the range of a double");
  }
  return token;
}

Token Lexer::string() {
  const char quote = text_[at_];
  std::string content;
  std::size_t end = at_ + 1;
  while (end < text_.size() && text_[end] != quote) {
    if (text_[end] == '\\') {
      ++end;
      if (end < text_.size() && text_[end] != '\\' && text_[end] != '"' && text_[end] != '\'') {
        throw error(column_ + count_characters(text_.substr(at_, end - 1 - at_)),
                    "a backslash in a string may only stand before a quote or a backslash");
      }
    }
    if (end < text_.size()) content += text_[end++];
  }
  if (end >= text_.size()) throw error(column_, "a string that is not closed");
  Token token = advance(Token::Kind::String, end + 1 - at_);
  token.text = std::move(content);
  return token;
}

Token Lexer::name() {
  std::size_t end = at_ + 1;
  while (end < text_.size() &&
         (is_letter(text_[end]) || is_digit(text_[end]) || text_[end] == '.')) {
    ++end;
  }
  return advance(Token::Kind::Name, end - at_);
}

Token Lexer::symbol() {
  static constexpr std::array<std::string_view, 15> kSymbols{
      "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "(", ")", ",", "="};
  const std::string_view rest = text_.substr(at_);
  for (const std::string_view candidate : kSymbols) {
    if (!rest.starts_with(candidate)) continue;
    if (candidate == "=") throw error(column_, "found \"=\", expected \"==\"");
    return advance(Token::Kind::Symbol, candidate.size());
  }
  throw error(column_, "found " + brief(Json(rest.substr(0, 1))) +
                           ", expected a name, a number, a string or an operator");
}

}  // namespace studyhall
