// A client that reads the same of the server over and over, beside the load.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

namespace studyhall::load {

class Reader {
 public:
  // Begins: GET `path` with this Accept header, again as soon as the answer has ended; what comes
  // is thrown away.
  Reader(int port, const std::string& path, const std::string& accept);
  // Ends, within an answer too.
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  [[nodiscard]] std::int64_t answers() const { return answers_; }  // whole ones
  [[nodiscard]] std::int64_t bytes() const { return bytes_; }
  // Whether every answer was 200.
  [[nodiscard]] bool is_well() const { return !failed_; }

 private:
  void read(int port, const std::string& request);

  std::atomic<std::int64_t> answers_ = 0;
  std::atomic<std::int64_t> bytes_ = 0;
  std::atomic<bool> failed_ = false;
  std::atomic<bool> ends_ = false;
  std::thread thread_;
};

}  // namespace studyhall::load
