/* tests/bench/gen_ops.c: records ops of a synthetic spiking network: gen_ops COUNT.
 *
 * A convolutional network of three layers and a classifier, spiking at 5 to 12 %, step after step, until COUNT ops are
 * recorded: the mix of events, tensors, states and spike statistics that an eager run of such a network gives, without
 * the network. Nonzero counts and ranges differ from tensor to tensor and durations from op to op (fixed pseudo-random
 * sequences), so the trace compresses no better than a real one; the counts are handed to the recorder, which therefore
 * scans nothing. */
#include <opjoule/recorder.h>
#include <stdlib.h>

enum {
	LAYERS = 4,
	BATCH = 32,
	STEP_STORAGES = 1 + LAYERS * 9, /* made in one step: a caching allocator gives the same blocks in the next */
};

struct layer {
	uint32_t weight_module, neuron_module;
	int64_t in_shape[4], w_shape[4], b_shape[1], out_shape[4];
	int ndim;
	uint64_t weight, bias, membrane;
};

static struct opj_recorder *rec;
static uint64_t limit, noise = 88172645463325252u;

static uint64_t random_below(uint64_t bound)
{
	noise ^= noise << 13;
	noise ^= noise >> 7;
	noise ^= noise << 17;
	return noise % bound;
}

/* A number that belongs to a storage: whoever reads the tensor again sees the same count. */
static uint64_t storage_below(uint64_t storage, uint64_t bound)
{
	uint64_t x = storage * UINT64_C(0x9e3779b97f4a7c15);
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	return (x >> 20) % bound;
}

static uint64_t numel(int ndim, const int64_t *shape)
{
	uint64_t product = 1;
	for (int i = 0; i < ndim; i++)
		product *= (uint64_t)shape[i];
	return product;
}

/* A tensor with everything that struct opj_tensor points to. */
struct operand {
	DLTensor data;
	struct opj_stats stats;
	struct opj_tensor tensor;
};

static void operand_set(struct operand *o, int ndim, const int64_t *shape, uint64_t storage, enum opj_kind kind)
{
	uint64_t count = numel(ndim, shape);
	*o = (struct operand){0};
	o->data =
	    (DLTensor){.device = {kDLCPU, 0}, .ndim = ndim, .dtype = {kDLFloat, 32, 1}, .shape = (int64_t *)shape};
	o->stats.kind = kind;
	o->stats.nnz = kind == OPJ_KIND_BINARY ? count / 20 + storage_below(storage, count / 14 + 1)
					       : count - storage_below(storage, count / 50 + 1);
	if (kind == OPJ_KIND_DENSE) { /* mostly below 4 in magnitude; weights, currents and potentials have a sign */
		o->stats.ranged = o->stats.negative = true;
		o->stats.exponent = storage_below(storage, 5) ? 2 : 3;
	}
	o->tensor.extent = (count * 4 + 511) / 512 * 512;
	o->tensor.storage = storage;
	o->tensor.version = OPJ_VERSION_UNKNOWN;
	o->tensor.address = 0x7f0000000000 + storage % STEP_STORAGES * 65536;
}

static void emit(const char *name, struct operand *operands, uint32_t count, const struct opj_value *in,
		 uint32_t in_count, const uint64_t *state, const struct opj_spike_stats *spike)
{
	struct opj_tensor tensors[4];
	for (uint32_t i = 0; i < count; i++) {
		operands[i].tensor.data = &operands[i].data;
		operands[i].tensor.stats = &operands[i].stats;
		tensors[i] = operands[i].tensor;
	}
	if (opj_recorder_ops(rec) >= limit)
		return;
	opj_record_op(rec, &(struct opj_op_record){.name = name,
						   .in = in,
						   .in_count = in_count,
						   .out = OPJ_TENSOR(count - 1),
						   .tensors = tensors,
						   .tensor_count = count,
						   .states = state,
						   .state_count = state ? 1 : 0,
						   .duration_ns = 4000 + random_below(4096),
						   .spike = spike});
}

