// sigmoid: y = 1 / (1 + e^-x).
#ifdef SG_ISA
MAP(sigmoid, 1, vf_sigmoid(a))
#endif
