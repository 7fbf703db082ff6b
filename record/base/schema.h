/* record/base/schema.h: the events of a trace, declared once. The writer's structs and tracepoints and the reader's
 * layouts are made of these lists; docs/trace.md says what each member means.
 *
 * How it grows. A reader passes over what it does not know: members of events, events, keys of definitions. So a later
 * minor version may add to the lists, with `since` its number; a reader of it takes the default where an earlier trace
 * has nothing. Readers of 1.0 are stricter, hence three rules: a new event takes no number `seq` but says in `next`
 * which numbered event it stands before; new keys of a definition go into `more`, not into `text`; new facts of tensors
 * have members and flag bits of their own. What the old members mean never changes within a major version. */
#ifndef OPJ_RECORD_BASE_SCHEMA_H
#define OPJ_RECORD_BASE_SCHEMA_H

#include <stdint.h>

/* Another major version cannot be read. */
#define OPJ_SCHEMA_MAJOR 1
#define OPJ_SCHEMA_MINOR 1

/* Members -----------------------------------------------------------------------------------------------------------
 * X(shape, bits, name, since): shape UINT, SINT (bits: of the integer), TEXT (bits: 0), UINTS, SINTS (sequences of at
 * most 65535). */

#define OPJ_MEMBERS_begin(X)                                                                                           \
	X(UINT, 32, seq, 0)                                                                                            \
	X(UINT, 8, schema_major, 0)                                                                                    \
	X(UINT, 8, schema_minor, 0)                                                                                    \
	X(TEXT, 0, tool, 0)                                                                                            \
	X(TEXT, 0, framework, 0)                                                                                       \
	X(TEXT, 0, model, 0)                                                                                           \
	X(TEXT, 0, run, 0)                                                                                             \
	X(UINT, 8, clock, 1)                                                                                           \
	X(TEXT, 0, facts, 1)

#define OPJ_MEMBERS_define(X)                                                                                          \
	X(UINT, 32, seq, 0)                                                                                            \
	X(UINT, 8, kind, 0)                                                                                            \
	X(UINT, 32, id, 0)                                                                                             \
	X(UINT, 32, part, 0)                                                                                           \
	X(UINT, 32, parts, 0)                                                                                          \
	X(TEXT, 0, text, 0)                                                                                            \
	X(TEXT, 0, more, 1)

/* Tensors of a signature; what is written of each is in its flags. */
#define OPJ_MEMBERS_TENSORS(X)                                                                                         \
	X(UINTS, 8, flags, 0)                                                                                          \
	X(SINTS, 64, storage, 0)                                                                                       \
	X(UINTS, 64, nnz, 0)                                                                                           \
	X(UINTS, 64, magnitude, 0)                                                                                     \
	X(UINTS, 64, address, 0)                                                                                       \
	X(UINTS, 16, range, 1)                                                                                         \
	X(UINTS, 64, extent, 1)                                                                                        \
	X(UINTS, 64, offset, 1)

#define OPJ_MEMBERS_op(X)                                                                                              \
	X(UINT, 32, seq, 0)                                                                                            \
	X(UINT, 64, duration, 0)                                                                                       \
	X(UINT, 32, signature, 0)                                                                                      \
	X(UINT, 32, context, 0)                                                                                        \
	OPJ_MEMBERS_TENSORS(X)                                                                                         \
	X(SINTS, 64, states, 0)

/* An op's, then: */
#define OPJ_MEMBERS_SPIKE(X)                                                                                           \
	X(UINT, 64, synops, 0)                                                                                         \
	X(UINT, 64, active_out, 0)                                                                                     \
	X(UINT, 64, x_active_rows, 0)                                                                                  \
	X(UINT, 64, y_active_cols, 0)                                                                                  \
	X(UINT, 64, pair_sum, 0)                                                                                       \
	X(UINT, 64, pair_active, 0)                                                                                    \
	X(UINTS, 64, tiles, 0)                                                                                         \
	X(UINT, 64, effective, 1)

#define OPJ_MEMBERS_op_spike(X) OPJ_MEMBERS_op(X) OPJ_MEMBERS_SPIKE(X)

#define OPJ_MEMBERS_call(X)                                                                                            \
	X(UINT, 32, seq, 0)                                                                                            \
	X(UINT, 32, signature, 0)                                                                                      \
	X(UINT, 32, context, 0)                                                                                        \
	OPJ_MEMBERS_TENSORS(X)                                                                                         \
	X(UINTS, 64, keyword, 1)

#define OPJ_MEMBERS_optimizer(X)                                                                                       \
	X(UINT, 32, seq, 0)                                                                                            \
	X(UINT, 32, definition, 0)                                                                                     \
	X(UINT, 32, context, 0)

#define OPJ_MEMBERS_end(X)                                                                                             \
	X(UINT, 32, seq, 0)                                                                                            \
	X(UINT, 64, ops, 0)                                                                                            \
	X(UINT, 64, calls, 0)                                                                                          \
	X(UINT, 64, optimizers, 0)                                                                                     \
	X(UINT, 64, problems, 0)

