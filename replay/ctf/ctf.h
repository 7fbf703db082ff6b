/* replay/ctf/ctf.h: the recorded events of one process, chunk by chunk. */
#ifndef OPJ_REPLAY_CTF_CTF_H
#define OPJ_REPLAY_CTF_CTF_H

#include "replay/core/sink.h"

/* Whether `path` is a folder. */
bool opj_ctf_is_folder(const char *path);

/* Opens an archive, or a folder with the CTF trace of one process, and fills the trace's manifest. -1: damaged, or the
 * process that the options ask for is not there, or they do not say which of several. */
int opj_ctf_open(struct opj_trace *trace, struct opj_error *err);
/* Replays it. Nothing unpacked is left behind, whatever happens. */
int opj_ctf_replay(struct opj_trace *trace, struct opj_error *err);

#endif
