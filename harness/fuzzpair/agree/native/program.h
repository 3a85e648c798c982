/* What passes between a side that is a program of its own (program_side.c) and what is preloaded into it (answering.c):
 * a piece of memory that both see, and a socket on which each of them says that it is the other's turn. */
#ifndef FUZZPAIR_PROGRAM_H
#define FUZZPAIR_PROGRAM_H
#include <stdint.h>
#include <sys/types.h>

#define MEMORY_FD 197
#define SOCKET_FD 198
#define MOST_INPUT (1u << 20)
#define MOST_TEXT (1u << 17) /* octets of an answer that are compared */

/* What is said on the socket. */
#define READY 'r'
#define GO 'g'
#define DONE 'd'
#define DIED 'x'

struct exchange {
    pid_t worker;       /* who answers: the program forks one, and another one when that has died */
    int32_t is_retired; /* it ended of its own will, between two inputs */
    uint32_t input_size;
    uint32_t text_size; /* of the whole text of a `describe`, which may be more than is kept */
    int32_t accepted;   /* by a `describe` */
    uint8_t input[MOST_INPUT];
    uint8_t text[MOST_TEXT];
    uint8_t counters[]; /* of the program's edges */
};
#endif
