/* What the twins' instrumentation calls, for where nobody counts: an input that is read again. */
#include <stdint.h>
#define IGNORED(name, ...) \
    void name(__VA_ARGS__); \
    void name(__VA_ARGS__) {}
IGNORED(__sanitizer_cov_8bit_counters_init, void)
IGNORED(__sanitizer_cov_pcs_init, void)
IGNORED(__sanitizer_cov_trace_pc_indir, void)
IGNORED(__sanitizer_cov_trace_cmp1, void)
IGNORED(__sanitizer_cov_trace_cmp2, void)
IGNORED(__sanitizer_cov_trace_cmp4, void)
IGNORED(__sanitizer_cov_trace_cmp8, void)
IGNORED(__sanitizer_cov_trace_const_cmp1, void)
IGNORED(__sanitizer_cov_trace_const_cmp2, void)
IGNORED(__sanitizer_cov_trace_const_cmp4, void)
IGNORED(__sanitizer_cov_trace_const_cmp8, void)
IGNORED(__sanitizer_cov_trace_switch, void)
IGNORED(__sanitizer_cov_trace_div4, void)
IGNORED(__sanitizer_cov_trace_div8, void)
IGNORED(__sanitizer_cov_trace_gep, void)
__thread uintptr_t __sancov_lowest_stack;
