/* record/native/nir.h: a NIR file as a flat graph.
 *
 * NIR (the Neuromorphic Intermediate Representation) keeps a network in HDF5: /node is a graph with `nodes`, one group
 * each with a `type` and the type's fields, and `edges`, pairs of node names; a node may be a graph itself. Here nested
 * graphs are dissolved: their nodes get the path as their name ("block.c1"), their Input and Output nodes stay and pass
 * values through. Fields are read on demand, while the file is open. */
#ifndef OPJ_RECORD_NATIVE_NIR_H
#define OPJ_RECORD_NATIVE_NIR_H

#include <hdf5.h>
#include <opjoule/error.h>
#include <stdbool.h>
#include <stdint.h>

struct opj_nir_node {
	char *name;
	char *type;
	int graph; /* index of the nested graph that the node stands in, -1: the outermost */
	hid_t group;
};

struct opj_nir_subgraph {
	char *name;
	int parent; /* index, -1: the outermost; less than its own index */
};

struct opj_nir_edge {
	int from, to; /* indices of nodes */
};

struct opj_nir {
	char *path;
	hid_t file;
	struct opj_nir_node *nodes; /* by name within each graph */
	int node_count;
	struct opj_nir_edge *edges; /* ascending by from, then to: files have them in any order */
	int edge_count;
	struct opj_nir_subgraph *graphs;
	int graph_count;
	int input, output; /* of the outermost graph */
};

/* Opens the file and reads its structure; -1 with a message that names file and node: not HDF5, no nodes or edges,
 * a node without a type, an edge to a node that is not there, no or several Input or Output nodes. After a failure
 * there is nothing to close. */
int opj_nir_open(struct opj_nir *nir, const char *path, struct opj_error *err);
void opj_nir_close(struct opj_nir *nir);

/* Fields of a node. Messages name the field. ----------------------------------------------------------------------- */

enum { OPJ_NIR_DIMS_MAX = 8 };

struct opj_nir_array {
	int ndim;
	int64_t shape[OPJ_NIR_DIMS_MAX];
	int64_t count;
	double *values; /* malloc'ed */
};

bool opj_nir_has(const struct opj_nir_node *node, const char *field);
/* Numbers of any type and shape; fails where one is not finite, or too large for a float32. */
int opj_nir_numbers(const struct opj_nir_node *node, const char *field, struct opj_nir_array *array,
		    struct opj_error *err);
/* Exactly `count` whole numbers; a single one stands for all of them. */
int opj_nir_integers(const struct opj_nir_node *node, const char *field, int count, int64_t *values,
		     struct opj_error *err);
/* A field that is text, malloc'ed; NULL without a message where it is none. */
char *opj_nir_text(const struct opj_nir_node *node, const char *field);

/* The dataset at `path` of an HDF5 file as numbers, without a check of their values. For inputs. */
int opj_hdf5_read(const char *file, const char *path, struct opj_nir_array *array, struct opj_error *err);

#endif
