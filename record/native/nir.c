/* record/native/nir.c: reads the structure of a NIR file and fields of its nodes. Everything in the file is taken as
 * possibly wrong: each lookup is checked, and messages name file, node and field. */
#include "nir.h"
#include "h5.h"
#include "record/base/vector.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 16 }; /* of graphs within graphs; HDF5 links could make a graph contain itself */

/* Where the edges of one graph begin and end: a plain node is both ends of itself, a nested graph has its Input and
 * Output nodes. -1: there is none, -2: there are several. */
struct entry {
	char *name; /* within the graph */
	int in, out;
};

struct scope {
	struct entry *entries;
	int count;
};

static int fail_node(const struct opj_nir *nir, const char *node, const char *what, struct opj_error *err)
{
	return opj_fail(err, "%s: node \"%s\": %s", nir->path, node, what);
}

/* "block" and "c1" make "block.c1". */
static char *join_name(const char *prefix, const char *name)
{
	char *joined = NULL;
	if (asprintf(&joined, "%s%s%s", prefix, *prefix ? "." : "", name) < 0)
		return NULL;
	return joined;
}

static int add_node(struct opj_nir *nir, const char *name, char *type, int graph, hid_t group)
{
	char *own = strdup(name);
	struct opj_nir_node *node = own ? OPJ_PUSH(nir->nodes, nir->node_count) : NULL;
	if (!node) {
		free(own);
		return -1;
	}
	*node = (struct opj_nir_node){.name = own, .type = type, .graph = graph, .group = group};
	return nir->node_count - 1;
}

static int add_subgraph(struct opj_nir *nir, const char *name, int parent)
{
	char *own = strdup(name);
	struct opj_nir_subgraph *graph = own ? OPJ_PUSH(nir->graphs, nir->graph_count) : NULL;
	if (!graph) {
		free(own);
		return -1;
	}
	*graph = (struct opj_nir_subgraph){.name = own, .parent = parent};
	return nir->graph_count - 1;
}

static int add_edge(struct opj_nir *nir, int from, int to)
{
	struct opj_nir_edge *edge = OPJ_PUSH(nir->edges, nir->edge_count);
	if (!edge)
		return -1;
	*edge = (struct opj_nir_edge){from, to};
	return 0;
}

static herr_t add_entry(hid_t group, const char *name, const H5L_info_t *info, void *data)
{
	(void)group, (void)info;
	struct scope *scope = data;
	char *own = strdup(name);
	struct entry *entry = own ? OPJ_PUSH(scope->entries, scope->count) : NULL;
	if (!entry) {
		free(own);
		return -1;
	}
	*entry = (struct entry){.name = own, .in = -1, .out = -1};
	return 0;
}

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static void free_scope(struct scope *scope)
{
	for (int i = 0; i < scope->count; i++)
		free(scope->entries[i].name);
	free(scope->entries);
}

static int load_graph(struct opj_nir *nir, hid_t group, const char *name, int self, int depth, struct entry *ends,
		      struct opj_error *err);

/* The one string of a dataset, malloc'ed, or NULL. */
static char *read_text(hid_t group, const char *field)
{
	int64_t count = 0, shape[OPJ_NIR_DIMS_MAX];
	int ndim;
	char **strings = opj_h5_strings(group, field, &count, &ndim, shape);
	char *text = strings && count == 1 ? strdup(strings[0]) : NULL;
	opj_h5_strings_free(strings, count);
	return text;
}

/* One node of a graph: fills its entry, and the graph's own ends when it is an Input or Output. */
static int load_node(struct opj_nir *nir, hid_t nodes, const char *prefix, int graph, int depth, struct entry *entry,
		     struct entry *ends, struct opj_error *err)
{
	int result = -1;
	char *type = NULL, *name = join_name(prefix, entry->name);
	hid_t group = -1;
	if (!name)
		return opj_fail(err, "%s: out of memory", nir->path);
	if (!opj_h5_is(nodes, entry->name, true) || (group = H5Gopen2(nodes, entry->name, H5P_DEFAULT)) < 0) {
		fail_node(nir, name, "not a group of fields", err);
		goto out;
	}
	type = read_text(group, "type");
	if (!type) {
		fail_node(nir, name, "type: missing, or not a string", err);
		goto out;
	}
	if (strcmp(type, "NIRGraph") == 0) {
		int self = add_subgraph(nir, name, graph);
		result = self < 0 ? opj_fail(err, "%s: out of memory", nir->path)
				  : load_graph(nir, group, name, self, depth + 1, entry, err);
		goto out;
	}
	int index = add_node(nir, name, type, graph, group);
	if (index < 0) {
		opj_fail(err, "%s: out of memory", nir->path);
		goto out;
	}
	entry->in = entry->out = index;
	if (strcmp(type, "Input") == 0)
		ends->in = ends->in == -1 ? index : -2;
	if (strcmp(type, "Output") == 0)
		ends->out = ends->out == -1 ? index : -2;
	type = NULL; /* the node owns them now */
	group = -1;
	result = 0;
out:
	if (group >= 0)
		H5Gclose(group);
	free(type);
	free(name);
	return result;
}

