/* analyze/roofline/roofline.h: where each layer stands under the ceilings of a machine.
 *
 * S. Williams, A. Waterman, D. Patterson, "Roofline: an insightful visual performance model for multicore
 * architectures", Communications of the ACM 52(4), 2009: the rate that a layer can attain is the smaller of the peak of
 * computing and its intensity (FLOP per byte) times the bandwidth of memory. */
#ifndef OPJ_ANALYZE_ROOFLINE_ROOFLINE_H
#define OPJ_ANALYZE_ROOFLINE_ROOFLINE_H

#include "analyze/figures/digest.h"
#include "machine.h"

/* Why a layer has no place in the chart. */
enum opj_roofline_lack {
	OPJ_LACKS_FLOPS = 1 << 0, /* its ops do no arithmetic, or none that the counter has a rule for */
	OPJ_LACKS_BYTES = 1 << 1,
	OPJ_LACKS_TIME = 1 << 2, /* none of its ops was timed */
};

/* A ceiling at the intensity of a layer. */
struct opj_bound {
	enum opj_ceiling_kind kind;
	const struct opj_ceiling *ceiling; /* NULL: none */
	double rate;                       /* FLOP/s */
};

struct opj_roofline_point {
	const char *name;
	const char *cls; /* class of the module, "" where the row is none */
	struct opj_figure ops, flops, bytes, time;
	unsigned lacks;              /* OR of enum opj_roofline_lack; 0: it has a place in the chart */
	double intensity;            /* FLOP/byte; unless FLOPs or bytes are lacking */
	double rate;                 /* FLOP/s as measured; unless FLOPs or time are lacking */
	struct opj_bound attainable; /* the lower of the roof's two ceilings; where intensity is known */
	struct opj_bound next;       /* the lowest ceiling at or above the measured rate; NULL: it is above all */
	uint32_t number;             /* in chart and key, from 1; 0: no place in the chart */
};

struct opj_roofline {
	const struct opj_machine *machine;
	const struct opj_ceiling *peak, *bandwidth; /* the roof */
	enum opj_axis by;
	struct opj_roofline_point
	    *points; /* [count] rows in the order of the digest; modules: those without rows inside */
	uint32_t count;
	uint32_t drawn; /* points with a number */
	struct opj_roofline_point total;
	int64_t untimed;      /* ops that were not timed, where others were */
	int64_t uncovered[2]; /* ops that the counters of FLOPs and of bytes have no rule for */
};

/* Names of the counters that the analysis has to have run, those of FLOPs and of bytes; NULL ends them. */
extern const char *const opj_roofline_counters[3];

/* The roof is made of the ceilings called `compute` and `memory`; NULL: of the highest. Borrows from digest and
 * machine. Fails on a machine without one of either kind, on a name it does not have, and when memory runs out. */
int opj_roofline_init(struct opj_roofline *roofline, const struct opj_digest *digest, enum opj_axis by,
		      const struct opj_machine *machine, const char *compute, const char *memory,
		      struct opj_error *err);
void opj_roofline_finish(struct opj_roofline *roofline);

/* "no FLOPs, no measured time"; "" where nothing is lacking. The text lives in buffer. */
const char *opj_roofline_lacks(char buffer[64], unsigned lacks);

/* Writers: a table with its notes, one JSON object, and rows of CSV (docs/roofline.md). */
int opj_roofline_print(const struct opj_roofline *roofline, FILE *out, struct opj_error *err);
char *opj_roofline_json(const struct opj_roofline *roofline, const struct opj_trace *trace, struct opj_error *err);
void opj_roofline_csv(const struct opj_roofline *roofline, FILE *out);

#endif
