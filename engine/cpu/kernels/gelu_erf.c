// gelu_erf: y = x/2 (1 + erf(x/sqrt 2)) = max(x, 0) - |x|/2 erfc(|x|/sqrt 2), which keeps small values for x < 0.
// erfc z = t e^(-z^2 + P(t)), t = 1/(1 + z/2), with relative error below 1.2e-7 (Numerical Recipes, 2nd edition, 6.2).
#ifdef SG_ISA
SG_INLINE vf gelu_erf_of(vf x) {
	vf one = vf_set(1.0f), m = vf_abs(x), z = vf_mul(m, vf_set(0.70710678f));
	vf t = vf_div(one, vf_fma(z, vf_set(0.5f), one));
	vf p = vf_set(0.17087277f);
	p = vf_fma(p, t, vf_set(-0.82215223f));
	p = vf_fma(p, t, vf_set(1.48851587f));
	p = vf_fma(p, t, vf_set(-1.13520398f));
	p = vf_fma(p, t, vf_set(0.27886807f));
	p = vf_fma(p, t, vf_set(-0.18628806f));
	p = vf_fma(p, t, vf_set(0.09678418f));
	p = vf_fma(p, t, vf_set(0.37409196f));
	p = vf_fma(p, t, vf_set(1.00002368f));
	p = vf_fma(p, t, vf_set(-1.26551223f));
	vf erfc = vf_mul(t, vf_exp(vf_sub(p, vf_mul(z, z))));
	return vf_sub(vf_max(vf_set(0), x), vf_mul(vf_mul(vf_set(0.5f), m), erfc));
}
MAP(gelu_erf, 1, gelu_erf_of(a))
#endif
