/* analyze/engine/bibtex.c: splitting BibTeX into entries. Only as much of its grammar as it takes to find where entries
 * end and what to cite them by; fields are left to BibTeX. */
#include "bibtex.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Length of the entry that begins at '@'; 0: its braces do not match. */
static size_t entry_length(const char *entry)
{
	int depth = 0;
	for (const char *at = entry; *at; at++) {
		if (*at == '\\' && at[1])
			at++;
		else if (*at == '{')
			depth++;
		else if (*at == '}' && --depth == 0)
			return (size_t)(at - entry) + 1;
	}
	return 0;
}

/* Where the key stands; *length 0: there is none that could be cited. */
static const char *find_key(const char *entry, size_t *length)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.:_+/-";
	const char *at = entry + 1;
	*length = 0;
	while (isalpha((unsigned char)*at))
		at++;
	if (at == entry + 1 || *at++ != '{')
		return at;
	size_t key = strspn(at, letters);
	*length = at[key] == ',' ? key : 0;
	return at;
}

static int put(json_t *entries, json_t *keys, const char *key, size_t key_length, const char *entry, size_t length)
{
	char *name = strndup(key, key_length);
	int failed = !name;
	if (!failed && entries && !json_object_get(entries, name))
		failed = json_object_set_new(entries, name, json_stringn(entry, length));
	if (!failed && keys)
		failed = json_array_append_new(keys, json_string(name));
	free(name);
	return failed;
}

int opj_bibtex_split(const char *text, json_t *entries, json_t *keys, struct opj_error *err)
{
	for (const char *at = text ? text : ""; *at;) {
		if (isspace((unsigned char)*at)) {
			at++;
			continue;
		}
		size_t key_length, length;
		const char *key = find_key(at, &key_length);
		if (*at != '@' || !key_length)
			return opj_fail(err, "bibtex: an entry begins with @TYPE{KEY, and not with \"%.20s\"", at);
		length = entry_length(at);
		if (!length)
			return opj_fail(err, "bibtex: braces of entry %.*s do not match",
					(int)(key_length < 100 ? key_length : 100), key);
		if (put(entries, keys, key, key_length, at, length))
			return opj_fail(err, "bibtex: out of memory, or not UTF-8");
		at += length;
	}
	return 0;
}
