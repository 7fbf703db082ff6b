/* record/status.h: a page of memory that a recording process shares with `opjoule record`.
 *
 * `opjoule record` sets OPJOULE_RECORD_DIR to a private folder. opj_recorder_create makes the file <folder>/<pid>
 * there, maps it and keeps it current, so that the waiting command can show progress, knows which processes are its own
 * (an LTTng session sees every traced process of the user), and can fill in the manifest without decoding the trace. */
#ifndef OPJ_RECORD_STATUS_H
#define OPJ_RECORD_STATUS_H

#include <stdatomic.h>
#include <stdint.h>

#define OPJ_RECORD_DIR_ENV "OPJOULE_RECORD_DIR"
#define OPJ_STATUS_MAGIC UINT64_C(0x31746174736a706f) /* "opjstat1" */

struct opj_status {
	uint64_t magic;
	uint32_t schema_major, schema_minor;
	_Atomic uint64_t ops;      /* op events written */
	_Atomic uint64_t events;   /* events written, of all types: what seq has reached */
	_Atomic uint64_t problems; /* see opj_recorder_problems */
	_Atomic uint32_t ended;    /* the closing event was written */
	_Atomic uint32_t forks;    /* children that this process forked, as far as the executor says (opj_fork_after) */
	uint32_t forked;           /* it is such a child itself */
	_Atomic uint64_t hold; /* written by `opjoule record` while the disk holds too much raw trace: no event before
				  this time, in ns of CLOCK_MONOTONIC; 0 or past: go on */
	char tool[64], framework[128], model[256], run[256]; /* cut if longer, always NUL-terminated */
	char input[256]; /* what the model was given: "float32[8,32,1,8,8]", one after the other; "": nobody said */
	/* Libraries of schema 1.0 end here. */
	char facts[2048]; /* what the executor says of itself, a JSON object; "": too long, or a library of before */
};

#endif
