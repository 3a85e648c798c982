// Mistakes between threads, for ThreadSanitizer.
#include "cases.h"
#include <csignal>
#include <memory>
#include <mutex>
#include <pthread.h>
#include <thread>
#include <unistd.h>
#include <vector>

static int counter = 0;
static std::vector<int> names;
static std::mutex first, second;

extern "C" __attribute__((noinline)) void bump() { counter++; }
CASE race_on_integer() {
    std::thread other(bump);
    bump();
    other.join();
}
extern "C" __attribute__((noinline)) void add_name() { names.push_back(1); }
CASE race_on_container() {
    std::thread other(add_name);
    add_name();
    other.join();
}
CASE race_on_heap() {
    auto *p = new long(1);
    std::thread other([p] { *p = 2; });
    sink = *p;
    other.join();
    delete p;
}
CASE lock_order() {
    { std::lock_guard a(first); std::lock_guard b(second); }
    std::thread other([] { std::lock_guard b(second); std::lock_guard a(first); });
    other.join();
}
CASE lock_destroyed() {
    static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&m);
    pthread_mutex_unlock(&m);
    pthread_mutex_destroy(&m);
    pthread_mutex_lock(&m);
}
extern "C" void on_signal(int) {
    char *volatile p = static_cast<char *>(std::malloc(16));
    std::free(p);
}
CASE malloc_in_handler() {
    std::signal(SIGUSR1, on_signal);
    std::raise(SIGUSR1);
}
CASE unlock_unlocked() {
    static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_unlock(&m);
}
CASE destroy_locked() {
    auto *m = new pthread_mutex_t;
    pthread_mutex_init(m, nullptr);
    pthread_mutex_lock(m);
    pthread_mutex_destroy(m);
    delete m;
}
extern "C" void *nothing(void *) { return nullptr; }
CASE thread_leak() {
    pthread_t t;
    pthread_create(&t, nullptr, nothing, nullptr);
    usleep(200000);
}
CASE use_after_free() {
    auto *volatile p = new int(1);
    delete p;
    *p = 2;
}
struct Base {
    virtual ~Base() { usleep(100000); }
    virtual void run() { usleep(50000); }
};
struct Derived : Base { void run() override { sink = 1; } };
CASE race_on_vptr() {
    Base *p = new Derived;
    std::thread other([p] { p->run(); });
    delete p;
    other.join();
}
CASE null_write() {
    int *volatile p = nullptr;
    *p = 1;
}

#define C(name) {#name, name}
static const Case cases[] = {C(race_on_integer), C(race_on_container), C(race_on_heap), C(lock_order),
                             C(lock_destroyed), C(malloc_in_handler), C(unlock_unlocked), C(destroy_locked), C(thread_leak),
                             C(use_after_free), C(race_on_vptr), C(null_write)};

int main(int, char **argv) { return run_case(cases, argv[1]); }
