// mul: y = a b, where b's shape is a suffix of a's.
#ifdef SG_ISA
MAP_REPEAT(mul, vf_mul(a, b))
#endif
