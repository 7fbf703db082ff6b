/* tests/unit/test_archive.c: archives written, read back, and everything that can be wrong with one.
 *
 * Good archives come from the writer, bad ones are built by hand here: a tar by libarchive, frames by zstd, a footer
 * byte by byte. Each test has a folder of its own that is TMPDIR as well; it must be empty of unpacked files in the
 * end.
 */
#include "record/session/archive_writer.h"
#include "replay/archive/archive.h"
#include <archive.h>
#include <archive_entry.h>
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

static char home[64], temp[80], file[80];

static void setup(void)
{
	strcpy(home, "/tmp/opj-test-XXXXXX");
	cr_assert(mkdtemp(home));
	snprintf(temp, sizeof temp, "%s/tmp", home);
	snprintf(file, sizeof file, "%s/x.opj", home);
	cr_assert(mkdir(temp, 0700) == 0);
	setenv("TMPDIR", temp, 1);
}

static int delete_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
	(void)info, (void)type, (void)where;
	return remove(path);
}

static int count_entries(const char *path)
{
	int count = 0;
	DIR *dir = opendir(path);
	cr_assert(dir);
	for (struct dirent *entry; (entry = readdir(dir));)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

static void teardown(void)
{
	cr_expect_eq(count_entries(temp), 0, "something stayed unpacked");
	nftw(home, delete_one, 16, FTW_DEPTH | FTW_PHYS);
}

TestSuite(archive, .init = setup, .fini = teardown);

/* Bytes that grow. */
struct bytes {
	unsigned char *data;
	size_t size;
};

static void append(struct bytes *bytes, const void *data, size_t size)
{
	bytes->data = realloc(bytes->data, bytes->size + size + 1);
	cr_assert(bytes->data);
	memcpy(bytes->data + bytes->size, data, size);
	bytes->size += size;
}

static void append_le(struct bytes *bytes, uint64_t value, int size)
{
	unsigned char raw[8];
	for (int i = 0; i < size; i++)
		raw[i] = (unsigned char)(value >> 8 * i);
	append(bytes, raw, (size_t)size);
}

static struct bytes load(const char *path)
{
	struct bytes bytes = {0};
	char buffer[65536];
	FILE *in = fopen(path, "r");
	cr_assert(in, "%s", path);
	for (size_t n; (n = fread(buffer, 1, sizeof buffer, in)) > 0;)
		append(&bytes, buffer, n);
	fclose(in);
	return bytes;
}

static void store(const char *path, const void *data, size_t size)
{
	FILE *out = fopen(path, "w");
	cr_assert(out, "%s", path);
	cr_assert(fwrite(data, 1, size, out) == size);
	fclose(out);
}

/* A member of a tar made by hand. */
struct member {
	const char *name;
	const char *data; /* NULL: size zeros */
	size_t size;      /* 0: strlen(data) */
	const char *link; /* symlink or hardlink target */
	unsigned type;    /* 0: a regular file; AE_IFLNK, AE_IFIFO, … or HARDLINK */
};

#define HARDLINK 1u

static la_ssize_t collect(struct archive *tar, void *data, const void *bytes, size_t size)
{
	(void)tar;
	append(data, bytes, size);
	return (la_ssize_t)size;
}

/* The members in one zstd frame with a checksum. */
static void append_frame(struct bytes *out, const struct member *members, size_t count)
{
	struct bytes tar = {0};
	struct archive *writer = archive_write_new();
	archive_write_set_format_pax_restricted(writer);
	archive_write_set_bytes_per_block(writer, 0);
	archive_write_open(writer, &tar, NULL, collect, NULL);
	for (size_t i = 0; i < count; i++) {
		const struct member *member = &members[i];
		size_t size = member->size ? member->size : member->data ? strlen(member->data) : 0;
		struct archive_entry *entry = archive_entry_new();
		archive_entry_set_pathname(entry, member->name);
		archive_entry_set_perm(entry, 0644);
		archive_entry_set_filetype(entry, member->type > HARDLINK ? member->type : AE_IFREG);
		if (member->type == HARDLINK)
			archive_entry_set_hardlink(entry, member->link);
		else if (member->link)
			archive_entry_set_symlink(entry, member->link);
		archive_entry_set_size(entry, member->type ? 0 : (int64_t)size);
		cr_assert(archive_write_header(writer, entry) >= ARCHIVE_WARN, "%s", archive_error_string(writer));
		for (size_t done = 0; !member->type && done < size;) {
			static const char zeros[65536];
			size_t n = member->data ? size : size - done < sizeof zeros ? size - done : sizeof zeros;
			cr_assert(archive_write_data(writer, member->data ? member->data : zeros, n) == (la_ssize_t)n);
			done += n;
		}
		archive_entry_free(entry);
	}
	archive_write_finish_entry(writer);
	size_t end = tar.size;
	archive_write_free(writer);
	tar.size = end; /* no end-of-archive blocks: a frame in the middle */
	ZSTD_CCtx *zstd = ZSTD_createCCtx();
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
	size_t bound = ZSTD_compressBound(tar.size);
	unsigned char *packed = malloc(bound);
	size_t size = ZSTD_compress2(zstd, packed, bound, tar.data, tar.size);
	cr_assert(!ZSTD_isError(size));
	append(out, packed, size);
	ZSTD_freeCCtx(zstd);
	free(packed);
	free(tar.data);
}

static void append_footer(struct bytes *out, uint64_t offset, uint64_t size)
{
	append_le(out, 0x184D2A50, 4);
	append_le(out, 24, 4);
	append(out, "opjfoot1", 8);
	append_le(out, offset, 8);
	append_le(out, size, 8);
}

/* An archive with this manifest, stored as `file`. */
static void build(const struct bytes *chunk, const char *manifest)
{
	struct bytes out = {0};
	append(&out, chunk->data, chunk->size);
	append_frame(&out, &(struct member){.name = "manifest.json", .data = manifest}, 1);
	append_footer(&out, chunk->size, out.size - chunk->size);
	store(file, out.data, out.size);
	free(out.data);
}

/* A manifest that is right but for what `field`, if any, puts in the place of the field of the same name. */
static char *manifest_with(uint64_t size, uint64_t raw_size, const char *field)
{
	char chunks[256];
	snprintf(
	    chunks, sizeof chunks,
	    "[{\"pid\":7,\"name\":\"net\",\"ops\":5,\"ended\":true,\"chunks\":[{\"path\":\"trace/1/1\",\"offset\":0,"
	    "\"size\":%llu,\"raw_size\":%llu}]}]",
	    (unsigned long long)size, (unsigned long long)raw_size);
	const char *fields[][2] = {{"opj", "1"},
				   {"schema", "{\"major\":1,\"minor\":0}"},
				   {"tool", "\"opjoule 0.1.0\""},
				   {"framework", "\"test\""},
				   {"model", "\"Net\""},
				   {"input", "\"float32[1,4]\""},
				   {"command", "[\"run it\",\"a=b\",\"it's\"]"},
				   {"ops", "5"},
				   {"lost_events", "0"},
				   {"complete", "true"},
				   {"processes", chunks}};
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		size_t name = strlen(fields[i][0]);
		bool replaced = field && strncmp(field, fields[i][0], name) == 0 && field[name] == '=';
		fprintf(out, "%s\"%s\":%s", i ? "," : "{", fields[i][0], replaced ? field + name + 1 : fields[i][1]);
	}
	fputs("}", out);
	fclose(out);
	return text;
}

