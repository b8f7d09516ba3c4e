// Includes every kernel once more, for the instruction set of the file that includes this, and names them.
#define SG_ISA 1

#include "vec.h"

#include "matrix.h"
#include "gemm.h"
#include "elementwise.h"

#include "add.c"
#include "angles.c"
#include "argmax.c"
#include "attention.c"
#include "broadcast.c"
#include "cache_write.c"
#include "cast.c"
#include "dequantize.c"
#include "embedding.c"
#include "gelu_erf.c"
#include "gelu_tanh.c"
#include "index_add.c"
#include "layernorm.c"
#include "linear.c"
#include "logsumexp.c"
#include "lora.c"
#include "masked_softmax.c"
#include "matmul.c"
#include "mean.c"
#include "merge.c"
#include "mul.c"
#include "mul_rows.c"
#include "permute.c"
#include "qembedding.c"
#include "qlinear.c"
#include "quick_gelu.c"
#include "rmsnorm.c"
#include "rope.c"
#include "rsqrt.c"
#include "scale.c"
#include "scatter_add.c"
#include "sigmoid.c"
#include "silu.c"
#include "silu_mul.c"
#include "slice.c"
#include "softmax.c"
#include "sub.c"
#include "sum_to.c"

#define ENTRY(name) {#name, name}
#define ENTRIES(name) ENTRY(name##_f32), ENTRY(name##_f16), ENTRY(name##_bf16)

const sg_entry SG_TABLE[] = {
	ENTRY(add),
	ENTRY(angles),
	ENTRY(argmax),
	ENTRY(attention_f16),
	ENTRY(attention_f32),
	ENTRY(attention_i8),
	ENTRY(broadcast),
	ENTRY(cache_write_f16),
	ENTRY(cache_write_f32),
	ENTRY(cache_write_i8),
	ENTRY(cast_bf16_f32),
	ENTRY(cast_f16_f32),
	ENTRIES(dequantize_4),
	ENTRIES(dequantize_8),
	ENTRIES(embedding),
	ENTRY(gelu_erf),
	ENTRY(gelu_tanh),
	ENTRY(index_add),
	ENTRY(layernorm),
	ENTRIES(linear),
	ENTRY(logsumexp),
	ENTRIES(lora),
	ENTRY(masked_softmax),
	ENTRY(matmul),
	ENTRY(mean),
	ENTRY(merge),
	ENTRY(mul),
	ENTRY(mul_rows),
	ENTRY(permute),
	ENTRIES(qembedding_4),
	ENTRIES(qembedding_8),
	ENTRIES(qlinear_4),
	ENTRIES(qlinear_8),
	ENTRY(quick_gelu),
	ENTRY(rmsnorm),
	ENTRY(rope),
	ENTRY(rsqrt),
	ENTRY(scale),
	ENTRY(scatter_add),
	ENTRY(sigmoid),
	ENTRY(silu),
	ENTRY(silu_mul),
	ENTRY(slice),
	ENTRY(softmax),
	ENTRY(sub),
	ENTRY(sum_to),
	{NULL, NULL},
};
