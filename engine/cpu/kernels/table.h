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
#include "cache_write.c"
#include "embedding.c"
#include "gelu_erf.c"
#include "gelu_tanh.c"
#include "layernorm.c"
#include "linear.c"
#include "logsumexp.c"
#include "lora.c"
#include "merge.c"
#include "mul.c"
#include "permute.c"
#include "qembedding.c"
#include "qlinear.c"
#include "quick_gelu.c"
#include "rmsnorm.c"
#include "rope.c"
#include "silu.c"
#include "silu_mul.c"
#include "slice.c"
#include "softmax.c"

#define ENTRY(name) {#name, name}
#define ENTRIES(name) ENTRY(name##_f32), ENTRY(name##_f16), ENTRY(name##_bf16)

const sg_entry SG_TABLE[] = {
	ENTRY(add),
	ENTRY(angles),
	ENTRY(argmax),
	ENTRY(attention_f32),
	ENTRY(attention_f16),
	ENTRY(cache_write_f32),
	ENTRY(cache_write_f16),
	ENTRIES(embedding),
	ENTRY(gelu_erf),
	ENTRY(gelu_tanh),
	ENTRY(layernorm),
	ENTRIES(linear),
	ENTRY(logsumexp),
	ENTRIES(lora),
	ENTRY(merge),
	ENTRY(mul),
	ENTRY(permute),
	ENTRIES(qembedding_4),
	ENTRIES(qembedding_8),
	ENTRIES(qlinear_4),
	ENTRIES(qlinear_8),
	ENTRY(quick_gelu),
	ENTRY(rmsnorm),
	ENTRY(rope),
	ENTRY(silu),
	ENTRY(silu_mul),
	ENTRY(slice),
	ENTRY(softmax),
	{NULL, NULL},
};