/* An archive of one chunk with these members; raw_size as the manifest gives it. */
static void build_chunk(const struct member *members, size_t count, uint64_t raw_size, const char *field)
{
	struct bytes chunk = {0};
	append_frame(&chunk, members, count);
	char *manifest = manifest_with(chunk.size, raw_size, field);
	build(&chunk, manifest);
	free(manifest);
	free(chunk.data);
}

static void expect_open_fails(const char *words)
{
	struct opj_error err = {0};
	struct opj_archive *archive = opj_archive_open(file, &err);
	cr_expect_null(archive);
	cr_expect(strstr(err.text, words), "\"%s\" is not in \"%s\"", words, err.text);
	cr_expect(strstr(err.text, file), "\"%s\" does not name the file", err.text);
	opj_archive_close(archive);
}

static void expect_unpack_fails(const char *words)
{
	struct opj_error err = {0};
	struct opj_archive *archive = opj_archive_open(file, &err);
	cr_assert(archive, "%s", err.text);
	cr_expect_null(opj_archive_unpack(archive, 0, 0, &err));
	cr_expect(strstr(err.text, words), "\"%s\" is not in \"%s\"", words, err.text);
	opj_archive_close(archive);
}

/* The writer and the reader ------------------------------------------------------------------------------------- */

static void expect_file(const char *dir, const char *name, const char *data, size_t size)
{
	char path[512];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	struct bytes bytes = load(path);
	cr_expect_eq(bytes.size, size);
	cr_expect(size == 0 || memcmp(bytes.data, data, size) == 0, "%s differs", path);
	free(bytes.data);
}

