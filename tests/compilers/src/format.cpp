#include <cstdio>

void show(const char* text) {
    std::printf(text);
}