static int fail_end(const struct opj_nir *nir, const char *name, int end, const char *kind, struct opj_error *err)
{
	const char *text = end == -1 ? "has no" : "has several";
	if (*name)
		return opj_fail(err, "%s: graph \"%s\" %s %s node%s", nir->path, name, text, kind,
				end == -1 ? "" : "s");
	return opj_fail(err, "%s: the graph %s %s node%s", nir->path, text, kind, end == -1 ? "" : "s; one is needed");
}

static int connect_pair(struct opj_nir *nir, const struct scope *scope, const char *prefix, char *const pair[2],
			struct opj_error *err)
{
	const struct entry *found[2];
	for (int i = 0; i < 2; i++) {
		found[i] = bsearch(&(struct entry){.name = pair[i]}, scope->entries, (size_t)scope->count,
				   sizeof *scope->entries, compare_entries);
		if (!found[i])
			return opj_fail(err, "%s: %s%sedge \"%s\" -> \"%s\": there is no node \"%s\"", nir->path,
					prefix, *prefix ? ": " : "", pair[0], pair[1], pair[i]);
	}
	if (found[0]->out < 0)
		return fail_end(nir, found[0]->name, found[0]->out, "Output", err);
	if (found[1]->in < 0)
		return fail_end(nir, found[1]->name, found[1]->in, "Input", err);
	return add_edge(nir, found[0]->out, found[1]->in) == 0 ? 0 : opj_fail(err, "%s: out of memory", nir->path);
}

static int load_edges(struct opj_nir *nir, hid_t group, const struct scope *scope, const char *name,
		      struct opj_error *err)
{
	int64_t count = 0, shape[OPJ_NIR_DIMS_MAX];
	int ndim = 0, result = 0;
	char **names = opj_h5_strings(group, "edges", &count, &ndim, shape);
	if (!names || ndim != 2 || shape[1] != 2)
		result = opj_fail(err, "%s: %s%sedges: missing, or not pairs of node names", nir->path, name,
				  *name ? ": " : "");
	for (int64_t i = 0; result == 0 && i < count; i += 2)
		result = connect_pair(nir, scope, name, names + i, err);
	opj_h5_strings_free(names, count);
	return result;
}

static int load_graph(struct opj_nir *nir, hid_t group, const char *name, int self, int depth, struct entry *ends,
		      struct opj_error *err)
{
	struct scope scope = {0};
	int result = -1;
	hid_t nodes = -1;
	if (depth > DEPTH_MAX) {
		fail_node(nir, name, "graphs are nested too deeply", err);
		goto out;
	}
	if (!opj_h5_is(group, "nodes", true) || (nodes = H5Gopen2(group, "nodes", H5P_DEFAULT)) < 0) {
		opj_fail(err, "%s: %s%snodes: missing", nir->path, name, *name ? ": " : "");
		goto out;
	}
	if (H5Literate(nodes, H5_INDEX_NAME, H5_ITER_INC, NULL, add_entry, &scope) < 0) {
		opj_fail(err, "%s: %s%snodes: cannot be listed", nir->path, name, *name ? ": " : "");
		goto out;
	}
	if (scope.count > 0)
		qsort(scope.entries, (size_t)scope.count, sizeof *scope.entries, compare_entries);
	for (int i = 0; i < scope.count; i++) {
		if (load_node(nir, nodes, name, self, depth, &scope.entries[i], ends, err) != 0)
			goto out;
	}
	result = load_edges(nir, group, &scope, name, err);
out:
	if (nodes >= 0)
		H5Gclose(nodes);
	free_scope(&scope);
	return result;
}

