/* record/base/arena.h: memory that is freed all at once.
 *
 * Definitions of a trace live as long as the trace, so they are cut from blocks and never freed one by one. Memory
 * comes aligned for any type and zeroed. */
#ifndef OPJ_RECORD_BASE_ARENA_H
#define OPJ_RECORD_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct opj_arena {
	struct opj_arena_block *blocks; /* newest first; {0} is an empty arena */
};

/* `count` items of `size` bytes, zeroed; never NULL for a size of 0. NULL: out of memory, or the product overflows. */
void *opj_arena_alloc(struct opj_arena *arena, size_t count, size_t size);
/* A copy of `length` bytes with a NUL behind them. */
char *opj_arena_copy(struct opj_arena *arena, const char *text, size_t length);
void opj_arena_finish(struct opj_arena *arena);

#endif
