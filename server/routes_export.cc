#include <fmt/format.h>

#include <memory>

#include "core/export.h"
#include "core/study_spec.h"
#include "server/routes.h"

namespace studyhall::server {
namespace {

constexpr int kPageTrials = 1000;

Reply export_trials(StudyApi& api, const Call& call) {
  QueryReader query(call);
  const std::string format_name = query.text("format").value_or("csv");
  query.finish();
  const auto format = export_format_from_string(format_name);
  if (!format) {
    throw Error(
        ErrorCode::Malformed,
        fmt::format("query parameter format: {}, expected csv or jsonl", brief(Json(format_name))));
  }

  const std::string study = call.args[0];
  const auto exporter = std::make_shared<TrialExporter>(*format, api.study(study).spec,
                                                        [&api, study](std::int64_t after) {
                                                          TrialQuery page;
                                                          page.after = after;
                                                          page.limit = kPageTrials;
                                                          return api.trials(study, page);
                                                        });
  // The first piece is made before anything is sent, so that an error still has its status.
  auto first = std::make_shared<std::optional<std::string>>(exporter->next());

  Reply reply;
  reply.content_type =
      *format == ExportFormat::Csv ? "text/csv; charset=utf-8" : "application/x-ndjson";
  if (is_valid_name(study)) {
    reply.headers["Content-Disposition"] =
        fmt::format("attachment; filename=\"{}.{}\"", study, to_string(*format));
  }
  reply.pages = [exporter, first]() -> std::optional<std::string> {
    return *first ? std::exchange(*first, std::nullopt) : exporter->next();
  };
  return reply;
}

}  // namespace

void add_export_routes(Router& router, StudyApi& api) {
  router.add("GET", "/api/v1/studies/{study}/export",
             [&api](const Call& call) { return export_trials(api, call); });
}

}  // namespace studyhall::server