static int compare_edges(const void *a, const void *b)
{
	const struct opj_nir_edge *x = a, *y = b;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return (x->to > y->to) - (x->to < y->to);
}

int opj_nir_open(struct opj_nir *nir, const char *path, struct opj_error *err)
{
	*nir = (struct opj_nir){.file = -1, .path = strdup(path)};
	struct entry ends = {.in = -1, .out = -1};
	hid_t group = -1;
	int result = -1;
	if (!nir->path) {
		opj_fail(err, "%s: out of memory", path);
		goto out;
	}
	nir->file = opj_h5_open(path, err);
	if (nir->file < 0) {
		opj_fail_in(err, path);
		goto out;
	}
	if (!opj_h5_is(nir->file, "node", true) || (group = H5Gopen2(nir->file, "node", H5P_DEFAULT)) < 0) {
		opj_fail(err, "%s: not a NIR file: there is no group /node", path);
		goto out;
	}
	if (load_graph(nir, group, "", -1, 0, &ends, err) != 0)
		goto out;
	if (ends.in < 0 || ends.out < 0) {
		fail_end(nir, "", ends.in < 0 ? ends.in : ends.out, ends.in < 0 ? "Input" : "Output", err);
		goto out;
	}
	if (nir->edge_count > 0)
		qsort(nir->edges, (size_t)nir->edge_count, sizeof *nir->edges, compare_edges);
	nir->input = ends.in;
	nir->output = ends.out;
	result = 0;
out:
	if (group >= 0)
		H5Gclose(group);
	if (result != 0)
		opj_nir_close(nir);
	return result;
}

void opj_nir_close(struct opj_nir *nir)
{
	for (int i = 0; i < nir->node_count; i++) {
		free(nir->nodes[i].name);
		free(nir->nodes[i].type);
		H5Gclose(nir->nodes[i].group);
	}
	for (int i = 0; i < nir->graph_count; i++)
		free(nir->graphs[i].name);
	free(nir->nodes);
	free(nir->graphs);
	free(nir->edges);
	free(nir->path);
	if (nir->file >= 0)
		H5Fclose(nir->file);
	*nir = (struct opj_nir){.file = -1};
}

bool opj_nir_has(const struct opj_nir_node *node, const char *field)
{
	return opj_h5_is(node->group, field, false);
}

int opj_nir_numbers(const struct opj_nir_node *node, const char *field, struct opj_nir_array *array,
		    struct opj_error *err)
{
	if (opj_h5_numbers(node->group, field, array, err) != 0)
		return opj_fail_in(err, field);
	for (int64_t i = 0; i < array->count; i++) {
		if (fabs(array->values[i]) <= FLT_MAX)
			continue;
		opj_fail(err, "%s: value %lld is %g", field, (long long)i, array->values[i]);
		free(array->values);
		array->values = NULL;
		return -1;
	}
	return 0;
}

int opj_nir_integers(const struct opj_nir_node *node, const char *field, int count, int64_t *values,
		     struct opj_error *err)
{
	struct opj_nir_array array;
	if (opj_nir_numbers(node, field, &array, err) != 0)
		return -1;
	int result = 0;
	if (array.count != 1 && array.count != count)
		result = opj_fail(err, "%s: %lld values, %d expected", field, (long long)array.count, count);
	for (int i = 0; result == 0 && i < count; i++) {
		double value = array.values[array.count == 1 ? 0 : i];
		if (value != floor(value) || fabs(value) > INT32_MAX)
			result = opj_fail(err, "%s: %g is not a whole number of a sensible size", field, value);
		else
			values[i] = (int64_t)value;
	}
	free(array.values);
	return result;
}

char *opj_nir_text(const struct opj_nir_node *node, const char *field)
{
	return read_text(node->group, field);
}

int opj_hdf5_read(const char *file, const char *path, struct opj_nir_array *array, struct opj_error *err)
{
	hid_t h5 = opj_h5_open(file, err);
	if (h5 < 0)
		return opj_fail_in(err, file);
	int result = opj_h5_numbers(h5, path, array, err);
	if (result != 0) {
		char where[512];
		snprintf(where, sizeof where, "%s: dataset %s", file, path);
		opj_fail_in(err, where);
	}
	H5Fclose(h5);
	return result;
}