#define OPJ_MEMBERS_mark(X)                                                                                            \
	X(UINT, 32, next, 1)                                                                                           \
	X(UINT, 64, after, 1)                                                                                          \
	X(SINT, 64, index, 1)                                                                                          \
	X(TEXT, 0, name, 1)                                                                                            \
	X(TEXT, 0, numbers, 1)

#define OPJ_MEMBERS_site(X)                                                                                            \
	X(UINT, 32, next, 1)                                                                                           \
	X(UINT, 32, signature, 1)                                                                                      \
	X(UINT, 32, context, 1)                                                                                        \
	X(UINT, 16, tensor, 1)                                                                                         \
	X(UINT, 8, what, 1)                                                                                            \
	X(UINT, 64, ops, 1)                                                                                            \
	X(UINT, 32, first, 1)                                                                                          \
	X(UINT, 32, total, 1)                                                                                          \
	X(UINTS, 64, values, 1)

/* Every event, and every name that a member of one has. */
/* clang-format off */
#define OPJ_EVENTS(X) X(begin) X(define) X(op) X(op_spike) X(call) X(optimizer) X(end) X(mark) X(site)
#define OPJ_NAMES_OF_MEMBERS(X) \
	X(seq) X(next) X(schema_major) X(schema_minor) X(tool) X(framework) X(model) X(run) X(clock) X(facts) \
	X(kind) X(id) X(part) X(parts) X(text) X(more) \
	X(duration) X(signature) X(context) \
	X(flags) X(storage) X(nnz) X(magnitude) X(address) X(range) X(extent) X(offset) X(states) X(keyword) \
	X(synops) X(active_out) X(x_active_rows) X(y_active_cols) X(pair_sum) X(pair_active) X(tiles) X(effective) \
	X(definition) X(ops) X(calls) X(optimizers) X(problems) \
	X(after) X(index) X(name) X(numbers) X(tensor) X(what) X(first) X(total) X(values)
/* clang-format on */

/* Definitions -------------------------------------------------------------------------------------------------------*/

/* Numbered as in the member `kind` of opjoule:define. */
enum opj_define_kind {
	OPJ_DEFINE_MODULE = 1,
	OPJ_DEFINE_CONTEXT = 2,
	OPJ_DEFINE_SIGNATURE = 3,
	OPJ_DEFINE_CALL = 4,
	OPJ_DEFINE_OPTIMIZER = 5,
	OPJ_DEFINE_KINDS
};

enum {
	OPJ_DEFINE_PART = 16384,  /* a definition's texts are cut into pieces of this many bytes */
	OPJ_VALUE_DEPTH_MAX = 16, /* of argument trees */
	OPJ_DIMENSIONS_MAX = 64,  /* of shapes */
};

/* Tensors -----------------------------------------------------------------------------------------------------------*/

/* Bits of a tensor's flags. */
enum {
	OPJ_FLAG_KIND = 7, /* enum opj_kind */
	OPJ_FLAG_ADDRESS = 1 << 3,
	OPJ_FLAG_MAGNITUDE = 1 << 4,
	OPJ_FLAG_NNZ = 1 << 5,
	OPJ_FLAG_RANGE = 1 << 6,  /* since 1.1 */
	OPJ_FLAG_OFFSET = 1 << 7, /* since 1.1 */
};

#define OPJ_STORAGE_SLOTS 65536
#define OPJ_STORAGE_MAX ((uint64_t)INT64_MAX - 1)

/* The last storage announced among those of equal id mod OPJ_STORAGE_SLOTS, and the facts of a tensor in it that were
 * written last: what writer and reader both remember. */
struct opj_slot_facts {
	uint64_t storage;   /* 0: none yet */
	uint64_t nnz;       /* 0 at first */
	uint64_t magnitude; /* likewise, the bits of a double */
	uint64_t offset;    /* 0 at first */
	uint16_t range;     /* OPJ_RANGE_NONE at first */
};

/* A range as it is written: bits 0-7 the exponent, bits 8-14 the trailing zeros, bit 15 set where some element is
 * negative (struct opj_stats). */
#define OPJ_RANGE_NONE UINT16_C(0xffff)

/* Words that `keyword` has for each tensor of a call's keyword arguments. They stand by themselves: a reader of 1.0,
 * which passes over them, must not miss a storage that they announce. */
enum opj_keyword_word {
	OPJ_KEYWORD_STORAGE,
	OPJ_KEYWORD_FLAGS, /* the kind of values */
	OPJ_KEYWORD_NNZ,
	OPJ_KEYWORD_MAGNITUDE,
	OPJ_KEYWORD_ADDRESS,
	OPJ_KEYWORD_EXTENT,
	OPJ_KEYWORD_OFFSET,
	OPJ_KEYWORD_RANGE,
	OPJ_KEYWORD_WORDS
};

/* In the numbers of opjoule:op_spike: does not apply. */
#define OPJ_SPIKE_NOT_APPLICABLE UINT64_MAX

#endif
