#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C"
#endif
uint8_t checksum(const uint8_t *data, size_t size);
