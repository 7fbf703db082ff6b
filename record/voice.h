/* record/voice.h: which of a process's recorders writes.
 *
 * A process has one stream of events with one numbering, so at most one recorder speaks at a time: the first that
 * writes. */
#ifndef OPJ_RECORD_VOICE_H
#define OPJ_RECORD_VOICE_H

#include <stdbool.h>
#include <stdint.h>

struct opj_recorder;

/* A number for a new recorder, never given twice. */
uint64_t opj_voice_generation(void);

/* Whether events of `rec` may be written: it is the process's recorder, or becomes it, and this is not a forked child.
 * Counts a problem when another recorder speaks. */
bool opj_recorder_speaks(struct opj_recorder *rec);

/* `rec` speaks no more; another may. */
void opj_voice_release(struct opj_recorder *rec);

void opj_recorder_problem(struct opj_recorder *rec);

#endif
