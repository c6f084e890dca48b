// A Storage that forgets: for tests, benchmarks and studies that need not outlive their process.
#pragma once

#include <memory>

#include "storage/storage.h"

namespace studyhall::storage {

std::unique_ptr<Storage> make_memory_storage();

}  // namespace studyhall::storage
