// scale: y = x c.
#ifdef SG_ISA
MAP_ARG(scale, vf_mul(a, c))
#endif
