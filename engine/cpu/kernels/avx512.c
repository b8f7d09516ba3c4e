// All kernels for x86-64 with AVX-512 with VNNI.
#if defined(__x86_64__)
#include "kernel.h"

#include <immintrin.h>
#include <math.h>
#include <string.h>

#define SG_TABLE sg_table_avx512

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c")
#endif

#include "vec_avx512.h"
#include "table.h"

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
