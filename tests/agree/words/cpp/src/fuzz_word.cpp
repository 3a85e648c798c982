// The target `word`, which says nothing: who compares asks its `describe`.
#include "words.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    words::describe({data, size});
    return 0;
}