static void weight_op(struct layer *l, uint64_t x, uint64_t y)
{
	static const int64_t ones[2] = {1, 1}, zeros[2] = {0, 0};
	static const uint32_t sizes[5] = {16, 32, 64, 128, 256};
	struct operand o[4];
	struct opj_tile_stats tiles[5];
	uint64_t rows[5][8];
	struct opj_spike_stats spike = {0};
	operand_set(&o[0], l->ndim, l->in_shape, x, OPJ_KIND_BINARY);
	operand_set(&o[1], l->ndim, l->w_shape, l->weight, OPJ_KIND_DENSE);
	operand_set(&o[2], 1, l->b_shape, l->bias, OPJ_KIND_DENSE);
	operand_set(&o[3], l->ndim, l->out_shape, y, OPJ_KIND_DENSE);
	o[1].tensor.role = o[2].tensor.role = OPJ_ROLE_PARAMETER;
	if (l->ndim == 2) {
		struct opj_value in[] = {OPJ_TENSOR(2), OPJ_TENSOR(0), OPJ_TENSOR(1)};
		spike.has = OPJ_SPIKE_X_ACTIVE_ROWS;
		spike.x_active_rows = BATCH - random_below(3);
		emit("aten.addmm.default", o, 4, in, 3, NULL, &spike);
		return;
	}
	uint64_t spikes = o[0].stats.nnz;
	spike.has = OPJ_SPIKE_SYNOPS | OPJ_SPIKE_TILES;
	spike.synops = spikes * 9 * (uint64_t)l->w_shape[0];
	spike.active_out = o[3].stats.nnz;
	spike.tiles = tiles;
	spike.tile_count = 5;
	for (int i = 0; i < 5; i++) {
		uint32_t count = (uint32_t)((l->in_shape[1] + sizes[i] - 1) / sizes[i]);
		for (uint32_t t = 0; t < count; t++)
			rows[i][t] = spikes * 9 / count;
		tiles[i] = (struct opj_tile_stats){.size = sizes[i],
						   .row_count = count,
						   .patches = spikes / 3 + count,
						   .sites = spikes / 3,
						   .rows = rows[i]};
	}
	struct opj_value in[] = {OPJ_TENSOR(0),     OPJ_TENSOR(1),      OPJ_TENSOR(2),
				 OPJ_INTS(2, ones), OPJ_INTS(2, ones),  OPJ_INTS(2, ones),
				 OPJ_BOOL(false),   OPJ_INTS(2, zeros), OPJ_INT(1)};
	emit("aten.convolution.default", o, 4, in, 9, NULL, &spike);
}

/* One op of the neuron: y = name(a, b) where b is not 0, else name(a, scalar). */
static uint64_t neuron_op(struct layer *l, const char *name, uint64_t a, uint64_t b, enum opj_kind kind)
{
	struct operand o[3];
	uint64_t y = opj_storage_create(rec);
	uint32_t count = 0;
	operand_set(&o[count++], l->ndim, l->out_shape, a, kind);
	if (b)
		operand_set(&o[count++], l->ndim, l->out_shape, b, OPJ_KIND_DENSE);
	operand_set(&o[count++], l->ndim, l->out_shape, y, kind);
	struct opj_value in[] = {OPJ_TENSOR(0), b ? OPJ_TENSOR(1) : OPJ_FLOAT(1.0)};
	emit(name, o, count, in, 2, &l->membrane, NULL);
	return y;
}

static uint64_t neuron_step(struct layer *l, uint64_t current)
{
	uint64_t v = neuron_op(l, "aten.add.Tensor", l->membrane, current, OPJ_KIND_DENSE);
	uint64_t over = neuron_op(l, "aten.sub.Tensor", v, 0, OPJ_KIND_DENSE);
	uint64_t fired = neuron_op(l, "aten.ge.Scalar", over, 0, OPJ_KIND_BINARY);
	uint64_t spike = neuron_op(l, "aten._to_copy.default", fired, 0, OPJ_KIND_BINARY);
	uint64_t reset = neuron_op(l, "aten.mul.Tensor", spike, 0, OPJ_KIND_BINARY);
	uint64_t kept = neuron_op(l, "aten.rsub.Scalar", spike, 0, OPJ_KIND_BINARY);
	kept = neuron_op(l, "aten.mul.Tensor", kept, v, OPJ_KIND_DENSE);
	l->membrane = neuron_op(l, "aten.add.Tensor", kept, reset, OPJ_KIND_DENSE);
	return spike;
}

