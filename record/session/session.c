/* record/session/session.c: one LTTng session, by way of liblttng-ctl.
 *
 * Buffers are per process, so that processes never mix in a file and those of strangers are told apart by their pid.
 * The channel blocks without limit: with LTTNG_UST_ALLOW_BLOCKING=1 nothing is lost, a fast process waits. Everything
 * here talks to the daemon only; files are none of its business. */
#include "session.h"
#include "folder.h"
#include <fcntl.h>
#include <lttng/destruction-handle.h>
#include <lttng/lttng.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define CHANNEL "ops"
#define SUBBUFFERS 4
#define SUBBUFFER_MAX ((uint64_t)1 << 20)
#define SUBBUFFER_MIN ((uint64_t)1 << 18)   /* the largest event that can be recorded is a little smaller */
#define PROCESS_BUDGET ((uint64_t)32 << 20) /* shared memory for one recorded process, over all its CPUs */
#define DRAIN_WAIT_MS 60000

struct opj_session {
	char name[64];
	struct lttng_handle *handle;
	struct lttng_rotation_handle *rotation;
	bool exists; /* in the daemon */
	bool stopped;
};

/* A size per CPU that keeps a process within its budget of shared memory, of which containers often have little. */
static uint64_t choose_subbuffer(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	uint64_t budget = PROCESS_BUDGET;
	uint64_t share = opj_folder_room("/dev/shm") / 4;
	if (share < budget)
		budget = share;
	uint64_t size = SUBBUFFER_MAX;
	while (size > SUBBUFFER_MIN && size * SUBBUFFERS * (uint64_t)(cpus > 0 ? cpus : 1) > budget)
		size /= 2;
	return size;
}

static int check(const struct opj_session *session, const char *what, int result, struct opj_error *err)
{
	return result < 0
		   ? opj_fail(err, "LTTng session %s: cannot %s: %s", session->name, what, lttng_strerror(result))
		   : 0;
}

static int enable_channel(struct opj_session *session, struct lttng_domain *domain, struct opj_error *err)
{
	struct lttng_channel *channel = lttng_channel_create(domain);
	if (!channel)
		return opj_fail(err, "out of memory");
	snprintf(channel->name, sizeof channel->name, "%s", CHANNEL);
	channel->attr.overwrite = 0;
	channel->attr.subbuf_size = choose_subbuffer();
	channel->attr.num_subbuf = SUBBUFFERS;
	channel->attr.switch_timer_interval = 0;
	channel->attr.read_timer_interval = 0;
	channel->attr.output = LTTNG_EVENT_MMAP;
	int result = lttng_channel_set_blocking_timeout(channel, -1);
	if (result == 0)
		result = lttng_enable_channel(session->handle, channel);
	lttng_channel_destroy(channel);
	return check(session, "make a channel that blocks", result, err);
}

static int enable_events(struct opj_session *session, struct opj_error *err)
{
	struct lttng_event *rule = lttng_event_create();
	if (!rule)
		return opj_fail(err, "out of memory");
	rule->type = LTTNG_EVENT_TRACEPOINT;
	rule->loglevel_type = LTTNG_EVENT_LOGLEVEL_ALL;
	snprintf(rule->name, sizeof rule->name, "opjoule:*");
	int result = lttng_enable_event(session->handle, rule, CHANNEL);
	lttng_event_destroy(rule);
	return check(session, "enable the events opjoule:*", result, err);
}

static int make(struct opj_session *session, const char *output, struct opj_error *err)
{
	struct lttng_session_descriptor *descriptor = lttng_session_descriptor_local_create(session->name, output);
	if (!descriptor)
		return opj_fail(err, "LTTng session %s: cannot be described: output folder %s", session->name, output);
	int result = -(int)lttng_create_session_ext(descriptor);
	lttng_session_descriptor_destroy(descriptor);
	if (result != -LTTNG_OK)
		return check(session, "be made", result, err);
	session->exists = true;
	return 0;
}

/* Whether the process that made a session is gone: nobody holds the lock beside its output folder. Not to be told: no.
 */
static bool is_orphan(const struct lttng_session *session)
{
	if (strncmp(session->name, "opjoule-", 8) != 0)
		return false;
	char *path = opj_path("%s/../" OPJ_SESSION_LOCK, session->path);
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
	bool orphan = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
	if (fd >= 0)
		close(fd);
	free(path);
	return orphan;
}

/* Takes down what recordings left that were killed: such a session would fill the disk, and then hold everybody up. Its
 * files stay. */
static void sweep(void)
{
	struct lttng_session *sessions = NULL;
	int count = lttng_list_sessions(&sessions);
	for (int i = 0; i < count; i++) {
		if (is_orphan(&sessions[i]))
			lttng_destroy_session_no_wait(sessions[i].name);
	}
	free(sessions);
}

