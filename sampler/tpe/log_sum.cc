#include "sampler/tpe/log_sum.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace studyhall::sampler::tpe {
namespace {

constexpr std::size_t kLanes = 8;
constexpr std::size_t kBlock = 128;
constexpr float kLeast = -87;  // e^-87 is the least normal number's neighbourhood

#if defined(__x86_64__)
template <class Work>
__attribute__((target("avx2"))) auto run_with_avx2(const Work& work) {
  return work();
}
#endif

template <class Work>
auto run(Instructions with, const Work& work) {
#if defined(__x86_64__)
  if (with == Instructions::Avx2) return run_with_avx2(work);
#endif
  return work();
}

// e^x for x in [kLeast, 0], to 2 units in the last place: Cody and Waite's reduction and the
// polynomial of S. Moshier's Cephes library (expf).
__attribute__((always_inline)) inline float exp_of(float x) {
  const auto n = static_cast<std::int32_t>(x * 1.44269504F - 0.5F);
  const auto whole = static_cast<float>(n);
  const float r = (x - whole * 0.693359375F) + whole * 2.12194440e-4F;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = (p * r) * r + r + 1.0F;
  return p * std::bit_cast<float>((n + 127) << 23);
}

}  // namespace

Instructions best_instructions() {
#if defined(__x86_64__)
  static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
  if (has_avx2) return Instructions::Avx2;
#endif
  return Instructions::Plain;
}

void subtract_half_squares(float x, const float* mu, const float* inverse, std::size_t n,
                           float* __restrict term, Instructions with) {
  run(
      with, [=]() __attribute__((always_inline)) {
        for (std::size_t i = 0; i < n; ++i) {
          const float d = (x - mu[i]) * inverse[i];
          term[i] -= 0.5F * (d * d);
        }
      });
}

void add_looked_up(const float* table, const std::uint16_t* row, std::size_t n,
                   float* __restrict term, Instructions with) {
  run(
      with, [=]() __attribute__((always_inline)) {
        for (std::size_t i = 0; i < n; ++i) term[i] += table[row[i]];
      });
}

void add_looked_up(const float* table_a, const std::uint16_t* row_a, const float* table_b,
                   const std::uint16_t* row_b, std::size_t n, float* __restrict term,
                   Instructions with) {
  run(
      with, [=]() __attribute__((always_inline)) {
        for (std::size_t i = 0; i < n; ++i) term[i] += table_a[row_a[i]] + table_b[row_b[i]];
      });
}

void add_where_equal(float x, const float* observed, float by, std::size_t n,
                     float* __restrict term, Instructions with) {
  run(
      with, [=]() __attribute__((always_inline)) {
        for (std::size_t i = 0; i < n; ++i) term[i] += observed[i] == x ? by : 0.0F;
      });
}

double log_sum_exp(const float* term, std::size_t n, Instructions with) {
  if (n == 0) return -std::numeric_limits<double>::infinity();
  const float most = run(
      with, [=]() __attribute__((always_inline)) {
        float lanes[kLanes];
        for (std::size_t l = 0; l < kLanes; ++l) lanes[l] = term[0];
        for (std::size_t i = 0; i + kLanes <= n; i += kLanes) {
          for (std::size_t l = 0; l < kLanes; ++l) {
            lanes[l] = term[i + l] > lanes[l] ? term[i + l] : lanes[l];
          }
        }
        float largest = term[n - 1];
        for (const float lane : lanes) largest = lane > largest ? lane : largest;
        for (std::size_t i = n - n % kLanes; i < n; ++i) {
          largest = term[i] > largest ? term[i] : largest;
        }
        return largest;
      });

  const double sum = run(
      with, [=]() __attribute__((always_inline)) {
        float lanes[kLanes] = {};
        for (std::size_t i = 0; i < n; i += kBlock) {
          const std::size_t count = n - i < kBlock ? n - i : kBlock;
          float values[kBlock] = {};
          for (std::size_t k = 0; k < count; ++k) {
            const float x = term[i + k] - most;
            values[k] = exp_of(x < kLeast ? kLeast : x);
          }
          for (std::size_t k = 0; k < kBlock; k += kLanes) {
            for (std::size_t l = 0; l < kLanes; ++l) lanes[l] += values[k + l];
          }
        }
        double total = 0;
        for (const float lane : lanes) total += static_cast<double>(lane);
        return total;
      });
  return static_cast<double>(most) + std::log(sum);
}

}  // namespace studyhall::sampler::tpe
