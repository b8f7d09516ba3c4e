// add: y = a + b, where b's shape is a suffix of a's.
#ifdef SG_ISA
MAP_REPEAT(add, vf_add(a, b))
#endif