/* A folder like a CTF trace: metadata, a stream of `size` bytes that begin with `first`, an index, an empty stream. */
static void make_trace(const char *dir, unsigned char first, size_t size)
{
	char path[256];
	unsigned char *stream = malloc(size);
	for (size_t i = 0; i < size; i++)
		stream[i] = (unsigned char)(first + i * i % 251);
	mkdir(dir, 0700);
	snprintf(path, sizeof path, "%s/metadata", dir);
	store(path, "/* CTF 1.8 */", 13);
	snprintf(path, sizeof path, "%s/ops_0", dir);
	store(path, stream, size);
	snprintf(path, sizeof path, "%s/ops_1", dir);
	store(path, "", 0);
	snprintf(path, sizeof path, "%s/index", dir);
	mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/index/ops_0.idx", dir);
	store(path, "index", 5);
	free(stream);
}

static struct opj_archive_writer *writer_open(void)
{
	struct opj_error err = {0};
	struct opj_archive_writer *writer = opj_archive_writer_create(file, 3, NULL, NULL, &err);
	cr_assert(writer, "%s", err.text);
	return writer;
}

/* An archive of one process with two chunks, of 100000 and 300 bytes in ops_0. */
static void write_archive(void)
{
	struct opj_error err = {0};
	struct opj_archive_frame frames[2];
	char dirs[2][80], manifest[2048];
	struct opj_archive_writer *writer = writer_open();
	for (int i = 0; i < 2; i++) {
		snprintf(dirs[i], sizeof dirs[i], "%s/trace%d", home, i);
		make_trace(dirs[i], (unsigned char)i, i ? 300 : 100000);
		cr_assert(opj_archive_writer_add(writer, i ? "trace/1/2" : "trace/1/1", dirs[i], &frames[i], &err) == 0,
			  "%s", err.text);
		cr_expect_eq(frames[i].raw_size, 13 + 5 + (i ? 300 : 100000));
	}
	cr_expect_eq(frames[0].offset, 0);
	cr_expect_eq(frames[1].offset, frames[0].size);
	int length = snprintf(
	    manifest, sizeof manifest,
	    "{\"opj\":1,\"schema\":{\"major\":1,\"minor\":2},\"command\":[\"run it\",\"a=b\",\"it's\",\"\"],\"ops\":9,"
	    "\"host\":\"\\u00fc\",\"lost_events\":0,\"complete\":false,\"why\":\"killed\",\"later\":[],\"processes\":["
	    "{\"pid\":7,\"name\":\"net\",\"ops\":9,\"ended\":false,\"chunks\":["
	    "{\"path\":\"trace/1/1\",\"offset\":0,\"size\":%llu,\"raw_size\":%llu},"
	    "{\"path\":\"trace/1/2\",\"offset\":%llu,\"size\":%llu,\"raw_size\":%llu}]}]}",
	    (unsigned long long)frames[0].size, (unsigned long long)frames[0].raw_size,
	    (unsigned long long)frames[1].offset, (unsigned long long)frames[1].size,
	    (unsigned long long)frames[1].raw_size);
	cr_assert(opj_archive_writer_finish(writer, manifest, (size_t)length, &err) == 0, "%s", err.text);
	opj_archive_writer_destroy(writer);
}

