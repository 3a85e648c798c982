/* Preloaded into a fuzz target, whatever built it, by the bad-build check: once the program is up, its entry point is
   called with an input that it may not read. What has the sanitizer's checks in it and reads it is reported, by its own
   runtime, with the target's function in the stack; a program whose sanitizer is not in force says nothing.

   FUZZPAIR_ENTRY and FUZZPAIR_INITIALIZE are addresses in the file (hexadecimal), FUZZPAIR_FAULT names the kind. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int (*main_function)(int, char **, char **);
typedef int (*entry_function)(const uint8_t *, size_t);
typedef int (*start_function)(main_function, int, char **, void (*)(void), void (*)(void), void (*)(void), void *);

/* The sanitizers' own interface, where the program has it. */
extern void __msan_unpoison_param(size_t) __attribute__((weak));
extern void __msan_allocated_memory(const volatile void *, size_t) __attribute__((weak));
extern void __tsan_write_range(void *, unsigned long) __attribute__((weak));

/* Small and large: a parser may refuse either before it reads anything else. */
static const size_t sizes[] = {1, 4, 16, 64, 512, 4096, 65536};

static uintptr_t loaded_at;
static int find_program(struct dl_phdr_info *info, size_t size, void *unused) {
    (void)size, (void)unused;
    loaded_at = info->dlpi_addr;
    return 1; /* the first is the program */
}

static void *address(const char *variable) {
    const char *text = getenv(variable);
    return text == NULL ? NULL : (void *)(loaded_at + (uintptr_t)strtoull(text, NULL, 16));
}

struct range {
    uint8_t *start;
    size_t size;
};

static void *write_range(void *argument) {
    struct range *range = argument;
    __tsan_write_range(range->start, range->size);
    return NULL;
}

static void run_on(entry_function entry, uint8_t *input, size_t size) {
    if (__msan_unpoison_param) __msan_unpoison_param(2); /* it is the input that is bad, not that there is one */
    entry(input, size);
}

static void try_size(entry_function entry, const char *fault, size_t size) {
    uint8_t *input = malloc(size);
    if (input == NULL) return;
    memset(input, 'A', size);
    if (strcmp(fault, "freed") == 0) {
        free(input);
        run_on(entry, input, size);
    } else if (strcmp(fault, "uninitialised") == 0) {
        if (__msan_allocated_memory) __msan_allocated_memory(input, size);
        run_on(entry, input, size);
    } else if (strcmp(fault, "null") == 0) {
        run_on(entry, NULL, size);
    } else if (strcmp(fault, "shared") == 0 && __tsan_write_range) {
        struct range range = {input, size};
        pthread_t writer;
        if (pthread_create(&writer, NULL, write_range, &range) != 0) return;
        usleep(100000); /* it has written by now, and nothing says so to this thread */
        run_on(entry, input, size);
        pthread_join(writer, NULL);
    }
}

static int known_bad_main(int argc, char **argv, char **environment) {
    (void)environment;
    dl_iterate_phdr(find_program, NULL);
    entry_function entry = (entry_function)address("FUZZPAIR_ENTRY");
    int (*initialize)(int *, char ***) = (int (*)(int *, char ***))address("FUZZPAIR_INITIALIZE");
    const char *fault = getenv("FUZZPAIR_FAULT");
    if (entry == NULL || fault == NULL) return 2;
    if (initialize != NULL) initialize(&argc, &argv);
    for (size_t at = 0; at < sizeof sizes / sizeof *sizes; at++) try_size(entry, fault, sizes[at]);
    fprintf(stderr, "fuzzpair: nothing was said\n");
    _exit(0);
}

/* In the place of the C library's: everything before main happens as always. */
int __libc_start_main(main_function main, int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*rtld_fini)(void), void *stack_end) {
    (void)main;
    start_function start = (start_function)dlsym(RTLD_NEXT, "__libc_start_main");
    return start(known_bad_main, argc, argv, init, fini, rtld_fini, stack_end);
}
