/* Parses the same inputs again and again in one process, as a server does that is never restarted.
 *
 * usage: fuzz_<target> PARSES COUNT FILE...
 *
 * It stands in the place of a fuzzing engine: the target's own entry is called, in the flavour that ships. The parses
 * are counted in the file COUNT, mapped so that the count survives the kill that this waits for. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BROKEN_EXIT = 87, INPUTS = 64, LARGEST = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size);

static uint8_t *octets[INPUTS];
static size_t sizes[INPUTS];

static uint64_t *open_count(const char *path) {
    int file = open(path, O_RDWR | O_CREAT, 0644);
    if (file < 0 || ftruncate(file, sizeof(uint64_t)) != 0) exit(BROKEN_EXIT);
    void *mapped = mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED) exit(BROKEN_EXIT);
    close(file);
    return mapped;
}

static void read_input(const char *path, int number) {
    FILE *file = fopen(path, "rb");
    octets[number] = malloc(LARGEST);
    if (file == NULL || octets[number] == NULL) exit(BROKEN_EXIT);
    sizes[number] = fread(octets[number], 1, LARGEST, file);
    if (ferror(file)) exit(BROKEN_EXIT);
    fclose(file);
}

int main(int argc, char **argv) {
    int inputs = argc - 3;
    if (inputs < 1 || inputs > INPUTS) return BROKEN_EXIT;
    uint64_t parses = strtoull(argv[1], NULL, 10);
    volatile uint64_t *done = open_count(argv[2]);
    for (int i = 0; i < inputs; i++) read_input(argv[3 + i], i);
    for (uint64_t i = 0; i < parses; i++) {
        (void)LLVMFuzzerTestOneInput(octets[i % inputs], sizes[i % inputs]);
        *done = i + 1;
    }
    return 0;
}
