// The files of the web page (server/dashboard/), built into the program.
#pragma once

#include <span>
#include <string_view>

namespace studyhall::server {

struct DashboardFile {
  std::string_view path;  // below the page's root: "index.html", "assets/index-Bq3x.js"
  std::string_view type;  // Content-Type
  std::string_view etag;  // with its quotes
  std::string_view gzip;  // the content, compressed
};

// Empty where the program was built without the page (STUDYHALL_DASHBOARD=OFF).
std::span<const DashboardFile> dashboard_files();

}  // namespace studyhall::server
