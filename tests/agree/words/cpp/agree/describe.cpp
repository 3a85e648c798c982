// The C ABI of describe (docs/agreement.md).
#include "describe.h"

#include <algorithm>

#include "src/words.hpp"

extern "C" std::size_t fuzzpair_describe_cpp(const char*, const std::uint8_t* data,
                                             std::size_t size, char* text, std::size_t capacity,
                                             int* accepted) {
    const words::Described said = words::describe({data, size});
    *accepted = said.is_accepted ? 1 : 0;
    std::copy_n(said.text.data(), std::min(capacity, said.text.size()), text);
    return said.text.size();
}
