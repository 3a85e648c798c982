#include <cstdint>
#include <stdexcept>

#include "record.hpp"
#include "version.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    try {
        const Records records = parse_records(data, size);
        return records.is_intact && VERSION > 0 ? 0 : -1;
    } catch (const std::exception &) {
        return -1;
    }
}
