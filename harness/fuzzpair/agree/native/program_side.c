/* A side that is a program of its own: describe.h's function, which has the pair's own fuzz target take the input in a
 * process that goes on from one input to the next, and says what it did. What the input ended is started anew.
 *
 * The program's edges are counted here as if they were this object's, so that the engine is guided by them.
 *
 * `accepted` becomes 1 or 0 as the program's last line `fuzzpair: accepted` or `fuzzpair: refused` says, or as its own
 * `describe` does; 2 the program died; 3 it took too long; 4 it ended without a word. The text is what it printed on its
 * standard output; of a refused input it is `reject:`, since what is printed until then is no answer.
 *
 * Compiled with -DSIDE_DESCRIBE (the function's name), SIDE_FOLDER and SIDE_PROGRAM, SIDE_EDGES, and SIDE_ENV: the
 * program's environment, strings one after another. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "program.h"

enum { REFUSED, ACCEPTED, CRASHED, HANGS, SILENT };

#define BROKEN 87        /* exit code: the program cannot be asked, which is no answer of it */
#define START_MS 120000  /* on a machine that does much else, a sanitizer's runtime takes its time */
#define HANG_CPU_S 2.0   /* of processor time: a busy machine makes no hang of a slow one */
#define HANG_WALL_S 30.0 /* for what waits and computes nothing */
#define TICK_MS 100
#define STDOUT 0
#define STDERR 1

static struct exchange *shared;
static int memory = -1, channel = -1, printed[2] = {-1, -1};
static pid_t program, owner;
static char text[MOST_TEXT + 64];
static size_t text_size, whole_size;
static int verdict;

static void broken(const char *what) {
    dprintf(2, "\nfuzzpair: %s/%s %s: %s\n", SIDE_FOLDER, SIDE_PROGRAM, what, strerror(errno));
    char said[2048];
    const ssize_t size = printed[STDERR] < 0 ? 0 : pread(printed[STDERR], said, sizeof said, 0);
    if (size > 0 && write(2, said, (size_t)size) < 0) _exit(BROKEN);
    _exit(BROKEN);
}

static void become_program(int other) {
    static char *const argv[] = {(char *)"./" SIDE_PROGRAM, NULL};
    static char *const env[] = {SIDE_ENV, NULL};
    const int nothing = open("/dev/null", O_RDONLY);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != owner || chdir(SIDE_FOLDER) != 0 || dup2(nothing, 0) < 0 || dup2(printed[STDOUT], 1) < 0 ||
        dup2(printed[STDERR], 2) < 0 || dup2(memory, MEMORY_FD) < 0 || dup2(other, SOCKET_FD) < 0)
        _exit(BROKEN);
    execve(argv[0], argv, env);
    _exit(BROKEN);
}

/* What it says next within so many milliseconds: a word, 0 where it is gone, -1 where it says nothing. */
static int heard(int limit_ms) {
    struct pollfd waiting = {channel, POLLIN, 0};
    char word = 0;
    int ready;
    do {
        ready = poll(&waiting, 1, limit_ms);
    } while (ready < 0 && errno == EINTR); /* the engine's own timer */
    if (ready == 0) return -1;
    return read(channel, &word, 1) == 1 ? word : 0;
}

static void stop_program(void) {
    kill(program, SIGKILL);
    waitpid(program, NULL, 0);
    close(channel);
    close(memory);
    close(printed[STDOUT]);
    close(printed[STDERR]);
    munmap(shared, sizeof *shared + SIDE_EDGES);
    program = 0;
}

