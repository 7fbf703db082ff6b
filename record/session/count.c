/* record/session/count.c: counts events by walking over them.
 *
 * What a recorder says of itself and what is in its trace can differ: a process that is killed in the middle of an
 * event leaves a buffer that LTTng cannot read. Only the length of events matters here, so of the metadata (CTF 1.8, as
 * text) just the ids and the sizes of fields are read. Everything LTTng-UST writes on machines that may read unaligned
 * words is aligned to bytes; where it is not, or where a packet does not end at the end of an event, nothing is
 * claimed. */
#include "count.h"
#include "folder.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EVENTS_MAX = 32, FIELDS_MAX = 64 };
enum { METADATA_HEADER = 37, PACKET_HEADER = 84 }; /* bytes before the text, before the events of a packet */

struct field {
	uint8_t size; /* bytes of an integer; 0: a string */
	bool many;    /* as many integers as the one before it says */
};

struct event {
	bool known, op;
	int count;
	struct field fields[FIELDS_MAX];
};

struct layout {
	struct event events[EVENTS_MAX]; /* by id */
};

struct bytes {
	uint8_t *data;
	size_t size;
};

static bool map_file(const char *dir, const char *name, struct bytes *file)
{
	struct stat info;
	char *path = opj_path("%s/%s", dir, name);
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
	bool opened = fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
	*file = (struct bytes){0};
	if (opened && info.st_size > 0) {
		file->size = (size_t)info.st_size;
		file->data = mmap(NULL, file->size, PROT_READ, MAP_PRIVATE, fd, 0);
		opened = file->data != MAP_FAILED;
		file->size = opened ? file->size : 0;
	}
	if (fd >= 0)
		close(fd);
	free(path);
	return opened;
}

static void unmap_file(struct bytes *file)
{
	if (file->size)
		munmap(file->data, file->size);
}

/* Bytes of the content and of the whole of a packet, which stand as bits, 32 or 64 wide, at `at`; false: it does not
 * fit. */
static bool packet_sizes(const struct bytes *file, size_t offset, size_t at, size_t width, size_t least,
			 size_t sizes[2])
{
	size_t left = file->size - offset;
	if (left < least)
		return false;
	for (int i = 0; i < 2; i++) {
		uint32_t narrow;
		uint64_t bits;
		memcpy(&narrow, file->data + offset + at + (size_t)i * width, sizeof narrow);
		memcpy(&bits, file->data + offset + at + (size_t)i * width, width == sizeof bits ? sizeof bits : 0);
		sizes[i] = (width == sizeof bits ? bits : narrow) / 8;
	}
	return sizes[0] >= least && sizes[0] <= sizes[1] && sizes[1] <= left;
}

/* The text of the metadata without its packets' headers; the caller frees. NULL: it is none. */
static char *metadata_text(const char *dir)
{
	struct bytes file;
	size_t length = 0, offset = 0, sizes[2];
	if (!map_file(dir, "metadata", &file))
		return NULL;
	char *text = malloc(file.size + 1);
	for (; text && offset < file.size; offset += sizes[1]) {
		if (!packet_sizes(&file, offset, 24, sizeof(uint32_t), METADATA_HEADER, sizes)) {
			free(text);
			text = NULL;
			break;
		}
		memcpy(text + length, file.data + offset + METADATA_HEADER, sizes[0] - METADATA_HEADER);
		length += sizes[0] - METADATA_HEADER;
	}
	if (text)
		text[length] = '\0';
	unmap_file(&file);
	return text;
}

/* One line of an event's fields. */
static bool parse_field(struct event *event, const char *line)
{
	unsigned size, align;
	if (event->count == FIELDS_MAX)
		return false;
	struct field *field = &event->fields[event->count++];
	*field = (struct field){0};
	if (strncmp(line, "string ", 7) == 0)
		return true;
	if (sscanf(line, "integer { size = %u; align = %u;", &size, &align) != 2 || align != 8 || size % 8 ||
	    size == 0 || size > 64)
		return false;
	field->size = (uint8_t)(size / 8);
	field->many = strchr(line, '[') != NULL;
	return !field->many || (event->count > 1 && event->fields[event->count - 2].size == sizeof(uint16_t));
}

