/* replay/commands/info.h: what `opjoule info` gathers in one pass over a trace, and its two ways to show it. */
#ifndef OPJ_REPLAY_COMMANDS_INFO_H
#define OPJ_REPLAY_COMMANDS_INFO_H

#include "record/base/json.h"
#include "replay/core/activity.h"

struct opj_info_module {
	uint64_t forward_calls, backward_calls;
	struct opj_activity in, out; /* over all forward calls */
};

struct opj_info_op {
	uint64_t *by_stage; /* [stage_count] ops in each stage; [stage_capacity] */
	uint32_t stage_capacity;
	uint64_t count, duration_ns;
};

struct opj_info {
	struct opj_trace *trace;
	struct opj_info_module *modules; /* [module_capacity] by id of the module */
	struct opj_info_op *ops;         /* [op_capacity] by id of the op's name */
	uint32_t module_capacity, op_capacity;
	uint64_t op_count, call_count, optimizer_count, mark_count;
};

/* Replays the trace. -1: it is not right, or out of memory. `info` begins as {0} and is to be finished in any case. */
int opj_info_gather(struct opj_info *info, struct opj_trace *trace, struct opj_error *err);
void opj_info_finish(struct opj_info *info);

/* How often an op ran in a stage. */
uint64_t opj_info_op_in_stage(const struct opj_info *info, uint32_t op, uint32_t stage);
/* Ops of all names in a stage. */
uint64_t opj_info_stage_total(const struct opj_info *info, uint32_t stage);

void opj_info_print(const struct opj_info *info);
void opj_info_json(const struct opj_info *info, struct opj_json *json);

#endif
