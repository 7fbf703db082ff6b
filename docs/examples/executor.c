/* docs/examples/executor.c: an executor with a recorder in it: a linear layer and its IF neurons, four time steps. */
#include <opjoule/recorder.h>
#include <stdlib.h>

struct array { /* what this executor calls a tensor: one row of up to 12 floats, or a matrix of them */
	float values[12];
	int64_t shape[2];
	uint64_t storage, version; /* which memory it is, and how often that was written */
	DLTensor view;
};

static struct array array_make(struct opj_recorder *rec, int64_t rows, int64_t columns)
{
	return (struct array){.shape = {rows, columns}, .storage = opj_storage_create(rec)};
}

static struct opj_tensor seen(struct array *a, enum opj_role role, const char *name)
{
	a->view = (DLTensor){a->values, {kDLCPU, 0}, 2, {kDLFloat, 32, 1}, a->shape, NULL, 0};
	return (struct opj_tensor){&a->view, a->storage, a->version, .role = role, .name = name};
}

/* current = x @ weight */
static void linear(struct opj_recorder *rec, struct array *x, struct array *weight, struct array *current)
{
	for (int o = 0; o < 3; o++) {
		current->values[o] = 0;
		for (int i = 0; i < 4; i++)
			current->values[o] += x->values[i] * weight->values[i * 3 + o];
	}
	if (!opj_recorder_enabled()) /* spares the filling of structures; every call below asks by itself */
		return;
	struct opj_tensor tensors[] = {seen(x, OPJ_ROLE_INPUT, NULL), seen(weight, OPJ_ROLE_PARAMETER, "fc.weight"),
				       seen(current, OPJ_ROLE_NONE, NULL)};
	struct opj_value in[] = {OPJ_TENSOR(0), OPJ_TENSOR(1)};
	opj_record_op(rec, &(struct opj_op_record){"aten.mm.default", in, 2, NULL, 0, OPJ_TENSOR(2), tensors, 3});
}

/* v += current, in place: the same storage, another version */
static void integrate(struct opj_recorder *rec, struct array *v, struct array *current)
{
	for (int o = 0; o < 3; o++)
		v->values[o] += current->values[o];
	v->version++;
	struct opj_tensor tensors[] = {seen(v, OPJ_ROLE_STATE, NULL), seen(current, OPJ_ROLE_NONE, NULL)};
	struct opj_value in[] = {OPJ_TENSOR(0), OPJ_TENSOR(1)};
	opj_record_op(rec, &(struct opj_op_record){"aten.add_.Tensor", in, 2, NULL, 0, OPJ_TENSOR(0), tensors, 2,
						   .states = &v->storage, .state_count = 1});
}

int main(void)
{
	struct opj_error err;
	struct opj_recorder *rec = opj_recorder_create(&(struct opj_recorder_config){"example 1.0", "Net"}, &err);
	if (!rec) {
		fprintf(stderr, "%s\n", err.text);
		return EXIT_FAILURE;
	}
	const struct opj_value attrs[] = {opj_keyed("in_features", OPJ_INT(4)), opj_keyed("out_features", OPJ_INT(3))};
	uint32_t fc = opj_module_define(
	    rec, &(struct opj_module){.path = "Net.fc", .cls = "Linear", .attrs = attrs, .attr_count = 2});
	uint32_t sn = opj_module_define(rec, &(struct opj_module){.path = "Net.sn", .cls = "IFNode", .neuron = true});
	struct array weight = array_make(rec, 4, 3), v = array_make(rec, 1, 3);
	for (int i = 0; i < 12; i++)
		weight.values[i] = (float)i / 4;
	for (int t = 0; t < 4; t++) {
		struct array x = array_make(rec, 1, 4), current = array_make(rec, 1, 3);
		x.values[t] = 1; /* one spike */
		opj_module_enter(rec, fc);
		linear(rec, &x, &weight, &current);
		opj_module_exit(rec, fc);
		opj_module_enter(rec, sn);
		integrate(rec, &v, &current);
		opj_module_exit(rec, sn);
	}
	opj_recorder_destroy(rec);
	return EXIT_SUCCESS;
}
