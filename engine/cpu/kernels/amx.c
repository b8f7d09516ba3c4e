// The products of x86-64 with AMX tiles of bf16; avx512.c has all other kernels. Linux alone, which has to be asked for the tiles.
#if defined(__x86_64__) && defined(__linux__)
#include "kernel.h"

#include <immintrin.h>
#include <math.h>
#include <string.h>

#define SG_ISA 1
#define SG_AMX 1

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("amx-tile,amx-bf16,avx512bf16,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("amx-tile,amx-bf16,avx512bf16,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c")
#endif

#include "vec_avx512.h"
#include "vec.h"
#include "matrix.h"
#include "gemm.h"
#include "amx.h"
#include "linear.c"
#include "qlinear.c"

const sg_entry sg_table_amx[] = {
	{"linear_f32", linear_f32},         {"linear_f16", linear_f16},         {"linear_bf16", linear_bf16},
	{"qlinear_4_f32", qlinear_4_f32},   {"qlinear_4_f16", qlinear_4_f16},   {"qlinear_4_bf16", qlinear_4_bf16},
	{"qlinear_8_f32", qlinear_8_f32},   {"qlinear_8_f16", qlinear_8_f16},   {"qlinear_8_bf16", qlinear_8_bf16},
	{NULL, NULL},
};

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
