// gelu_erf: y = x/2 (1 + erf(x/sqrt 2)) = max(x, 0) - |x|/2 erfc(|x|/sqrt 2), which keeps small values for x < 0.
// erfc by Abramowitz and Stegun 7.1.26, error below 1.5e-7.
#ifdef SG_ISA
SG_INLINE vf gelu_erf_of(vf x) {
	vf one = vf_set(1.0f), m = vf_abs(x), z = vf_mul(m, vf_set(0.70710678f));
	vf t = vf_div(one, vf_fma(z, vf_set(0.3275911f), one));
	vf p = vf_set(1.061405429f);
	p = vf_fma(p, t, vf_set(-1.453152027f));
	p = vf_fma(p, t, vf_set(1.421413741f));
	p = vf_fma(p, t, vf_set(-0.284496736f));
	p = vf_fma(p, t, vf_set(0.254829592f));
	vf erfc = vf_mul(vf_mul(p, t), vf_exp(vf_sub(vf_set(0), vf_mul(z, z))));
	return vf_sub(vf_max(vf_set(0), x), vf_mul(vf_mul(vf_set(0.5f), m), erfc));
}
MAP(gelu_erf, 1, gelu_erf_of(a))
#endif
