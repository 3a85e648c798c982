/* Force-included into every file of the canary flavour; the overlay's lines call it. */
#ifndef FUZZPAIR_CANARY_H
#define FUZZPAIR_CANARY_H
#ifdef __cplusplus
extern "C"
#endif
void fuzzpair_canary(int triggered);
#endif
