// All kernels for x86-64 with AVX2.
#if defined(__x86_64__)
#include "kernel.h"

#include <immintrin.h>
#include <math.h>
#include <string.h>

#define SG_TABLE sg_table_avx2

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c")
#endif

#include "vec_avx2.h"
#include "table.h"

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
