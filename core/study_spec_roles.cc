#include <fmt/format.h>

#include "core/study_file_parts.h"
#include "core/study_file_refusals.h"
#include "core/tags.h"

namespace studyhall {

namespace {

constexpr std::size_t kMostRoles = 1000;
constexpr std::string_view kWants = "\"tasks\", \"trials\" or \"any\"";

RoleSpec read_role(const std::string& name, const JsonField& field) {
  RoleSpec role;
  ObjectReader object(field, "an object (it may be empty)");
  if (!is_valid_name(name)) {
    field.report(fmt::format(
        "{} is no name for a role: expected 1 to 64 of A-Z a-z 0-9 . _ -, not beginning with '.' "
        "or '-'",
        brief(Json(name))));
  }
  const JsonField want = object.field("want");
  if (const auto text = want.string(kWants)) {
    const auto read = want_from_string(*text);
    if (!read) want.report_expected(kWants);
    role.want = read.value_or(role.want);
  }
  const JsonField prompt = object.field("prompt");
  if (prompt) role.prompt = read_template(prompt);
  if (const JsonField accepts = object.field("accepts")) role.accepts = read_tags(accepts);
  const JsonField model = object.field("model");
  if (model) role.model = read_model(model);
  const JsonField web = object.field("allow_web");
  role.allow_web = web.boolean();
  for (const JsonField& of_tasks : {prompt, model, web}) {
    if (of_tasks && role.want == Want::Trials) {
      of_tasks.report("is for tasks: trials run as \"experiment\" says; \"want\" is \"trials\"");
    }
  }
  close_refusing(object);
  return role;
}

}  // namespace

std::map<std::string, RoleSpec> read_roles(const JsonField& field) {
  std::map<std::string, RoleSpec> roles;
  const auto members = field.members("an object of roles");
  if (!members) return roles;
  if (members->size() > kMostRoles) {
    field.report(fmt::format("expected at most {} roles, found {}", kMostRoles, members->size()));
    return roles;
  }
  for (const auto& [name, role] : *members) roles.emplace(name, read_role(name, role));
  return roles;
}

}  // namespace studyhall
