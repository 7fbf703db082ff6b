/* analyze/diff/geometry.h: what a layer is made of, in a form that can be compared: its class, its attributes and the
 * shapes of its parameters, each as text. */
#ifndef OPJ_ANALYZE_DIFF_GEOMETRY_H
#define OPJ_ANALYZE_DIFF_GEOMETRY_H

#include "record/base/intern.h"
#include <opjoule/replay.h>

struct opj_geometry_entry {
	const char *name; /* "out_channels", "weight"; borrowed from the module */
	char *text;       /* "64", "[3, 3]"; of a parameter shape and type: "[64, 32, 3, 3] float32" */
	bool parameter;
};

/* Zeroed: of nothing, a scope that is no module. */
struct opj_geometry {
	const char *cls;                    /* "" of nothing */
	struct opj_geometry_entry *entries; /* [count] attributes by name, then parameters by name */
	size_t count;
};

/* module NULL: of nothing. On failure the geometry is empty. */
int opj_geometry_init(struct opj_geometry *geometry, const struct opj_module *module, struct opj_error *err);
void opj_geometry_finish(struct opj_geometry *geometry);

/* Takes away the attributes that are not among these names; parameters stay. */
void opj_geometry_keep(struct opj_geometry *geometry, const struct opj_intern *names);

/* The same for equal geometries, class included; FNV-1a, 64 bits. */
uint64_t opj_geometry_hash(const struct opj_geometry *geometry);
uint64_t opj_geometry_hash_text(uint64_t hash, const char *text);
#define OPJ_GEOMETRY_HASH UINT64_C(0xcbf29ce484222325) /* to begin with */

/* How many entries are equal in both. */
size_t opj_geometry_shared(const struct opj_geometry *a, const struct opj_geometry *b);

/* One thing in which two layers differ. */
struct opj_geometry_change {
	const char *name;  /* "class" or an entry's name */
	const char *a, *b; /* the two texts, NULL: it has no such thing */
};

/* Zeroed before the first call. */
struct opj_geometry_cursor {
	size_t a, b;
	bool classed;
};

/* The next difference; false: there is no more. */
bool opj_geometry_next(const struct opj_geometry *a, const struct opj_geometry *b, struct opj_geometry_cursor *cursor,
		       struct opj_geometry_change *change);

#endif