static void expect_chunk(const char *dir, int chunk)
{
	size_t size = chunk ? 300 : 100000;
	char *stream = malloc(size);
	for (size_t i = 0; i < size; i++)
		stream[i] = (char)((size_t)chunk + i * i % 251);
	expect_file(dir, "metadata", "/* CTF 1.8 */", 13);
	expect_file(dir, "ops_0", stream, size);
	expect_file(dir, "ops_1", "", 0);
	expect_file(dir, "index/ops_0.idx", "index", 5);
	free(stream);
}

Test(archive, what_is_written_is_read)
{
	struct opj_error err = {0};
	write_archive();
	struct opj_archive *archive = opj_archive_open(file, &err);
	cr_assert(archive, "%s", err.text);
	const struct opj_manifest *manifest = opj_archive_manifest(archive);
	cr_expect_eq(manifest->schema_minor, 2);
	cr_expect_str_eq(manifest->command, "'run it' a=b 'it'\\''s' ''");
	cr_expect_str_eq(manifest->host, "\xC3\xBC");
	cr_expect_str_eq(manifest->why, "killed");
	cr_expect_str_eq(manifest->model, "");
	cr_expect(!manifest->complete);
	cr_expect_eq(manifest->ops, 9);
	cr_assert_eq(opj_archive_process_count(archive), 1);
	cr_expect_null(opj_archive_process(archive, 1));
	const struct opj_archive_process *process = opj_archive_process(archive, 0);
	cr_expect_eq(process->pid, 7);
	cr_expect_str_eq(process->name, "net");
	cr_expect(!process->ended);
	cr_assert_eq(process->chunk_count, 2);
	cr_expect_eq(process->raw_size, 13 + 5 + 100000 + 13 + 5 + 300);
	cr_expect_eq(count_entries(temp), 0);
	const char *first = opj_archive_unpack(archive, 0, 0, &err);
	cr_assert(first, "%s", err.text);
	const char *second = opj_archive_unpack(archive, 0, 1, &err);
	cr_assert(second, "%s", err.text);
	expect_chunk(first, 0);
	expect_chunk(second, 1);
	struct stat info;
	cr_assert(stat(first, &info) == 0);
	cr_expect_eq(info.st_mode & 0777, 0700);
	char gone[256];
	snprintf(gone, sizeof gone, "%s", first);
	opj_archive_discard(archive, first);
	cr_expect(access(gone, F_OK) < 0);
	expect_chunk(second, 1);
	cr_expect_null(opj_archive_unpack(archive, 0, 2, &err));
	cr_expect_null(opj_archive_unpack(archive, 1, 0, &err));
	opj_archive_close(archive); /* with the second still there */
}

Test(archive, a_failed_chunk_leaves_the_rest_whole)
{
	struct opj_error err = {0};
	struct opj_archive_frame bad, good;
	char dir[96], link[112];
	struct opj_archive_writer *writer = writer_open();
	snprintf(dir, sizeof dir, "%s/bad", home);
	make_trace(dir, 1, 50000);
	snprintf(link, sizeof link, "%s/zzz", dir);
	cr_assert(symlink("/etc/passwd", link) == 0);
	cr_expect(opj_archive_writer_add(writer, "trace/1/1", dir, &bad, &err) < 0);
	cr_expect(strstr(err.text, link), "%s", err.text);
	cr_assert(unlink(link) == 0);
	cr_assert(opj_archive_writer_add(writer, "trace/1/1", dir, &good, &err) == 0, "%s", err.text);
	cr_expect_eq(good.offset, 0);
	char *manifest = manifest_with(good.size, good.raw_size, NULL);
	cr_assert(opj_archive_writer_finish(writer, manifest, strlen(manifest), &err) == 0, "%s", err.text);
	opj_archive_writer_destroy(writer);
	free(manifest);
	struct opj_archive *archive = opj_archive_open(file, &err);
	cr_assert(archive, "%s", err.text);
	const char *unpacked = opj_archive_unpack(archive, 0, 0, &err);
	cr_assert(unpacked, "%s", err.text);
	expect_file(unpacked, "metadata", "/* CTF 1.8 */", 13);
	opj_archive_close(archive);
}

