// quick_gelu: y = x sigmoid(1.702 x).
#ifdef SG_ISA
MAP(quick_gelu, 1, vf_mul(a, vf_sigmoid(vf_mul(a, vf_set(1.702f)))))
#endif
