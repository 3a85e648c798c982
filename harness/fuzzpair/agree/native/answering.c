/* Preloaded into a fuzz target, whatever built it: its entry point is called with one input after another, and what it
   did with each is told. The program itself is not changed, and its libFuzzer is never started.

   A worker answers; the process that forked it waits, and forks another one where an input was its end.
   FUZZPAIR_ENTRY, FUZZPAIR_INITIALIZE, FUZZPAIR_DESCRIBE and FUZZPAIR_COUNTERS are addresses in the file (hexadecimal),
   FUZZPAIR_EDGES is how many counters there are. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "program.h"

#define MOST_ANSWERS 50000 /* of one worker: what a target leaks with each input is given back with it */

typedef int (*main_function)(int, char **, char **);
typedef int (*entry_function)(const uint8_t *, size_t);
typedef int (*initialize_function)(int *, char ***);
typedef size_t (*describe_function)(const char *, const uint8_t *, size_t, char *, size_t, int *);
typedef int (*start_function)(main_function, int, char **, void (*)(void), void (*)(void), void (*)(void), void *);

extern void __msan_unpoison(const volatile void *, size_t) __attribute__((weak));
extern void __msan_unpoison_param(size_t) __attribute__((weak));

static uintptr_t loaded_at;
static struct exchange *shared;
static entry_function entry;
static describe_function describe;
static const char *target;
static volatile uint8_t *counters;
static size_t edges;

static int find_program(struct dl_phdr_info *info, size_t size, void *unused) {
    (void)size, (void)unused;
    loaded_at = info->dlpi_addr;
    return 1; /* the first is the program */
}

static size_t number(const char *variable, int base) {
    const char *text = getenv(variable);
    return text == NULL ? 0 : (size_t)strtoull(text, NULL, base);
}

static void *address(const char *variable) {
    const size_t at = number(variable, 16);
    return at == 0 ? NULL : (void *)(loaded_at + at);
}

static int say(char word) { return write(SOCKET_FD, &word, 1) == 1; }

/* Exactly as large as it is, so that a sanitizer sees what is read behind it. Copied octet by octet here and below: the
   program's own memcpy may be a sanitizer's. */
static uint8_t *copied_input(size_t size) {
    volatile uint8_t *copy = malloc(size ? size : 1);
    if (copy == NULL) _exit(1);
    for (size_t at = 0; at < size; at++) copy[at] = shared->input[at];
    if (__msan_unpoison) __msan_unpoison(copy, size);
    return (uint8_t *)copy;
}

static void answer(void) {
    const size_t size = shared->input_size;
    uint8_t *input = copied_input(size);
    for (size_t at = 0; at < edges; at++) counters[at] = 0;
    if (__msan_unpoison_param) __msan_unpoison_param(6);
    if (describe != NULL) {
        int accepted = 0;
        shared->text_size = (uint32_t)describe(target, input, size, (char *)shared->text, MOST_TEXT, &accepted);
        shared->accepted = accepted;
    } else {
        entry(input, size);
    }
    volatile uint8_t *to = shared->counters;
    for (size_t at = 0; at < edges; at++) to[at] = counters[at];
    fflush(stdout);
    free(input);
}

static void work(void) {
    char word;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (unsigned answered = 0; answered < MOST_ANSWERS; answered++) {
        if (read(SOCKET_FD, &word, 1) != 1 || word != GO) _exit(0);
        answer();
        shared->is_retired = answered + 1 == MOST_ANSWERS;
        if (!say(DONE)) break;
    }
    _exit(0);
}

static int answering_main(int argc, char **argv, char **environment) {
    (void)environment;
    dl_iterate_phdr(find_program, NULL);
    entry = (entry_function)address("FUZZPAIR_ENTRY");
    describe = (describe_function)address("FUZZPAIR_DESCRIBE");
    initialize_function initialize = (initialize_function)address("FUZZPAIR_INITIALIZE");
    counters = address("FUZZPAIR_COUNTERS");
    edges = counters == NULL ? 0 : number("FUZZPAIR_EDGES", 10);
    target = getenv("FUZZPAIR_TARGET");
    const size_t size = sizeof *shared + edges;
    shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, MEMORY_FD, 0);
    if (entry == NULL || shared == MAP_FAILED) return 2;
    if (__msan_unpoison) { /* what this file writes is not instrumented, and is written all the same */
        __msan_unpoison(&argc, sizeof argc);
        __msan_unpoison(&argv, sizeof argv);
        __msan_unpoison(shared, size);
    }
    if (initialize != NULL) initialize(&argc, &argv);
    fflush(NULL); /* or each worker would print it again */
    if (!say(READY)) return 2;
    for (;;) {
        const pid_t worker = fork();
        if (worker < 0) return 2;
        if (worker == 0) work();
        shared->worker = worker;
        int status = 0;
        while (waitpid(worker, &status, 0) < 0 && errno == EINTR) continue;
        if (shared->is_retired) {
            shared->is_retired = 0;
        } else if (!say(DIED)) {
            _exit(0);
        }
    }
}

/* In the place of the C library's: everything before main happens as always. */
int __libc_start_main(main_function main, int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*rtld_fini)(void), void *stack_end) {
    (void)main;
    start_function start = (start_function)dlsym(RTLD_NEXT, "__libc_start_main");
    return start(answering_main, argc, argv, init, fini, rtld_fini, stack_end);
}
