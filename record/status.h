/* record/status.h: a page of memory that a recording process shares with `opjoule record`.
 *
 * `opjoule record` sets OPJOULE_RECORD_DIR to a private folder. opj_recorder_create makes the file <folder>/<pid>
 * there, maps it and keeps it current, so that the waiting command can show progress, knows which processes are its own
 * (an LTTng session sees every traced process of the user), and can fill in the manifest without decoding the trace. */
#ifndef OPJ_RECORD_STATUS_H
#define OPJ_RECORD_STATUS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct opj_error;
struct opj_tensor;

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

/* The recorder's side (status.c) --------------------------------------------------------------------------------- */

/* What the page says from the beginning. */
struct opj_status_about {
	uint32_t schema_minor, forks;
	bool forked;
	const char *framework, *model, *run, *facts;
};

/* Maps <OPJOULE_RECORD_DIR>/<pid> where the variable is set, and that must be possible if it is `needed`; else it is
 * memory that nobody else sees, and *shared is false. NULL with a message. */
struct opj_status *opj_status_open(const struct opj_status_about *about, bool needed, bool *shared,
				   struct opj_error *err);
void opj_status_close(struct opj_status *status, bool shared); /* takes NULL */

/* Keeps what the model is given: those of `tensors` in role input, or, with `call` (of the root module), all of them.
 * Not thread-safe. */
void opj_status_input(struct opj_status *status, const struct opj_tensor *tensors, uint32_t count, bool call);

/* Sleeps while `hold` asks for it, at most until the time it names: a `record` that died holds nobody up. */
void opj_status_wait(const struct opj_status *status);

#endif
