/* Counts what was covered: the counters of this shared object, and those of whoever gives an address (the reference's,
 * which atheris keeps). The engine empties all of them before each execution, so they are folded into a memory after it. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The linker's, one pair in each shared object; none where nothing is instrumented. */
extern const uint8_t __start___sancov_cntrs[] __attribute__((weak, visibility("hidden")));
extern const uint8_t __stop___sancov_cntrs[] __attribute__((weak, visibility("hidden")));

const uint8_t *fuzzpair_counters(size_t *size);
const uint8_t *fuzzpair_counters(size_t *size) {
    *size = (size_t)(__stop___sancov_cntrs - __start___sancov_cntrs);
    return __start___sancov_cntrs;
}

/* How many counters are not zero for the first time; `seen` has one octet for each. */
size_t fuzzpair_fold(const uint8_t *counters, size_t size, uint8_t *seen);
size_t fuzzpair_fold(const uint8_t *counters, size_t size, uint8_t *seen) {
    size_t fresh = 0, at = 0;
    while (at < size) {
        uint64_t eight = 0;
        if (size - at >= sizeof eight) {
            memcpy(&eight, counters + at, sizeof eight);
            if (eight == 0) {
                at += sizeof eight;
                continue;
            }
        }
        const size_t end = size - at >= sizeof eight ? at + sizeof eight : size;
        for (; at < end; ++at) {
            if (counters[at] == 0 || seen[at] != 0) continue;
            seen[at] = 1;
            ++fresh;
        }
    }
    return fresh;
}
