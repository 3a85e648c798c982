/* What a twin offers to be compared: the canonical text of one input. Each side defines its own of the two.
 *
 * Writes up to `capacity` octets of the text to `text` and gives the size of the whole: where that is more, it is called
 * again with as much room. `accepted` becomes 1 or 0. A text of a rejected input ends with its reason's line. The same
 * input always gives the same answer; nothing is kept between calls. */
#ifndef FUZZPAIR_DESCRIBE_H
#define FUZZPAIR_DESCRIBE_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif
size_t fuzzpair_describe_cpp(const char *target, const uint8_t *data, size_t size, char *text, size_t capacity,
                             int *accepted);
size_t fuzzpair_describe_rust(const char *target, const uint8_t *data, size_t size, char *text, size_t capacity,
                              int *accepted);
#ifdef __cplusplus
}
#endif
#endif