struct opj_session *opj_session_create(const char *output, struct opj_error *err)
{
	struct lttng_domain domain = {.type = LTTNG_DOMAIN_UST, .buf_type = LTTNG_BUFFER_PER_PID};
	struct opj_session *session = calloc(1, sizeof *session);
	struct timespec now;
	sweep();
	if (!session) {
		opj_fail(err, "out of memory");
		return NULL;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(session->name, sizeof session->name, "opjoule-%ld-%lld%09ld", (long)getpid(), (long long)now.tv_sec,
		 now.tv_nsec);
	if (make(session, output, err) < 0)
		goto fail;
	session->handle = lttng_create_handle(session->name, &domain);
	if (!session->handle) {
		opj_fail(err, "out of memory");
		goto fail;
	}
	if (enable_channel(session, &domain, err) < 0 || enable_events(session, err) < 0 ||
	    check(session, "be started", lttng_start_tracing(session->name), err) < 0)
		goto fail;
	return session;
fail:
	opj_session_destroy(session);
	return NULL;
}

int opj_session_rotate(struct opj_session *session, struct opj_error *err)
{
	return check(session, "rotate", lttng_rotate_session(session->name, NULL, &session->rotation), err);
}

int opj_session_rotating(struct opj_session *session, struct opj_error *err)
{
	enum lttng_rotation_state state;
	if (!session->rotation)
		return 0;
	if (lttng_rotation_handle_get_state(session->rotation, &state) != LTTNG_ROTATION_STATUS_OK)
		state = LTTNG_ROTATION_STATE_ERROR;
	if (state == LTTNG_ROTATION_STATE_ONGOING)
		return 1;
	lttng_rotation_handle_destroy(session->rotation);
	session->rotation = NULL;
	if (state == LTTNG_ROTATION_STATE_ERROR)
		return opj_fail(err, "LTTng session %s: the rotation failed", session->name);
	return 0;
}

void opj_session_stop(struct opj_session *session)
{
	lttng_stop_tracing_no_wait(session->name);
	session->stopped = true;
}

static void nap(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

/* Waits until the daemon has written everything, a rotation under way included. */
static int drain(struct opj_session *session, struct opj_error *err)
{
	for (int waited = 0; waited < DRAIN_WAIT_MS; waited += 5) {
		int pending = lttng_data_pending(session->name);
		if (pending < 0)
			return check(session, "be waited for", pending, err);
		if (pending == 0 && opj_session_rotating(session, NULL) <= 0)
			return 0;
		nap();
	}
	return opj_fail(err, "LTTng session %s: the trace is still not written after %d s", session->name,
			DRAIN_WAIT_MS / 1000);
}

static int count_lost(struct opj_session *session, uint64_t *lost, struct opj_error *err)
{
	struct lttng_channel *channels = NULL;
	int count = lttng_list_channels(session->handle, &channels);
	if (count < 0)
		return check(session, "list its channel", count, err);
	for (int i = 0; i < count; i++) {
		uint64_t events = 0, packets = 0;
		lttng_channel_get_discarded_event_count(&channels[i], &events);
		lttng_channel_get_lost_packet_count(&channels[i], &packets);
		*lost += events + packets;
	}
	free(channels);
	return 0;
}

/* Takes the session down and waits for it: the last chunk of a rotated session is complete only then. */
static int take_down(struct opj_session *session, struct opj_error *err)
{
	struct lttng_destruction_handle *handle = NULL;
	session->exists = false;
	enum lttng_error_code code = lttng_destroy_session_ext(session->name, &handle);
	if (code != LTTNG_OK)
		return check(session, "be taken down", -(int)code, err);
	enum lttng_destruction_handle_status status = LTTNG_DESTRUCTION_HANDLE_STATUS_TIMEOUT;
	for (int waited = 0; waited < DRAIN_WAIT_MS && status == LTTNG_DESTRUCTION_HANDLE_STATUS_TIMEOUT; waited += 5)
		status = lttng_destruction_handle_wait_for_completion(handle, 5);
	lttng_destruction_handle_destroy(handle);
	if (status != LTTNG_DESTRUCTION_HANDLE_STATUS_COMPLETED)
		return opj_fail(err, "LTTng session %s: the daemon does not complete it", session->name);
	return 0;
}

int opj_session_finish(struct opj_session *session, uint64_t *lost, struct opj_error *err)
{
	*lost = 0;
	int stopped =
	    session->stopped ? 0 : check(session, "be stopped", lttng_stop_tracing_no_wait(session->name), err);
	if (stopped == 0)
		stopped = drain(session, err);
	if (stopped == 0)
		stopped = count_lost(session, lost, err);
	if (take_down(session, stopped == 0 ? err : NULL) < 0)
		return -1;
	return stopped;
}

void opj_session_destroy(struct opj_session *session)
{
	if (!session)
		return;
	lttng_rotation_handle_destroy(session->rotation);
	if (session->exists)
		take_down(session, NULL);
	lttng_destroy_handle(session->handle);
	free(session);
}
