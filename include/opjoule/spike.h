/* opjoule/spike.h: what an op's cost owes to where the spikes are, not only to how many there are.
 *
 * Nonzero counts alone do not tell the work of a convolution with borders and strides, nor that of a product of two
 * spike matrices. The recorder computes the statistics below in one pass over an operand while it is in cache; they
 * are what SynOp, AC and crossbar models need, and nothing else of the positions is kept. */
#ifndef OPJOULE_SPIKE_H
#define OPJOULE_SPIKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A crossbar of `size` input rows takes the input channels of a convolution in tiles of `size` channels: tile t
 * holds channels [t*size, (t+1)*size). Sums run over batch and output sites (all output channels of a site are one
 * patch: they share the receptive field). Only for non-transposed, ungrouped 2d convolutions. */
struct opj_tile_stats {
	uint32_t size;        /* 16, 32, 64, 128 or 256 rows; other sizes may stand in imported logs */
	uint32_t row_count;   /* tiles: ceil(in_channels / size) */
	uint64_t patches;     /* (site, tile) pairs with at least one spike in the receptive field */
	uint64_t sites;       /* sites with at least one spike in any tile */
	const uint64_t *rows; /* rows[t]: spikes in the receptive fields of all sites, tile t; [row_count] */
};

enum opj_spike_has {
	OPJ_SPIKE_SYNOPS = 1 << 0,        /* synops and active_out */
	OPJ_SPIKE_TILES = 1 << 1,         /* tiles */
	OPJ_SPIKE_X_ACTIVE_ROWS = 1 << 2, /* the left operand of a matrix product is binary */
	OPJ_SPIKE_Y_ACTIVE_COLS = 1 << 3, /* the right operand is binary */
	OPJ_SPIKE_PAIR = 1 << 4,          /* both are: pair_sum and pair_active */
	OPJ_SPIKE_EFFECTIVE = 1 << 5,     /* effective */
};

/* Sums over the run, by where a tensor stands: an operand or result of the ops of one signature in one context. */
enum opj_site_what {
	OPJ_SITE_CHANNELS = 1, /* nonzeros in each channel of a binary, ternary or integral result: dimension 1, of two
				  dimensions the last */
	OPJ_SITE_TAPS = 2,   /* of a weight that has zeros, when it is met first: nonzeros in each input channel and tap
				of its kernel, channel by channel */
	OPJ_SITE_BLOCKS = 3, /* of a weight, likewise: how many blocks of four neighbours along the input have 0, 1, 2,
				3, 4 nonzeros */
};

/* "channels", "taps", "blocks"; NULL for what no site is. */
static inline const char *opj_site_what_name(enum opj_site_what what)
{
	static const char *const names[] = {NULL, "channels", "taps", "blocks"};
	return (unsigned)what < sizeof names / sizeof *names ? names[what] : NULL;
}

struct opj_spike_stats {
	unsigned has;           /* OR of enum opj_spike_has: which fields below mean something */
	uint64_t synops;        /* convolution: sum over outputs of the nonzero inputs that reach them */
	uint64_t active_out;    /* convolution: output elements reached by at least one nonzero input */
	uint64_t x_active_rows; /* matrix product x @ y: rows of x with a nonzero, over all batches */
	uint64_t y_active_cols; /* columns of y with a nonzero, over all batches */
	uint64_t pair_sum;      /* sum of x @ y where both are binary */
	uint64_t pair_active;   /* nonzero elements of x @ y where both are binary */
	uint64_t effective;     /* products of two nonzeros, of input and weight, of left and right operand */
	uint32_t tile_count;    /* entries of tiles */
	const struct opj_tile_stats *tiles;
};

#endif
