/* Linked into the fuzz target of the canary flavour with -Wl,--wrap=LLVMFuzzerTestOneInput: remembers the input under
 * test, and writes it to $FUZZPAIR_TRIGGER when a canary asks for it. */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

int __real_LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
void fuzzpair_keep_input(void);

static const uint8_t *input;
static size_t input_size;

int __wrap_LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input = data;
    input_size = size;
    return __real_LLVMFuzzerTestOneInput(data, size);
}

void fuzzpair_keep_input(void) {
    const char *path = getenv("FUZZPAIR_TRIGGER");
    if (path == NULL) return;
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (file < 0) _exit(87);
    for (size_t written = 0; written < input_size;) {
        ssize_t step = write(file, input + written, input_size - written);
        if (step <= 0) _exit(87);
        written += (size_t)step;
    }
    close(file);
}