static void call(uint32_t module, struct layer *l, uint64_t x, uint64_t y, bool weighted)
{
	struct operand o[2];
	struct opj_tensor tensors[2];
	operand_set(&o[0], l->ndim, weighted ? l->in_shape : l->out_shape, x,
		    weighted ? OPJ_KIND_BINARY : OPJ_KIND_DENSE);
	operand_set(&o[1], l->ndim, l->out_shape, y, weighted ? OPJ_KIND_DENSE : OPJ_KIND_BINARY);
	for (int i = 0; i < 2; i++) {
		o[i].tensor.data = &o[i].data;
		o[i].tensor.stats = &o[i].stats;
		tensors[i] = o[i].tensor;
	}
	opj_record_call(rec, &(struct opj_call_record){.module = module,
						       .in = &OPJ_TENSOR(0),
						       .in_count = 1,
						       .out = &OPJ_TENSOR(1),
						       .out_count = 1,
						       .tensors = tensors,
						       .tensor_count = 2});
}

static uint64_t layer_step(struct layer *l, uint64_t x)
{
	uint64_t current = opj_storage_create(rec);
	opj_module_enter(rec, l->weight_module);
	weight_op(l, x, current);
	opj_module_exit(rec, l->weight_module);
	call(l->weight_module, l, x, current, true);
	opj_module_enter(rec, l->neuron_module);
	uint64_t spikes = neuron_step(l, current);
	opj_module_exit(rec, l->neuron_module);
	call(l->neuron_module, l, current, spikes, false);
	return spikes;
}

static uint32_t module_define(const char *path, const char *cls, bool neuron)
{
	const char *bases[] = {cls, "Module"};
	return opj_module_define(rec, &(struct opj_module){.path = path,
							   .cls = cls,
							   .bases = bases,
							   .base_count = 2,
							   .neuron = neuron,
							   .backend = neuron ? "torch" : NULL});
}

static void layers_define(struct layer *layers)
{
	static const int64_t channels[LAYERS + 1] = {2, 32, 64, 64, 10};
	for (int i = 0; i < LAYERS; i++) {
		struct layer *l = &layers[i];
		char path[32];
		bool last = i == LAYERS - 1;
		snprintf(path, sizeof path, "Net.%s%d", last ? "fc" : "conv", i);
		l->weight_module = module_define(path, last ? "Linear" : "Conv2d", false);
		snprintf(path, sizeof path, "Net.neuron%d", i);
		l->neuron_module = module_define(path, "IFNode", true);
		l->ndim = last ? 2 : 4;
		int64_t in = last ? channels[i] * 256 : channels[i], out = channels[i + 1];
		memcpy(l->in_shape, (int64_t[]){BATCH, in, 16, 16}, sizeof l->in_shape);
		memcpy(l->w_shape, last ? (int64_t[]){in, out, 0, 0} : (int64_t[]){out, in, 3, 3}, sizeof l->w_shape);
		l->b_shape[0] = out;
		memcpy(l->out_shape, (int64_t[]){BATCH, out, 16, 16}, sizeof l->out_shape);
		l->weight = opj_storage_create(rec);
		l->bias = opj_storage_create(rec);
		l->membrane = opj_storage_create(rec);
	}
}

int main(int argc, char **argv)
{
	struct opj_error err = {0};
	struct layer layers[LAYERS] = {0};
	limit = argc == 2 ? strtoull(argv[1], NULL, 10) : 0;
	if (limit == 0) {
		fputs("usage: gen_ops COUNT\n", stderr);
		return 2;
	}
	rec = opj_recorder_create(&(struct opj_recorder_config){.framework = "gen_ops 1", .model = "Net"}, &err);
	if (!rec) {
		fprintf(stderr, "gen_ops: %s\n", err.text);
		return 1;
	}
	if (!opj_recorder_enabled()) {
		fputs("gen_ops: nobody listens; run it under `opjoule record`\n", stderr);
		opj_recorder_destroy(rec);
		return 1;
	}
	uint32_t root = module_define("Net", "Net", false);
	layers_define(layers);
	while (opj_recorder_ops(rec) < limit) {
		uint64_t x = opj_storage_create(rec);
		opj_module_enter(rec, root);
		for (int i = 0; i < LAYERS; i++)
			x = layer_step(&layers[i], x);
		opj_module_exit(rec, root);
	}
	opj_recorder_destroy(rec);
	return 0;
}
