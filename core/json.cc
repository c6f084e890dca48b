#include "core/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <unordered_set>
#include <vector>

#include "core/error.h"

namespace studyhall {

namespace {

constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kBriefLength = 60;

// Of the last character read, for messages. A line feed belongs to the line that it ends.
struct Position {
  std::size_t line = 1;
  std::size_t column = 0;
  bool line_has_ended = false;
};

// Characters of a text, counting what is read. nlohmann's own positions do not reach a SAX handler.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, Position* position) : at_(at), position_(position) {}

  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    if (position_->line_has_ended) {
      ++position_->line;
      position_->column = 0;
    }
    ++position_->column;
    position_->line_has_ended = *at_ == '\n';
    ++at_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const CountingIterator& a, const CountingIterator& b) {
    return a.at_ == b.at_;
  }
  friend bool operator!=(const CountingIterator& a, const CountingIterator& b) { return !(a == b); }

 private:
  const char* at_;
  Position* position_;
};

// At most `length` bytes of `text`, which is UTF-8, cut between characters.
std::string shorten(std::string text, std::size_t length) {
  if (text.size() <= length) return text;
  std::size_t end = length - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text + "...";
}

// A parser's message without bytes that are not UTF-8, and not too long.
std::string readable(std::string_view message) {
  return shorten(Json::parse(dump_json(Json(message))).get<std::string>(), 240);
}

// Builds a value from the parser's events. Objects are filled through their underlying vector,
// since a look-up in an ordered object is linear and a hostile one would take quadratic time.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  Builder(std::string_view what, const Position& position, std::size_t max_values)
      : what_(what), position_(position), max_values_(max_values) {}

  Json take() { return std::move(root_); }

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    Level& level = levels_.back();
    if (is_repeated(level, name)) {
      throw error(position_,
                  fmt::format("the key {} appears twice in one object", brief(Json(name))));
    }
    level.key = std::move(name);
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& e) override {
    std::string_view message = e.what();
    if (const auto bracket = message.find("] "); bracket != std::string_view::npos) {
      message.remove_prefix(bracket + 2);
    }
    // The parser's own position also counts the end of the text, but after a line feed it is that
    // of the next line.
    constexpr std::string_view kPrefix = "parse error at ";
    const bool has_position = message.starts_with(kPrefix);
    const std::size_t colon = message.find(": ");
    if (has_position && message.substr(0, colon).ends_with("column 0")) {
      message.remove_prefix(colon + 2);
    } else if (has_position) {
      message.remove_prefix(kPrefix.size());
      throw Error(ErrorCode::Malformed, fmt::format("{}: {}", what_, readable(message)));
    }
    throw error(position_, readable(message));
  }

 private:
  struct Level {
    Json* value;
    std::string key;
    std::unordered_set<std::string> keys;  // of an object, once it has more than a few
  };

  [[nodiscard]] Error error(const Position& at, const std::string& message) const {
    return Error(ErrorCode::Malformed,
                 fmt::format("{}: line {}, column {}: {}", what_, at.line, at.column, message));
  }

  static bool is_repeated(Level& level, const std::string& name) {
    constexpr std::size_t kFew = 16;
    const auto& members = level.value->get_ref<const Json::object_t&>();
    if (members.size() < kFew) {
      for (const auto& member : members) {
        if (member.first == name) return true;
      }
      return false;
    }
    if (level.keys.empty()) {
      for (const auto& member : members) level.keys.insert(member.first);
    }
    return !level.keys.insert(name).second;
  }

  Json* insert(Json value) {
    if (++values_ > max_values_) {
      throw Error(ErrorCode::TooLarge,
                  fmt::format("{}: holds more than {} values", what_, max_values_));
    }
    if (levels_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Level& level = levels_.back();
    if (level.value->is_array()) {
      auto& items = level.value->get_ref<Json::array_t&>();
      return &items.emplace_back(std::move(value));
    }
    Json::object_t::Container& members = level.value->get_ref<Json::object_t&>();
    return &members.emplace_back(std::move(level.key), std::move(value)).second;
  }

  bool add(Json value) {
    insert(std::move(value));
    return true;
  }

  bool open(Json value) {
    if (levels_.size() == kMaxDepth) {
      throw error(position_, fmt::format("nested deeper than {} levels", kMaxDepth));
    }
    levels_.push_back({insert(std::move(value)), {}, {}});
    return true;
  }

  bool close() {
    levels_.pop_back();
    return true;
  }

  std::string_view what_;
  const Position& position_;
  std::size_t max_values_;
  std::size_t values_ = 0;
  Json root_;
  std::vector<Level> levels_;
};

void append_string(std::string& out, const std::string& text) {
  const bool is_plain = std::all_of(text.begin(), text.end(), [](char c) {
    return c >= ' ' && c <= '~' && c != '"' && c != '\\';
  });
  if (is_plain) {
    out += '"';
    out += text;
    out += '"';
  } else {
    out += Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  }
}

template <typename Integer>
void append_integer(std::string& out, Integer value) {
  std::array<char, 24> buffer{};
  out.append(buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr);
}

void append(std::string& out, const Json& value) {
  switch (value.type()) {
    case Json::value_t::object: {
      const char* separator = "{";
      for (const auto& [key, member] : value.get_ref<const Json::object_t&>()) {
        out += separator;
        append_string(out, key);
        out += ':';
        append(out, member);
        separator = ",";
      }
      out += value.empty() ? "{}" : "}";
      break;
    }
    case Json::value_t::array: {
      const char* separator = "[";
      for (const Json& item : value) {
        out += separator;
        append(out, item);
        separator = ",";
      }
      out += value.empty() ? "[]" : "]";
      break;
    }
    case Json::value_t::number_float: {
      const double number = value.get<double>();
      out += std::isfinite(number) ? shortest_decimal(number) : "null";
      break;
    }
    case Json::value_t::string:
      append_string(out, value.get_ref<const std::string&>());
      break;
    case Json::value_t::null:
      out += "null";
      break;
    case Json::value_t::boolean:
      out += value.get<bool>() ? "true" : "false";
      break;
    case Json::value_t::number_integer:
      append_integer(out, value.get<std::int64_t>());
      break;
    case Json::value_t::number_unsigned:
      append_integer(out, value.get<std::uint64_t>());
      break;
    default:
      out += value.dump();
  }
}

}  // namespace

Json parse_json(std::string_view text, std::string_view what, Comments comments,
                std::size_t max_values) {
  Position position;
  Builder builder(what, position, max_values);
  Json::sax_parse(CountingIterator(text.data(), &position),
                  CountingIterator(text.data() + text.size(), &position), &builder,
                  Json::input_format_t::json, true, comments == Comments::Allow);
  return builder.take();
}

std::string dump_json(const Json& value) {
  std::string out;
  append(out, value);
  return out;
}

std::string shortest_decimal(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";

  const double size = std::abs(value);
  const bool plain = size == 0 || (size >= 1e-5 && size < 1e16);
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific)
                       .ptr;
  std::string text(buffer.data(), end);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string brief(const Json& value) { return shorten(dump_json(value), kBriefLength); }

}  // namespace studyhall
