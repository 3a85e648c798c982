// The libFuzzer entry of the target `message`.
#include "dns.hpp"

// Written for each input, so that no optimiser finds the text unused.
volatile std::size_t text_size;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    text_size = dns::describe_message({octets, size}).size();
    return 0;
}
