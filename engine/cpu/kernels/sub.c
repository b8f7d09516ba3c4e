// sub: y = a - b, where b's shape is a suffix of a's.
#ifdef SG_ISA
MAP_REPEAT(sub, vf_sub(a, b))
#endif
