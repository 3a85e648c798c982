#include "src/const.hpp"

int next(const Reader& reader) {
    return reader.next();
}
