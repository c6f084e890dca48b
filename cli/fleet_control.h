// Ending the workers that `study launch` started, whatever has become of their supervisor.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

namespace studyhall::cli {

// Has them all end at once, their trials given back, and waits until they have; returns the names
// of those that ran. Where their supervisor was killed it is done from here. Throws
// Error(Unavailable) for a worker that does not end within a minute, or once `interrupted` is set.
std::vector<std::string> end_fleet(const std::filesystem::path& folder,
                                   const std::atomic<bool>& interrupted);

}  // namespace studyhall::cli
