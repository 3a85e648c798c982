/* The one function behind every canary, in C++ and in Rust.
 *
 * It counts in a file that $FUZZPAIR_CANARY names, mapped so that the counts survive whatever the slip does next, and
 * ends the process at the first trigger: behind it the program's state is the slip's, and no later count means
 * anything. In a fuzz target the input that triggered is kept first (canary_fuzz.c). */
#include "canary.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { TRIGGERED_EXIT = 86 };

struct counts {
    uint64_t reached;
    uint64_t triggered;
};

__attribute__((weak)) void fuzzpair_keep_input(void);

static struct counts *counts;

__attribute__((constructor)) static void open_counts(void) {
    const char *path = getenv("FUZZPAIR_CANARY");
    if (path == NULL) return;
    int file = open(path, O_RDWR | O_CREAT, 0644);
    if (file < 0 || ftruncate(file, sizeof(struct counts)) != 0) _exit(87);
    void *mapped = mmap(NULL, sizeof(struct counts), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED) _exit(87);
    counts = mapped;
    close(file);
}

void fuzzpair_canary(int triggered) {
    if (counts != NULL) {
        __atomic_fetch_add(&counts->reached, 1, __ATOMIC_RELAXED);
        if (triggered) __atomic_fetch_add(&counts->triggered, 1, __ATOMIC_RELAXED);
    }
    if (!triggered) return;
    /* Two threads may trigger at once: the second would cut the input that the first is keeping. */
    static int is_ending;
    if (__atomic_exchange_n(&is_ending, 1, __ATOMIC_ACQ_REL))
        for (;;) pause();
    if (fuzzpair_keep_input) fuzzpair_keep_input();
    _exit(TRIGGERED_EXIT);
}
