#include "dns.hpp"

#include <algorithm>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "message.hpp"
#include "table.hpp"
#include "text.hpp"

namespace dns {

namespace {

constexpr std::size_t kWorkers = 3;
constexpr std::size_t kLengthPrefix = 2;  // RFC 1035 §4.2.2

/// The messages of a stream, and why it is rejected if its last frame is cut short.
struct Frames {
    std::vector<Octets> messages;
    std::optional<ParseError> truncated;
};

/// Hands out the messages of a stream to the workers and takes their texts back, in any order.
class Batch {
  public:
    explicit Batch(std::vector<Octets> messages)
        : messages_(std::move(messages)), texts_(messages_.size()) {}

    std::optional<std::size_t> take();
    Octets message(std::size_t index) const { return messages_[index]; }
    void finish(std::size_t index, std::string text);
    void append_text(std::string& out) const;

  private:
    const std::vector<Octets> messages_;
    mutable std::mutex mutex_;
    std::size_t next_ = 0;
    std::vector<std::string> texts_;
};

/// The index of a message that no worker has taken yet.
std::optional<std::size_t> Batch::take() {
    const std::lock_guard lock(mutex_);
    if (next_ == messages_.size()) return std::nullopt;
    return next_++;
}

void Batch::finish(std::size_t index, std::string text) {
    const std::lock_guard lock(mutex_);
    texts_[index] = std::move(text);
}

void Batch::append_text(std::string& out) const {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < texts_.size(); ++i) {
        out += "message ";
        append_number(i + 1, out);
        out += '\n';
        out += texts_[i];
    }
}

void append_reject(const ParseError& error, std::string& out) {
    out += "reject: ";
    out += reject_text(error.kind());
    out += " at ";
    append_number(error.offset(), out);
    out += '\n';
}

/// A frame is cut short where its length, or its message, is.
std::optional<Octets> read_frame(Reader& reader) {
    if (reader.remaining() < kLengthPrefix) return std::nullopt;
    const std::size_t length = reader.u16();
    if (reader.remaining() < length) return std::nullopt;
    return reader.take(length);
}

Frames split_frames(Octets stream) {
    Frames frames;
    Reader reader(stream);
    while (reader.remaining() > 0) {
        const std::size_t at = reader.position();
        const std::optional<Octets> message = read_frame(reader);
        if (!message) {
            frames.truncated = ParseError(RejectKind::truncated, at);
            break;
        }
        frames.messages.push_back(*message);
    }
    return frames;
}

/// The text of one message; only an accepted message adds to the table.
std::string describe_frame(Octets octets, NameTable& table) {
    std::string out;
    try {
        const Message message = read_message(octets);
        append_message(message, out);
        table.add(sightings_in(message));
    } catch (const ParseError& error) {
        append_reject(error, out);
    }
    return out;
}

void work(Batch& batch, NameTable& table) {
    while (const std::optional<std::size_t> index = batch.take()) {
        batch.finish(*index, describe_frame(batch.message(*index), table));
    }
}

/// Joins its threads at the end of the scope, also when the next one can't be started. Not jthread:
/// nobody asks these to stop, and its stop token wants a newer libc++ library than Debian has.
struct Workers {
    Workers() = default;
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;
    ~Workers() {
        for (std::thread& thread : threads) thread.join();
    }

    std::vector<std::thread> threads;
};

void run_workers(std::size_t count, Batch& batch, NameTable& table) {
    Workers workers;
    for (std::size_t i = 0; i < count; ++i) {
        workers.threads.emplace_back([&batch, &table] { work(batch, table); });
    }
}

}  // namespace

std::string describe_message(Octets octets) {
    std::string out;
    try {
        append_message(read_message(octets), out);
    } catch (const ParseError& error) {
        append_reject(error, out);
    }
    return out;
}

std::string describe_stream(Octets stream) {
    Frames frames = split_frames(stream);
    const std::size_t workers = std::min(kWorkers, frames.messages.size());
    Batch batch(std::move(frames.messages));
    NameTable table;
    run_workers(workers, batch, table);
    std::string out;
    batch.append_text(out);
    if (frames.truncated) {
        append_reject(*frames.truncated, out);
    } else {
        table.append_text(out);
    }
    return out;
}

}  // namespace dns