/* A process that was forked from this one has a program of its own: two would talk on one socket. */
static void start_program(void) {
    int ends[2];
    const size_t size = sizeof *shared + SIDE_EDGES;
    owner = getpid();
    memory = memfd_create("exchange", MFD_CLOEXEC);
    printed[STDOUT] = memfd_create("stdout", MFD_CLOEXEC);
    printed[STDERR] = memfd_create("stderr", MFD_CLOEXEC);
    if (memory < 0 || printed[STDOUT] < 0 || printed[STDERR] < 0 || ftruncate(memory, (off_t)size) != 0)
        broken("has no memory to share");
    shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    if (shared == MAP_FAILED || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        broken("has no memory to share");
    program = fork();
    if (program < 0) broken("cannot be started");
    if (program == 0) become_program(ends[1]);
    close(ends[1]);
    channel = ends[0];
    if (heard(START_MS) != READY) broken("does not come up to be asked; is it linked statically?");
}

static double cpu_s(pid_t process) {
    clockid_t clock;
    struct timespec used;
    if (process <= 0 || clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &used) != 0) return 0;
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

/* How one input ended: DONE, or CRASHED and HANGS. */
static int run_input(void) {
    const pid_t first = shared->worker;
    const double before = cpu_s(first);
    const char go = GO;
    int waited_ms = 0, killed = 0, word;
    if (send(channel, &go, 1, MSG_NOSIGNAL) != 1) return CRASHED;
    while ((word = heard(TICK_MS)) < 0) {
        const pid_t worker = shared->worker;
        const double used = cpu_s(worker) - (worker == first ? before : 0);
        waited_ms += TICK_MS;
        if (used < HANG_CPU_S && waited_ms < HANG_WALL_S * 1000) continue;
        if (worker > 0) kill(worker, SIGKILL); /* the program says then that it has died */
        killed = 1;
        if (waited_ms > 2 * HANG_WALL_S * 1000) break;
    }
    if (word == DONE) return DONE;
    if (word != DIED) stop_program(); /* the whole of it is gone, not its worker alone */
    return killed ? HANGS : CRASHED;
}

#ifndef SIDE_DESCRIBES
static int is_line(const char *line, size_t size, const char *wanted) {
    if (size > 0 && line[size - 1] == '\r') size--;
    return size == strlen(wanted) && memcmp(line, wanted, size) == 0;
}

/* The verdict among the lines that were printed, or -1; with `keep`, what is no verdict becomes the text. */
static int read_printed(int which, int keep) {
    static char lines[MOST_TEXT];
    const off_t end = lseek(printed[which], 0, SEEK_CUR);
    const size_t most = (size_t)end < sizeof lines ? (size_t)end : sizeof lines;
    /* The verdict is at the end, the text at the beginning. */
    const ssize_t got = end <= 0 ? 0 : pread(printed[which], lines, most, keep ? 0 : end - (off_t)most);
    int said = -1;
    for (size_t at = 0; got > 0 && at < (size_t)got;) {
        const char *line = lines + at, *close = memchr(line, '\n', (size_t)got - at);
        const size_t size = close ? (size_t)(close - line) : (size_t)got - at;
        const size_t whole = size + (close != NULL);
        if (is_line(line, size, "fuzzpair: accepted")) {
            said = ACCEPTED;
        } else if (is_line(line, size, "fuzzpair: refused")) {
            said = REFUSED;
        } else if (keep) {
            memcpy(text + text_size, line, whole);
            text_size += whole;
        }
        at += whole;
    }
    return said;
}

static void read_answer(void) {
    int said = read_printed(STDOUT, 1);
    if (said < 0 || lseek(printed[STDOUT], 0, SEEK_CUR) > (off_t)MOST_TEXT) {
        const int late = read_printed(STDOUT, 0), aside = read_printed(STDERR, 0);
        said = late >= 0 ? late : aside >= 0 ? aside : said;
    }
    verdict = said < 0 ? SILENT : said;
    if (verdict == REFUSED) text_size = (size_t)snprintf(text, sizeof text, "reject:\n");
}
#else
static void read_answer(void) {
    text_size = shared->text_size < MOST_TEXT ? shared->text_size : MOST_TEXT;
    memcpy(text, shared->text, text_size);
    verdict = shared->accepted != 0;
}
#endif

#if SIDE_EDGES
/* As a compiler's instrumentation would register itself; the places stand for nothing and are told apart, that is all. */
void __sanitizer_cov_8bit_counters_init(uint8_t *, uint8_t *);
void __sanitizer_cov_pcs_init(const uintptr_t *, const uintptr_t *);
__attribute__((section("__sancov_cntrs"))) static uint8_t edge_counters[SIDE_EDGES];
static uintptr_t edge_places[2 * SIDE_EDGES];

__attribute__((constructor)) static void register_edges(void) {
    for (uintptr_t at = 0; at < SIDE_EDGES; at++) edge_places[2 * at] = (uintptr_t)&edge_counters[at];
    __sanitizer_cov_8bit_counters_init(edge_counters, edge_counters + SIDE_EDGES);
    __sanitizer_cov_pcs_init(edge_places, edge_places + 2 * SIDE_EDGES);
}
#endif

static void ask(const uint8_t *data, size_t size) {
    if (program == 0 || owner != getpid()) start_program();
    if (size > MOST_INPUT) size = MOST_INPUT;
    shared->input_size = (uint32_t)size;
    if (size > 0) memcpy(shared->input, data, size);
    if (lseek(printed[STDOUT], 0, SEEK_SET) != 0 || lseek(printed[STDERR], 0, SEEK_SET) != 0) broken("cannot be read");
    text_size = 0;
    verdict = run_input();
    if (verdict != DONE) return;
#if SIDE_EDGES
    memcpy(edge_counters, shared->counters, SIDE_EDGES);
#endif
    read_answer();
}

size_t SIDE_DESCRIBE(const char *target, const uint8_t *data, size_t size, char *to, size_t capacity, int *accepted) {
    (void)target;
    /* Asked for the rest of a text that was larger than there was room: it is here. */
    const int is_rest = owner == getpid() && whole_size > 0 && capacity >= text_size && shared->input_size == size &&
                        memcmp(shared->input, data, size) == 0;
    if (!is_rest) ask(data, size);
    whole_size = text_size > capacity ? text_size : 0;
    memcpy(to, text, text_size < capacity ? text_size : capacity);
    *accepted = verdict;
    return text_size;
}
