/* record/session/packets.c: whether the packets of a chunk are all there.
 *
 * Beside each stream file LTTng writes an index, one entry per packet: big-endian numbers after a header of 16 bytes
 * (magic, major, minor, size of an entry). Packets of a stream are numbered from 0, through all chunks, and carry the
 * tracer's count of dropped events; so a hole shows, and so does a packet that did not reach the disk. */
#include "packets.h"
#include "folder.h"
#include "record/base/vector.h"
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define INDEX_MAGIC 0xC1F1DCC1u
#define HEADER_BITS (84 * 8) /* of a packet without events, as LTTng-UST writes it */

/* The fields of an entry, in its order. */
enum field { OFFSET, PACKET_BITS, CONTENT_BITS, BEGIN, END, DISCARDED, STREAM, INSTANCE, SEQUENCE, FIELDS };

static struct opj_packet_stream *find_stream(struct opj_packets *packets, const char *file)
{
	for (uint32_t i = 0; i < packets->count; i++) {
		if (strcmp(packets->streams[i].file, file) == 0)
			return &packets->streams[i];
	}
	struct opj_packet_stream *stream = OPJ_PUSH(packets->streams, packets->count);
	if (stream)
		snprintf(stream->file, sizeof stream->file, "%s", file);
	return stream;
}

/* Counts one packet; returns what is lost before it. */
static uint64_t count_packet(struct opj_packet_stream *stream, const uint64_t *entry, bool *events)
{
	uint64_t lost = 0;
	if (entry[SEQUENCE] > stream->next)
		lost += entry[SEQUENCE] - stream->next;
	if (entry[DISCARDED] > stream->discarded)
		lost += entry[DISCARDED] - stream->discarded;
	stream->next = entry[SEQUENCE] + 1;
	stream->discarded = entry[DISCARDED];
	if (entry[CONTENT_BITS] > HEADER_BITS)
		*events = true;
	return lost;
}

/* Reads an open index; *bytes receives the size that its stream file must have. */
static int read_index(FILE *file, struct opj_packet_stream *stream, uint64_t *bytes, uint64_t *lost, bool *events)
{
	uint32_t header[4];
	uint64_t entry[FIELDS];
	*bytes = 0;
	if (fread(header, sizeof header, 1, file) != 1 || be32toh(header[0]) != INDEX_MAGIC ||
	    be32toh(header[3]) < sizeof entry)
		return -1;
	long rest = (long)(be32toh(header[3]) - sizeof entry);
	while (fread(entry, sizeof entry, 1, file) == 1) {
		for (int i = 0; i < FIELDS; i++)
			entry[i] = be64toh(entry[i]);
		*lost += count_packet(stream, entry, events);
		*bytes += entry[PACKET_BITS] / 8;
		if (rest > 0 && fseek(file, rest, SEEK_CUR) < 0)
			return -1;
	}
	return ferror(file) ? -1 : 0;
}

static int check_stream(struct opj_packets *packets, const char *dir, const char *index, uint64_t *lost, bool *events,
			struct opj_error *err)
{
	int length = (int)strlen(index) - (int)strlen(".idx");
	char *name = opj_path("%.*s", length > 0 ? length : 0, index);
	char *index_path = opj_path("%s/index/%s", dir, index);
	char *data_path = opj_path("%s/%s", dir, name ? name : "");
	struct opj_packet_stream *stream = name ? find_stream(packets, name) : NULL;
	FILE *file = index_path ? fopen(index_path, "re") : NULL;
	struct stat info = {0};
	uint64_t bytes = 0;
	int result = 0;
	if (!stream || !data_path || !index_path)
		result = opj_fail(err, "%s: out of memory", dir);
	else if (!file || read_index(file, stream, &bytes, lost, events) < 0)
		result = opj_fail(err, "%s: not an LTTng index: %s", index_path, strerror(errno));
	else if (stat(data_path, &info) < 0 || (uint64_t)info.st_size < bytes)
		*lost += 1;
	if (file)
		fclose(file);
	free(data_path);
	free(index_path);
	free(name);
	return result;
}

int opj_packets_check(struct opj_packets *packets, const char *dir, uint64_t *lost, bool *events, struct opj_error *err)
{
	char **names = NULL;
	char *folder = opj_path("%s/index", dir);
	int count = folder ? opj_folder_list(folder, &names, err) : opj_fail(err, "%s: out of memory", dir);
	int result = count < 0 ? -1 : 0;
	*events = false;
	for (int i = 0; i < count && result == 0; i++)
		result = check_stream(packets, dir, names[i], lost, events, err);
	opj_folder_free(names, count);
	free(folder);
	return result;
}

void opj_packets_finish(struct opj_packets *packets)
{
	free(packets->streams);
	*packets = (struct opj_packets){0};
}
