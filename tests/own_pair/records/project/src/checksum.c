#include "checksum.h"

uint8_t checksum(const uint8_t *data, size_t size) {
    uint8_t sum = 0;
    for (size_t at = 0; at < size; at++) sum = (uint8_t)(sum + data[at]);
    return sum;
}
