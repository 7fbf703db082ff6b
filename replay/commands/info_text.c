/* replay/commands/info_text.c: what a trace holds, for people. Whatever the trace says goes through opj_print. */
#include "info.h"
#include "record/base/style.h"

static void print_field(const char *name, const char *value)
{
	if (!value[0])
		return;
	opj_print(stdout, OPJ_PLAIN, "%-10s %s", name, value);
	putchar('\n');
}

static void print_value(struct opj_value value)
{
	switch (value.type) {
	case OPJ_VALUE_NONE:
		fputs("none", stdout);
		break;
	case OPJ_VALUE_BOOL:
		fputs(value.u.boolean ? "true" : "false", stdout);
		break;
	case OPJ_VALUE_INT:
		printf("%lld", (long long)value.u.integer);
		break;
	case OPJ_VALUE_FLOAT:
		printf("%g", value.u.number);
		break;
	case OPJ_VALUE_STRING:
		opj_print(stdout, OPJ_PLAIN, "%s", value.u.string);
		break;
	default:
		for (uint32_t i = 0; i < opj_value_count(value); i++) {
			fputs(i ? "," : "(", stdout);
			print_value(opj_value_item(value, i));
		}
		fputs(opj_value_count(value) ? ")" : "()", stdout);
	}
}

/* "cores=2 memory_bytes=4096", after a name. */
static void print_values(const char *name, const struct opj_value *values, uint32_t count)
{
	if (count == 0)
		return;
	printf("%-10s", name);
	for (uint32_t i = 0; i < count; i++) {
		opj_print(stdout, OPJ_PLAIN, " %s=", values[i].key);
		print_value(values[i]);
	}
	putchar('\n');
}

static void print_manifest(const struct opj_info *info)
{
	const struct opj_manifest *manifest = opj_trace_manifest(info->trace);
	print_field("file", opj_trace_path(info->trace));
	print_field("model", manifest->model);
	print_field("run", manifest->run);
	print_field("input", manifest->input);
	print_field("framework", manifest->framework);
	print_field("tool", manifest->tool);
	print_field("command", manifest->command);
	print_field("host", manifest->host);
	print_field("cpu", manifest->cpu);
	print_field("kernel", manifest->kernel);
	print_values("machine", manifest->environment, manifest->environment_count);
	print_values("facts", manifest->facts, manifest->fact_count);
	if (manifest->clock != OPJ_CLOCK_UNKNOWN)
		print_field("clock", opj_clock_name(manifest->clock));
	print_field("started", manifest->started);
	print_field("ended", manifest->ended);
	printf("%-10s %d.%d\n", "schema", manifest->schema_major, manifest->schema_minor);
	printf("%-10s %llu ops, %llu calls of modules, %llu optimizer steps; %llu events lost\n", "recorded",
	       (unsigned long long)info->op_count, (unsigned long long)info->call_count,
	       (unsigned long long)info->optimizer_count, (unsigned long long)manifest->lost_events);
	if (info->mark_count)
		printf("%-10s %llu\n", "marks", (unsigned long long)info->mark_count);
	if (manifest->unseen_forks)
		printf("%-10s %llu forked processes, which recorded nothing\n", "not seen",
		       (unsigned long long)manifest->unseen_forks);
	opj_print(stdout, manifest->complete ? OPJ_PLAIN : OPJ_WARNING, "%-10s %s%s%s", "complete",
		  manifest->complete ? "yes" : "no", manifest->why[0] ? ": " : "", manifest->why);
	putchar('\n');
}

static void print_flow(const struct opj_activity *flow)
{
	if (flow->elements)
		printf("  %6.2f%% %-8s", 100.0 * (double)flow->nonzero / (double)flow->elements,
		       opj_kind_name(flow->kind));
	else
		printf("  %16s", "");
}

/* Values that nobody looked at are in none of the percentages. */
static void print_unseen(const struct opj_info *info)
{
	uint64_t in = 0, out = 0;
	for (uint32_t i = 0; i < opj_trace_module_count(info->trace); i++) {
		in += info->modules[i].in.unseen;
		out += info->modules[i].out.unseen;
	}
	if (in || out)
		printf("Nobody looked at %llu elements of inputs and %llu of outputs: no percentage covers them.\n",
		       (unsigned long long)in, (unsigned long long)out);
}

