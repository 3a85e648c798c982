// The program: dns message|stream FILE
#include <array>
#include <cstdio>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "dns.hpp"

namespace {

constexpr int kFailure = 2;

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

std::optional<std::vector<std::uint8_t>> read_file(const char* path) {
    const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path, "rb"));
    if (file == nullptr) return std::nullopt;
    std::vector<std::uint8_t> octets;
    std::array<std::uint8_t, 4096> chunk;
    while (const std::size_t size = std::fread(chunk.data(), 1, chunk.size(), file.get())) {
        octets.insert(octets.end(), chunk.begin(), chunk.begin() + size);
    }
    if (std::ferror(file.get()) != 0) return std::nullopt;
    return octets;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view target = argc == 3 ? argv[1] : "";
    if (target != "message" && target != "stream") {
        std::fputs("usage: dns message|stream FILE\n", stderr);
        return kFailure;
    }
    const auto octets = read_file(argv[2]);
    if (!octets) {
        std::fprintf(stderr, "dns: cannot read %s\n", argv[2]);
        return kFailure;
    }
    const std::string text =
        target == "message" ? dns::describe_message(*octets) : dns::describe_stream(*octets);
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    return written && std::fflush(stdout) == 0 ? 0 : kFailure;
}
