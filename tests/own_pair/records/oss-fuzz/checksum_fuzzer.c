#include "checksum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    return size > 0 && checksum(data, size - 1) == data[size - 1] ? 0 : -1;
}
