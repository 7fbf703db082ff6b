/* record/base/output.h: a file that is there whole or not at all: it is written under another name beside its own and
 * renamed in the end, so a failure leaves what was there before. Pipes and devices are written directly. Part of the
 * program, not of the library. */
#ifndef OPJ_RECORD_BASE_OUTPUT_H
#define OPJ_RECORD_BASE_OUTPUT_H

#include <opjoule/error.h>
#include <stdbool.h>

struct opj_output {
	FILE *stream;
	const char *path; /* NULL: standard output; borrowed */
	char *part;       /* what it is called until it is whole; NULL: no regular file */
};

/* path NULL: standard output. */
int opj_output_open(struct opj_output *output, const char *path, struct opj_error *err);

/* Ends what was opened. `failed`: the work did, and the file is dropped; the result is then -1 and err stays. Otherwise
 * 0, or -1 where the file cannot be written; standard output is left to the caller to check. */
int opj_output_close(struct opj_output *output, bool failed, struct opj_error *err);

#endif
