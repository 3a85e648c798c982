// Both twins in one libFuzzer program: every input is described by both, and the two answers are compared.
//
// An input on which they part is written to `parted/` and fuzzing goes on: one of each kind, the smallest so far. What
// kind it is is only guessed here, cheaply and rather too finely; the orchestrator reads the answers again and names them.
// It ends at the first such input when $FUZZPAIR_STOP is set, with the exit code 86.
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "describe.h"

namespace {

constexpr int kStopped = 86;
constexpr int kBroken = 87;  // what was found could not be kept
constexpr int kSilent = 4;
constexpr std::size_t kMostKinds = 256;
constexpr auto kSlow = std::chrono::seconds(1);  // one side alone; a hang ends by libFuzzer's own limit

using Clock = std::chrono::steady_clock;

struct Answer {
    std::string text = std::string(std::size_t{1} << 16, '\0');
    std::size_t size = 0;
    int accepted = 0;  // describe.h; 2 to 4 are endings of a side that is a program of its own (program_side.c)

    std::string_view view() const { return std::string_view(text).substr(0, size); }
};

using Describe = std::size_t(const char*, const std::uint8_t*, std::size_t, char*, std::size_t, int*);

const char* const kTarget = FUZZPAIR_TARGET;
Clock::time_point start = Clock::now();  // of the first execution
Answer answers[2];
Describe* const kSides[2] = {fuzzpair_describe_cpp, fuzzpair_describe_rust};
const char* const kNames[2] = {"C++", "Rust"};
std::uint64_t executions, parted, answered[2];
std::map<std::uint64_t, std::size_t> kinds;  // by rough kind, the octets of the smallest input

/// Says in the log which side was running when a process ended badly; libFuzzer prints its own part behind it.
void ask(int side, const std::uint8_t* data, std::size_t size) {
    Answer& answer = answers[side];
    answer.size = kSides[side](kTarget, data, size, answer.text.data(), answer.text.size(), &answer.accepted);
    if (answer.size <= answer.text.size()) return;
    answer.text.resize(answer.size);
    answer.size = kSides[side](kTarget, data, size, answer.text.data(), answer.text.size(), &answer.accepted);
}

std::uint64_t mixed(std::uint64_t hash, std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return hash;
}

std::string_view line_at(std::string_view text, std::size_t at) {
    return text.substr(at, text.find('\n', at) - at);
}

/// Where the first different line begins, in both texts.
std::size_t parted_line(std::string_view left, std::string_view right) {
    std::size_t at = 0, line = 0;
    while (at < left.size() && at < right.size() && left[at] == right[at]) {
        if (left[at++] == '\n') line = at;
    }
    return line;
}

/// Capitals, lower-case words of a rejection and at the head of a line, and the number of the word: not the figures, which are the input's.
std::uint64_t kind_of(bool is_slow) {
    const std::string_view left = answers[0].view(), right = answers[1].view();
    std::uint64_t hash = 0xcbf29ce484222325;
    const char endings[2] = {static_cast<char>(answers[0].accepted), static_cast<char>(answers[1].accepted)};
    hash = mixed(hash, is_slow ? "slow" : std::string_view(endings, 2));
    const std::size_t line = parted_line(left, right);
    const bool is_reject = !answers[0].accepted || !answers[1].accepted;
    for (const std::string_view one : {line_at(left, line), line_at(right, line)}) {
        const std::string_view head = one.substr(0, one.find(' '));
        if (head.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == head.npos) hash = mixed(hash, head);
        for (const char c : one) {
            const bool is_word = (c >= 'A' && c <= 'Z') || (is_reject && one.starts_with("reject") && c >= 'a' && c <= 'z');
            if (is_word) hash = mixed(hash, {&c, 1});
        }
        hash = mixed(hash, "|");
    }
    if (is_reject) return hash;
    const std::string_view a = line_at(left, line), b = line_at(right, line);
    int word = 0;
    for (std::size_t i = 0; i < a.size() && i < b.size() && a[i] == b[i]; ++i) word += a[i] == ' ';
    const char place = static_cast<char>('0' + (word > 6 ? 6 : word));
    return mixed(hash, {&place, 1});
}

void tell() {
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    std::fprintf(stderr, "\nfuzzpair: executions %llu parted %llu seconds %.3f\nfuzzpair: answered cpp %llu rust %llu\n",
                 static_cast<unsigned long long>(executions), static_cast<unsigned long long>(parted), seconds,
                 static_cast<unsigned long long>(answered[0]), static_cast<unsigned long long>(answered[1]));
}

void keep(std::uint64_t kind, const std::uint8_t* data, std::size_t size) {
    char path[64];
    std::snprintf(path, sizeof path, "parted/%016llx", static_cast<unsigned long long>(kind));
    std::FILE* file = std::fopen("parted/.new", "wb");
    const bool is_kept = file != nullptr && std::fwrite(data, 1, size, file) == size && std::fclose(file) == 0 &&
                         std::rename("parted/.new", path) == 0;
    if (!is_kept) _exit(kBroken);
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    std::fprintf(stderr, "\nfuzzpair: parted %016llx octets %zu executions %llu seconds %.3f\n",
                 static_cast<unsigned long long>(kind), size, static_cast<unsigned long long>(executions), seconds);
    if (std::getenv("FUZZPAIR_STOP") != nullptr) {
        tell();
        _exit(kStopped);
    }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    std::atexit(tell);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (executions++ == 0) start = Clock::now();
    bool is_slow = false;
    for (const int side : {0, 1}) {
        const Clock::time_point before = Clock::now();
        ask(side, data, size);
        answered[side] += answers[side].accepted != kSilent || answers[side].size > 0;
        if (Clock::now() - before < kSlow) continue;
        is_slow = true;
        std::fprintf(stderr, "\nfuzzpair: %s took more than a second\n", kNames[side]);
    }
    const bool is_one = answers[0].accepted == answers[1].accepted && answers[0].view() == answers[1].view();
    if (is_one && !is_slow) return 0;
    ++parted;
    const std::uint64_t kind = kind_of(is_slow);
    const auto known = kinds.find(kind);
    if (known != kinds.end() ? known->second <= size : kinds.size() >= kMostKinds) return 0;
    kinds[kind] = size;
    keep(kind, data, size);
    return 0;
}