/* No file of this process may grow beyond so many bytes; writing there fails, as on a full disk. */
static void limit_files(rlim_t bytes)
{
	struct rlimit limit;
	signal(SIGXFSZ, SIG_IGN);
	cr_assert(getrlimit(RLIMIT_FSIZE, &limit) == 0);
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	cr_assert(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

/* zstd holds all of so small a chunk back until its frame ends. */
Test(archive, a_chunk_whose_last_bytes_find_no_room_is_a_failure)
{
	struct opj_error err = {0};
	struct opj_archive_frame frame;
	char dir[96];
	struct opj_archive_writer *writer = writer_open();
	snprintf(dir, sizeof dir, "%s/small", home);
	make_trace(dir, 1, 300);
	limit_files(20);
	cr_expect(opj_archive_writer_add(writer, "trace/1/1", dir, &frame, &err) < 0);
	limit_files(RLIM_INFINITY);
	cr_expect(strstr(err.text, "x.opj: cannot write: File too large"), "%s", err.text);
	cr_expect(opj_archive_writer_add(writer, "trace/1/1", dir, &frame, &err) == 0, "%s", err.text);
	cr_expect_eq(frame.offset, 0);
	opj_archive_writer_destroy(writer);
}

Test(archive, one_writer_at_a_time)
{
	struct opj_error err = {0};
	struct opj_archive_writer *writer = writer_open();
	cr_expect_null(opj_archive_writer_create(file, 3, NULL, NULL, &err));
	cr_expect(strstr(err.text, "another recording"), "%s", err.text);
	opj_archive_writer_destroy(writer);
	cr_expect(access(file, F_OK) < 0, "an empty archive stays behind");
}

/* Not an archive ------------------------------------------------------------------------------------------------ */

Test(archive, missing)
{
	expect_open_fails("No such file");
}

Test(archive, folder)
{
	cr_assert(mkdir(file, 0700) == 0);
	expect_open_fails("not a regular file");
}

Test(archive, empty)
{
	store(file, "", 0);
	expect_open_fails("empty");
}

Test(archive, foreign)
{
	store(file, "hello, this is text of some length, longer than the footer\n", 59);
	expect_open_fails("not an opjoule archive");
	store(file, "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00", 20);
	expect_open_fails("not an opjoule archive");
	struct bytes plain = {0};
	append_frame(&plain, &(struct member){.name = "trace/1/1/metadata", .data = "x"}, 1);
	store(file, plain.data, plain.size);
	expect_open_fails("footer is missing");
	append_footer(&plain, 0, plain.size);
	store(file, plain.data, plain.size);
	expect_open_fails("no manifest.json");
	free(plain.data);
}

Test(archive, footer_of_another_file)
{
	struct bytes frame = {0};
	append_frame(&frame, &(struct member){.name = "manifest.json", .data = "{}"}, 1);
	size_t size = frame.size;
	const uint64_t wrong[][2] = {{1, size}, {0, size - 1}, {size, 0}, {UINT64_MAX, size + 1}};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		frame.size = size;
		append_footer(&frame, wrong[i][0], wrong[i][1]);
		store(file, frame.data, frame.size);
		expect_open_fails("the footer does not fit the file");
	}
	free(frame.data);
}

/* Sanitizers make every attempt twenty times as dear, and it is the same code at most offsets: they see some of them,
 * all near the ends. */
#if defined __SANITIZE_ADDRESS__
#define STRIDE 13
#else
#define STRIDE 1
#endif

static size_t next_offset(size_t at, size_t size)
{
	return at + (at < 64 || size - at <= 128 ? 1 : STRIDE);
}

Test(archive, cut_short_anywhere)
{
	write_archive();
	struct bytes whole = load(file);
	for (size_t size = 0; size<whole.size; size += size + 100> whole.size || size < 100 ? 1 : 37) {
		struct opj_error err = {0};
		store(file, whole.data, size);
		struct opj_archive *archive = opj_archive_open(file, &err);
		cr_expect_null(archive, "opens with %zu bytes of %zu", size, whole.size);
		cr_expect(err.text[0] != '\0');
		opj_archive_close(archive);
	}
	free(whole.data);
}

/* A byte that is not what was written is noticed, or makes no difference. */
Test(archive, any_byte_flipped)
{
	write_archive();
	struct bytes whole = load(file);
	size_t noticed = 0, tried = 0;
	for (size_t i = 0; i < whole.size; i = next_offset(i, whole.size), tried++) {
		struct opj_error err = {0};
		bool failed = false;
		whole.data[i] ^= (unsigned char)(1u << i % 8);
		store(file, whole.data, whole.size);
		whole.data[i] ^= (unsigned char)(1u << i % 8);
		struct opj_archive *archive = opj_archive_open(file, &err);
		for (uint32_t chunk = 0; archive && chunk < 2 && !failed; chunk++) {
			const char *dir = opj_archive_unpack(archive, 0, chunk, &err);
			if (dir)
				expect_chunk(dir, (int)chunk);
			failed = !dir;
		}
		failed |= !archive;
		cr_expect(!failed || err.text[0] != '\0', "byte %zu: no message", i);
		noticed += failed;
		opj_archive_close(archive);
	}
	cr_expect(noticed * 100 >= tried * 95, "only %zu of %zu noticed", noticed, tried);
	free(whole.data);
}

/* A manifest that lies ------------------------------------------------------------------------------------------- */

Test(archive, wrong_manifests)
{
	static const char *const cases[][2] = {
	    {"opj=2", "archive format 2"},
	    {"opj=\"1\"", "\"opj\""},
	    {"opj=1,\"opj\":1", "duplicate"},
	    {"schema=1", "\"major\""},
	    {"schema={\"major\":1,\"minor\":-1}", "\"minor\""},
	    {"tool=5", "\"tool\""},
	    {"model=null", "\"model\""},
	    {"command=\"ls\"", "\"command\""},
	    {"command=[1]", "\"command\""},
	    {"ops=-1", "\"ops\""},
	    {"ops=1.5", "\"ops\""},
	    {"ops=99999999999999999999", "too big"},
	    {"complete=1", "\"complete\""},
	    {"processes={}", "\"processes\""},
	    {"processes=[1]", "\"chunks\""},
	    {"processes=[{\"pid\":1,\"ops\":1,\"ended\":true,\"chunks\":[{}]}]", "\"offset\""},
	    {"processes=[{\"pid\":1,\"ops\":1,\"ended\":true,\"chunks\":[{\"path\":\"t\",\"offset\":0,\"size\":0,"
	     "\"raw_size\":1}]}]",
	     "outside"},
	    {"processes=[{\"pid\":1,\"ops\":1,\"ended\":true,\"chunks\":[{\"path\":\"t\",\"offset\":1,\"size\":100000,"
	     "\"raw_size\":1}]}]",
	     "outside"},
	    {"processes=[{\"pid\":1,\"ops\":1,\"ended\":true,\"chunks\":[{\"path\":\"t\",\"offset\":"
	     "9223372036854775807,\"size\":9223372036854775807,\"raw_size\":1}]}]",
	     "outside"},
	    {"processes=[{\"pid\":1,\"ops\":1,\"ended\":true,\"chunks\":[{\"path\":7,\"offset\":0,\"size\":1,"
	     "\"raw_size\":1}]}]",
	     "\"path\""},
	    {"lost_events=0,", "manifest.json"},
	    {"complete=tru", "manifest.json"},
	    {"ops=[[[[[[", "manifest.json"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		build_chunk(&(struct member){.name = "trace/1/1/metadata", .data = "x"}, 1, 1, cases[i][0]);
		expect_open_fails(cases[i][1]);
	}
}

Test(archive, manifest_of_another_name)
{
	struct bytes out = {0};
	append_frame(&out, &(struct member){.name = "../manifest.json", .data = "{}"}, 1);
	append_footer(&out, 0, out.size);
	store(file, out.data, out.size);
	expect_open_fails("no manifest.json");
	free(out.data);
}

/* Members that want out ------------------------------------------------------------------------------------------ */

Test(archive, unsafe_members)
{
	static const struct {
		struct member member;
		const char *words;
	} cases[] = {
	    {{.name = "/etc/evil", .data = "x"}, "refused"},
	    {{.name = "../evil", .data = "x"}, "refused"},
	    {{.name = "trace/1/1/../../../evil", .data = "x"}, "refused"},
	    {{.name = "trace/1/1/..", .data = "x"}, "refused"},
	    {{.name = "trace/1/1/./a", .data = "x"}, "refused"},
	    {{.name = "trace/1/1//a", .data = "x"}, "refused"},
	    {{.name = "trace/1/1", .data = "x"}, "refused"},
	    {{.name = "trace/1/11/a", .data = "x"}, "refused"},
	    {{.name = "trace/1/2/a", .data = "x"}, "refused"},
	    {{.name = "trace/1/1/link", .link = "/etc/passwd", .type = AE_IFLNK}, "link"},
	    {{.name = "trace/1/1/hard", .link = "/etc/passwd", .type = HARDLINK}, "link"},
	    {{.name = "trace/1/1/pipe", .type = AE_IFIFO}, "device"},
	    {{.name = "trace/1/1/dev", .type = AE_IFCHR}, "device"},
	    {{.name = "trace/1/1/big", .size = 100000000}, "more than the manifest"},
	    {{.name = "trace/1/1/none", .data = ""}, "less than the manifest"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		build_chunk(&cases[i].member, 1, 1, NULL);
		expect_unpack_fails(cases[i].words);
		cr_expect_eq(count_entries(temp), 0);
		cr_expect_eq(count_entries(home), 2, "something was written beside the temporary folder");
	}
}

/* The buffers that hold them are of some of these lengths: with sanitizers not a byte behind them is looked at. */
Test(archive, names_of_any_length)
{
	enum { LONGEST = 254 };
	static char names[LONGEST + 1][280];
	struct member members[LONGEST + 1];
	for (int i = 0; i <= LONGEST; i++) {
		snprintf(names[i], sizeof names[i], "trace/1/1/%0*d", i + 1, 0);
		members[i] = (struct member){.name = names[i], .data = "x"};
	}
	struct opj_error err = {0};
	build_chunk(members, LONGEST, LONGEST, NULL);
	struct opj_archive *archive = opj_archive_open(file, &err);
	cr_assert(archive, "%s", err.text);
	const char *dir = opj_archive_unpack(archive, 0, 0, &err);
	cr_assert(dir, "%s", err.text);
	for (int i = 0; i < LONGEST; i++)
		expect_file(dir, names[i] + strlen("trace/1/1/"), "x", 1);
	opj_archive_close(archive);
	build_chunk(&members[LONGEST], 1, 1, NULL);
	expect_unpack_fails("refused");
}

Test(archive, member_twice)
{
	const struct member twice[] = {{.name = "trace/1/1/a", .data = "x"}, {.name = "trace/1/1/a", .data = "y"}};
	build_chunk(twice, 2, 2, NULL);
	expect_unpack_fails("twice");
	const struct member below_file[] = {{.name = "trace/1/1/a", .data = "x"},
					    {.name = "trace/1/1/a/b", .data = "y"}};
	build_chunk(below_file, 2, 2, NULL);
	expect_unpack_fails("a/b");
	const struct member link_first[] = {{.name = "trace/1/1/a", .link = "/tmp", .type = AE_IFLNK},
					    {.name = "trace/1/1/a/b", .data = "y"}};
	build_chunk(link_first, 2, 1, NULL);
	expect_unpack_fails("link");
}

Test(archive, no_place_to_unpack)
{
	struct opj_error err = {0};
	write_archive();
	setenv("TMPDIR", "/nowhere", 1);
	struct opj_archive *archive = opj_archive_open(file, &err);
	cr_assert(archive, "%s", err.text);
	cr_expect_null(opj_archive_unpack(archive, 0, 0, &err));
	cr_expect(strstr(err.text, "/nowhere"), "%s", err.text);
	opj_archive_close(archive);
}
