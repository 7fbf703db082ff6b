/* tests/unit/nir_writer.h: writes small NIR files, right or wrong ones, for the tests of the native executor. */
#ifndef OPJ_TEST_NIR_WRITER_H
#define OPJ_TEST_NIR_WRITER_H

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline void nir_dataset(hid_t group, const char *field, hid_t type, int ndim, const hsize_t *dims,
			       const void *values)
{
	hid_t space = ndim ? H5Screate_simple(ndim, dims, NULL) : H5Screate(H5S_SCALAR);
	hid_t dataset = H5Dcreate2(group, field, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
	H5Dclose(dataset);
	H5Sclose(space);
}

#define NIR_DIMS(...)                                                                                                  \
	(int)(sizeof((hsize_t[]){__VA_ARGS__}) / sizeof(hsize_t)), (hsize_t[])                                         \
	{                                                                                                              \
		__VA_ARGS__                                                                                            \
	}

static inline void nir_floats(hid_t group, const char *field, int ndim, const hsize_t *dims, const float *values)
{
	nir_dataset(group, field, H5T_NATIVE_FLOAT, ndim, dims, values);
}

/* One number, as a scalar dataset of doubles. */
static inline void nir_number(hid_t group, const char *field, double value)
{
	nir_dataset(group, field, H5T_NATIVE_DOUBLE, 0, NULL, &value);
}

static inline void nir_pair(hid_t group, const char *field, int64_t a, int64_t b)
{
	nir_dataset(group, field, H5T_NATIVE_INT64, 1, (hsize_t[]){2}, (int64_t[]){a, b});
}

static inline void nir_shape(hid_t group, const char *field, int count, const int64_t *shape)
{
	nir_dataset(group, field, H5T_NATIVE_INT64, 1, (hsize_t[]){(hsize_t)count}, shape);
}

static inline void nir_strings(hid_t group, const char *field, int ndim, const hsize_t *dims, const char *const *texts)
{
	hid_t type = H5Tcopy(H5T_C_S1);
	H5Tset_size(type, H5T_VARIABLE);
	nir_dataset(group, field, type, ndim, dims, texts);
	H5Tclose(type);
}

static inline void nir_text(hid_t group, const char *field, const char *text)
{
	nir_strings(group, field, 0, NULL, &text);
}

static inline hid_t nir_group(hid_t parent, const char *name)
{
	return H5Gcreate2(parent, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
}

/* A node of a graph, still without fields but its type; to be closed with H5Gclose. */
static inline hid_t nir_node(hid_t graph, const char *name, const char *type)
{
	hid_t nodes = H5Lexists(graph, "nodes", H5P_DEFAULT) > 0 ? H5Gopen2(graph, "nodes", H5P_DEFAULT)
								 : nir_group(graph, "nodes");
	hid_t node = nir_group(nodes, name);
	H5Gclose(nodes);
	nir_text(node, "type", type);
	return node;
}

/* An Input or Output node. */
static inline void nir_port(hid_t graph, const char *name, const char *type, int count, const int64_t *shape)
{
	hid_t node = nir_node(graph, name, type);
	nir_shape(node, "shape", count, shape);
	H5Gclose(node);
}

/* texts: from, to, from, to, … */
static inline void nir_edges(hid_t graph, int count, const char *const *texts)
{
	nir_strings(graph, "edges", 2, (hsize_t[]){(hsize_t)count, 2}, texts);
}

struct nir_file {
	char path[64];
	hid_t file, graph;
};

static inline struct nir_file nir_begin(void)
{
	struct nir_file nir;
	strcpy(nir.path, "/tmp/opj_test_XXXXXX");
	close(mkstemp(nir.path));
	nir.file = H5Fcreate(nir.path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
	nir.graph = nir_group(nir.file, "node");
	nir_text(nir.graph, "type", "NIRGraph");
	return nir;
}

/* The file is complete; it stays until unlink(nir->path). */
static inline void nir_end(struct nir_file *nir)
{
	H5Gclose(nir->graph);
	H5Fclose(nir->file);
}

/* input -> "x" -> output around one node, whose group is returned, to be filled and closed. */
static inline hid_t nir_begin_one(struct nir_file *nir, const char *type, int in_count, const int64_t *in,
				  int out_count, const int64_t *out)
{
	*nir = nir_begin();
	nir_port(nir->graph, "input", "Input", in_count, in);
	nir_port(nir->graph, "output", "Output", out_count, out);
	nir_edges(nir->graph, 2, (const char *[]){"input", "x", "x", "output"});
	return nir_node(nir->graph, "x", type);
}

#endif
