// The words of a condition.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/error.h"

namespace studyhall {

struct Token {
  enum class Kind { Number, String, Name, Symbol, End };
  Kind kind = Kind::End;
  std::string text;        // of a string: its content
  double number = 0;       // of a number
  std::size_t column = 1;  // of its first character, in characters, from 1

  [[nodiscard]] bool is_symbol(std::string_view symbol) const {
    return kind == Kind::Symbol && text == symbol;
  }
  [[nodiscard]] bool is_word(std::string_view word) const {
    return kind == Kind::Name && text == word;
  }
};

// "number 3", "name \"x\"", "end of text": for messages.
std::string describe(const Token& token);

class Lexer {
 public:
  // `text` must outlive the lexer.
  explicit Lexer(std::string_view text) : text_(text) {}

  // The next token; End for ever after the last. Throws Error(Invalid) for characters that begin no
  // token.
  Token next();

  [[nodiscard]] Error error(std::size_t column, const std::string& message) const;

 private:
  Token number();
  Token string();
  Token name();
  Token symbol();
  Token advance(Token::Kind kind, std::size_t bytes);

  std::string_view text_;
  std::size_t at_ = 0;      // bytes read
  std::size_t column_ = 1;  // of the character at at_
};

}  // namespace studyhall
