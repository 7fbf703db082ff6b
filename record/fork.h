/* record/fork.h: what a process knows of the forks that made it and of those it made. */
#ifndef OPJ_RECORD_FORK_H
#define OPJ_RECORD_FORK_H

#include <stdbool.h>
#include <stdint.h>

/* How often this process is the result of a fork since the library was loaded. */
uint32_t opj_fork_count(void);

/* Whether LTTng knows of the last one. */
bool opj_fork_is_traced(void);

/* How many children it has forked itself, as far as it was told. */
uint32_t opj_fork_children(void);

/* Who is told of forks; one for the process, which stays. */
struct opj_fork_watcher {
	void (*in_child)(void);               /* from every fork, in the fork handler */
	void (*in_parent)(uint32_t children); /* from those that opj_fork_after is told of */
};
void opj_fork_watch(const struct opj_fork_watcher *watcher);

#endif