/* Takes the text apart, line by line; what it says of one event stands between `event {` and `};`. */
static bool parse_layout(struct layout *layout, char *text)
{
	struct event *event = NULL;
	char name[64] = "", *rest = NULL;
	bool plain = strstr(text, "event.header := struct event_header_large;") != NULL;
	bool inside = false, fields = false; /* of an event, of its fields */
	*layout = (struct layout){0};
	for (char *line = strtok_r(text, "\n", &rest); line && plain; line = strtok_r(NULL, "\n", &rest)) {
		unsigned id;
		line += strspn(line, "\t ");
		if (strcmp(line, "event {") == 0) {
			inside = true;
			event = NULL;
		} else if (inside && sscanf(line, "name = \"%63[^\"]\";", name) == 1) {
			continue;
		} else if (inside && !event && sscanf(line, "id = %u;", &id) == 1) {
			plain = id < EVENTS_MAX && !layout->events[id].known;
			event = plain ? &layout->events[id] : NULL;
			if (event)
				*event = (struct event){.known = true,
							.op = strcmp(name, "opjoule:op") == 0 ||
							      strcmp(name, "opjoule:op_spike") == 0};
		} else if (event && strcmp(line, "fields := struct {") == 0) {
			fields = true;
		} else if (fields && line[0] == '}') {
			inside = fields = false;
			event = NULL;
		} else if (fields) {
			plain = parse_field(event, line);
		}
	}
	return plain;
}

/* The end of an event's fields, NULL where that is behind `end`. */
static const uint8_t *skip_fields(const struct event *event, const uint8_t *at, const uint8_t *end)
{
	uint16_t number = 0;
	for (int i = 0; i < event->count; i++) {
		const struct field *field = &event->fields[i];
		size_t left = (size_t)(end - at), size = field->many ? (size_t)field->size * number : field->size;
		if (field->size == 0) {
			const uint8_t *stop = memchr(at, '\0', left);
			size = stop ? (size_t)(stop - at) + 1 : SIZE_MAX;
		}
		if (size > left)
			return NULL;
		if (field->size == sizeof number && !field->many)
			memcpy(&number, at, sizeof number);
		at += size;
	}
	return at;
}

/* An event's header: id, 16 bits wide, and 32 bits of time; or 65535, the id in 32 bits and 64 bits of time. */
static bool count_packet(const struct layout *layout, const uint8_t *at, const uint8_t *end, struct opj_count *count)
{
	while (at && at < end) {
		uint16_t id;
		uint32_t wide;
		size_t left = (size_t)(end - at);
		if (left < sizeof id + sizeof wide)
			return false;
		memcpy(&id, at, sizeof id);
		memcpy(&wide, at + sizeof id, sizeof wide);
		size_t header = id == UINT16_MAX ? 14 : 6;
		wide = id == UINT16_MAX ? wide : id;
		if (left < header || wide >= EVENTS_MAX || !layout->events[wide].known)
			return false;
		at = skip_fields(&layout->events[wide], at + header, end);
		count->events += at != NULL;
		count->ops += at && layout->events[wide].op;
	}
	return at != NULL;
}

static bool count_stream(const struct layout *layout, const char *dir, const char *name, struct opj_count *count)
{
	struct bytes file;
	size_t offset = 0, sizes[2];
	bool good = map_file(dir, name, &file);
	for (; good && offset < file.size; offset += sizes[1]) {
		good = packet_sizes(&file, offset, 48, sizeof(uint64_t), PACKET_HEADER, sizes) &&
		       count_packet(layout, file.data + offset + PACKET_HEADER, file.data + offset + sizes[0], count);
	}
	unmap_file(&file);
	return good;
}

void opj_count_add(struct opj_count *count, const char *dir)
{
	struct layout layout;
	char **names = NULL, *text = metadata_text(dir);
	int files = opj_folder_list(dir, &names, NULL);
	bool good = text && files > 0 && parse_layout(&layout, text);
	for (int i = 0; i < files && good; i++) {
		if (strcmp(names[i], "metadata") != 0 && strcmp(names[i], "index") != 0)
			good = count_stream(&layout, dir, names[i], count);
	}
	count->unknown |= !good;
	opj_folder_free(names, files);
	free(text);
}
