/* tests/e2e/nir_variant.c: changes a NIR file in place, to make variants of a network: diff.sh.
 *
 *     nir_variant FILE rename NODE NAME
 *     nir_variant FILE remove NODE            its sources then feed its targets
 *     nir_variant FILE grow NODE/FIELD AXIS N  new elements repeat the old ones along the axis */
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EDGES_MAX = 64 };

static void check(int good, const char *what)
{
	if (!good) {
		fprintf(stderr, "nir_variant: %s\n", what);
		exit(1);
	}
}

static hid_t text_type(void)
{
	hid_t type = H5Tcopy(H5T_C_S1);
	H5Tset_size(type, H5T_VARIABLE);
	H5Tset_cset(type, H5T_CSET_UTF8);
	return type;
}

/* From and to, for each edge. */
struct edges {
	char names[EDGES_MAX][2][64];
	int count;
};

static void read_edges(hid_t file, struct edges *edges)
{
	char *texts[EDGES_MAX][2];
	hid_t dataset = H5Dopen2(file, "/node/edges", H5P_DEFAULT), space = H5Dget_space(dataset), type = text_type();
	hsize_t dims[2];
	check(H5Sget_simple_extent_ndims(space) == 2, "edges are no table");
	H5Sget_simple_extent_dims(space, dims, NULL);
	check(dims[0] <= EDGES_MAX && dims[1] == 2, "too many edges");
	check(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts) >= 0, "no edges");
	edges->count = (int)dims[0];
	for (int i = 0; i < 2 * edges->count; i++)
		snprintf(edges->names[i / 2][i % 2], sizeof **edges->names, "%s", texts[i / 2][i % 2]);
	H5Dvlen_reclaim(type, space, H5P_DEFAULT, texts);
	H5Tclose(type);
	H5Sclose(space);
	H5Dclose(dataset);
}

static void write_edges(hid_t file, const struct edges *edges)
{
	const char *texts[EDGES_MAX][2];
	hid_t type = text_type(), space = H5Screate_simple(2, (hsize_t[]){(hsize_t)edges->count, 2}, NULL);
	for (int i = 0; i < 2 * edges->count; i++)
		texts[i / 2][i % 2] = edges->names[i / 2][i % 2];
	check(H5Ldelete(file, "/node/edges", H5P_DEFAULT) >= 0, "edges cannot be replaced");
	hid_t dataset = H5Dcreate2(file, "/node/edges", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	check(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts) >= 0, "edges cannot be written");
	H5Dclose(dataset);
	H5Sclose(space);
	H5Tclose(type);
}

static void rename_node(hid_t nodes, const char *from, const char *to, struct edges *edges)
{
	check(H5Lmove(nodes, from, nodes, to, H5P_DEFAULT, H5P_DEFAULT) >= 0, "there is no such node");
	for (int i = 0; i < 2 * edges->count; i++) {
		char *name = edges->names[i / 2][i % 2];
		if (strcmp(name, from) == 0)
			snprintf(name, sizeof **edges->names, "%s", to);
	}
}

/* Of a node in a chain: the edge that leaves it goes, the one that enters it leads on. */
static void remove_node(hid_t nodes, const char *name, struct edges *edges)
{
	check(H5Ldelete(nodes, name, H5P_DEFAULT) >= 0, "there is no such node");
	int leaves = 0, enters = 0;
	while (leaves < edges->count && strcmp(edges->names[leaves][0], name) != 0)
		leaves++;
	while (enters < edges->count && strcmp(edges->names[enters][1], name) != 0)
		enters++;
	check(leaves < edges->count && enters < edges->count, "the node is not in a chain");
	memcpy(edges->names[enters][1], edges->names[leaves][1], sizeof **edges->names);
	edges->count--;
	memmove(edges->names + leaves, edges->names + leaves + 1,
		(size_t)(edges->count - leaves) * sizeof *edges->names);
}

static void grow(hid_t nodes, const char *field, int axis, hsize_t size)
{
	hid_t dataset = H5Dopen2(nodes, field, H5P_DEFAULT);
	check(dataset >= 0, "there is no such field");
	hid_t space = H5Dget_space(dataset);
	hsize_t dims[8], inner = 1, outer = 1;
	int ndim = H5Sget_simple_extent_ndims(space);
	check(ndim > axis && ndim <= 8, "there is no such axis");
	H5Sget_simple_extent_dims(space, dims, NULL);
	for (int i = 0; i < ndim; i++)
		*(i < axis ? &outer : &inner) *= i == axis ? 1 : dims[i];
	hsize_t old = dims[axis];
	float *from = malloc(outer * old * inner * sizeof *from), *to = malloc(outer * size * inner * sizeof *to);
	check(from && to && H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, from) >= 0, "no values");
	for (hsize_t i = 0; i < outer * size; i++)
		memcpy(to + i * inner, from + (i / size * old + i % size % old) * inner, inner * sizeof *to);
	H5Sclose(space);
	H5Dclose(dataset);
	dims[axis] = size;
	space = H5Screate_simple(ndim, dims, NULL);
	check(H5Ldelete(nodes, field, H5P_DEFAULT) >= 0, "the field cannot be replaced");
	dataset = H5Dcreate2(nodes, field, H5T_IEEE_F32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	check(H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, to) >= 0, "no room");
	H5Sclose(space);
	H5Dclose(dataset);
	free(from);
	free(to);
}

int main(int argc, char **argv)
{
	static struct edges edges;
	check(argc >= 4, "usage: nir_variant FILE rename|remove|grow …");
	hid_t file = H5Fopen(argv[1], H5F_ACC_RDWR, H5P_DEFAULT);
	check(file >= 0, "the file cannot be opened");
	hid_t nodes = H5Gopen2(file, "/node/nodes", H5P_DEFAULT);
	read_edges(file, &edges);
	if (strcmp(argv[2], "rename") == 0 && argc == 5)
		rename_node(nodes, argv[3], argv[4], &edges);
	else if (strcmp(argv[2], "remove") == 0 && argc == 4)
		remove_node(nodes, argv[3], &edges);
	else if (strcmp(argv[2], "grow") == 0 && argc == 6)
		grow(nodes, argv[3], atoi(argv[4]), (hsize_t)atoi(argv[5]));
	else
		check(0, "usage: nir_variant FILE rename|remove|grow …");
	write_edges(file, &edges);
	H5Gclose(nodes);
	check(H5Fclose(file) >= 0, "the file cannot be written");
	return 0;
}
