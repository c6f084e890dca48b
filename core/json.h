// JSON as the project reads and writes it: objects keep their order.
#pragma once

#include <cstddef>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace studyhall {

using Json = nlohmann::ordered_json;

enum class Comments { Refuse, Allow };

// Parses `text`, naming it `what` in messages ("request body", "study.jsonc").
//
// Throws Error(Malformed) with line and column for bad syntax, invalid UTF-8, nesting deeper than
// 64, or an object that has one key twice; Error(TooLarge) for more than `max_values` values (each
// member, item, object and array counts).
Json parse_json(std::string_view text, std::string_view what, Comments comments = Comments::Refuse,
                std::size_t max_values = std::numeric_limits<std::size_t>::max());

// One line. Doubles are printed with the fewest digits that read back the same; NaN and infinities,
// which JSON does not have, as null. Strings that are not UTF-8 get U+FFFD.
std::string dump_json(const Json& value);

// A double as dump_json prints it: the fewest digits that read back the same, always with a point
// or an exponent ("0.1", "3.0", "1e-07"); NaN and infinities as "nan", "inf", "-inf".
std::string shortest_decimal(double value);

// The value in a message: shortened to about 60 characters.
std::string brief(const Json& value);

}  // namespace studyhall