static uint64_t parameter_count(const struct opj_module *def)
{
	uint64_t total = 0;
	for (uint32_t i = 0; i < def->parameter_count; i++) {
		uint64_t count = 1;
		for (int d = 0; d < def->parameters[i].ndim; d++)
			count *= (uint64_t)def->parameters[i].shape[d];
		total += count;
	}
	return total;
}

/* The path's last part, indented by how many dots are before it. */
static void print_path(const char *path, int width)
{
	const char *last = strrchr(path, '.');
	int depth = 0;
	for (const char *at = path; *at; at++)
		depth += *at == '.';
	last = last ? last + 1 : path;
	opj_print(stdout, OPJ_PLAIN, "%*s%-*s", 2 * depth, "", width > 2 * depth ? width - 2 * depth : 0, last);
}

static int path_width(const struct opj_info *info)
{
	int width = 6;
	for (uint32_t i = 0; i < opj_trace_module_count(info->trace); i++) {
		const char *path = opj_trace_module(info->trace, i)->def.path, *last = strrchr(path, '.');
		int needed = (int)strlen(last ? last + 1 : path);
		for (; *path; path++)
			needed += *path == '.' ? 2 : 0;
		width = needed > width ? needed : width;
	}
	return width < 48 ? width : 48;
}

static void print_modules(const struct opj_info *info)
{
	int width = path_width(info);
	if (opj_trace_module_count(info->trace) == 0)
		return;
	putchar('\n');
	opj_print(stdout, OPJ_HEADING, "%-*s  %-16s %10s %8s  %-16s  %-16s  %s", width, "module", "class", "parameters",
		  "calls", "inputs nonzero", "outputs nonzero", "geometry");
	putchar('\n');
	for (uint32_t i = 0; i < opj_trace_module_count(info->trace); i++) {
		const struct opj_module *def = &opj_trace_module(info->trace, i)->def;
		const struct opj_info_module *module = &info->modules[i];
		print_path(def->path, width);
		opj_print(stdout, OPJ_PLAIN, "  %-16s %10llu %8llu", def->cls, (unsigned long long)parameter_count(def),
			  (unsigned long long)module->forward_calls);
		print_flow(&module->in);
		print_flow(&module->out);
		for (uint32_t a = 0; a < def->attr_count; a++) {
			opj_print(stdout, OPJ_PLAIN, "%s%s=", a ? " " : "  ", def->attrs[a].key);
			print_value(def->attrs[a]);
		}
		putchar('\n');
	}
	fputs("\nNonzero: mean over the tensors of all forward calls. binary: every value was 0 or 1, spikes.\n",
	      stdout);
	print_unseen(info);
}

static void print_stages(const struct opj_info *info)
{
	putchar('\n');
	opj_print(stdout, OPJ_HEADING, "%12s  stage", "ops");
	putchar('\n');
	for (uint32_t stage = 0; stage < opj_trace_stage_count(info->trace); stage++) {
		const char *name = opj_trace_stage_name(info->trace, stage);
		uint64_t total = opj_info_stage_total(info, stage);
		if (!total)
			continue;
		opj_print(stdout, OPJ_PLAIN, "%12llu  %s", (unsigned long long)total, name[0] ? name : "(none)");
		putchar('\n');
	}
}

static void print_op(const struct opj_info *info, uint32_t op)
{
	const struct opj_info_op *counts = &info->ops[op];
	opj_print(stdout, OPJ_PLAIN, "%12llu  %-40s", (unsigned long long)counts->count,
		  opj_trace_op_name(info->trace, op));
	const char *separator = "  ";
	for (uint32_t stage = 0; stage < opj_trace_stage_count(info->trace); stage++) {
		uint64_t count = opj_info_op_in_stage(info, op, stage);
		const char *name = opj_trace_stage_name(info->trace, stage);
		if (count) {
			opj_print(stdout, OPJ_PLAIN, "%s%s %llu", separator, name[0] ? name : "(none)",
				  (unsigned long long)count);
			separator = ", ";
		}
	}
	if (counts->duration_ns)
		printf("; %.3f ms", (double)counts->duration_ns / 1e6);
	putchar('\n');
}

void opj_info_print(const struct opj_info *info)
{
	print_manifest(info);
	print_modules(info);
	print_stages(info);
	putchar('\n');
	opj_print(stdout, OPJ_HEADING, "%12s  %-40s  stages", "ops", "name");
	putchar('\n');
	for (uint32_t op = 0; op < opj_trace_op_name_count(info->trace) && op < info->op_capacity; op++) {
		if (info->ops[op].count)
			print_op(info, op);
	}
}
