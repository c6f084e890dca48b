// The loops that take most of a suggestion's time: sums over thousands of kernels.
//
// Written in fixed lanes of eight without fused operations and compiled twice, plainly and for
// AVX2, so that both give the same bits.
#pragma once

#include <cstddef>
#include <cstdint>

namespace studyhall::sampler::tpe {

enum class Instructions { Plain, Avx2 };
// Avx2 where the processor has it.
Instructions best_instructions();

// term[i] -= ((x - mu[i]) * inverse[i])^2 / 2.
void subtract_half_squares(float x, const float* mu, const float* inverse, std::size_t n,
                           float* term, Instructions with = best_instructions());
// term[i] += table[row[i]].
void add_looked_up(const float* table, const std::uint16_t* row, std::size_t n, float* term,
                   Instructions with = best_instructions());
// The same for two tables at once.
void add_looked_up(const float* table_a, const std::uint16_t* row_a, const float* table_b,
                   const std::uint16_t* row_b, std::size_t n, float* term,
                   Instructions with = best_instructions());
// term[i] += by where observed[i] == x.
void add_where_equal(float x, const float* observed, float by, std::size_t n, float* term,
                     Instructions with = best_instructions());
// ln of the sum of e^term[i]; -infinity for n = 0. Terms more than 87 below the largest count as
// e^-87 of it.
double log_sum_exp(const float* term, std::size_t n, Instructions with = best_instructions());

}  // namespace studyhall::sampler::tpe
