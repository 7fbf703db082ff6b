/* record/base/json_string.c: strings as JSON text, for definitions and for the manifest.
 *
 * A target board has no JSON library, and this is little: what comes out is always valid JSON in valid UTF-8. */
#include "json.h"
#include <stdio.h>

void opj_json_text(struct opj_buffer *out, const char *literal)
{
	opj_buffer_put(out, literal, strlen(literal));
}

/* Bytes of the UTF-8 character at `s`, 0 where there is none: no overlong forms, surrogates or code points past
 * U+10FFFF (Unicode 15, table 3-7). */
static size_t utf8_length(const unsigned char *s)
{
	bool overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
	bool outside = (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf4 && s[1] > 0x8f);
	return overlong || outside ? 0 : opj_character(s);
}

void opj_json_string(struct opj_buffer *out, const char *string)
{
	if (!string) {
		opj_json_text(out, "null");
		return;
	}
	opj_json_text(out, "\"");
	for (const unsigned char *s = (const unsigned char *)string; *s;) {
		char escape[8];
		size_t length = utf8_length(s);
		if (length == 0)
			opj_json_text(out, "\xef\xbf\xbd");
		else if (*s == '"' || *s == '\\')
			opj_buffer_put(out, escape, (size_t)snprintf(escape, sizeof escape, "\\%c", *s));
		else if (*s < 0x20 || *s == 0x7f)
			opj_buffer_put(out, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", *s));
		else
			opj_buffer_put(out, s, length);
		s += length ? length : 1;
	}
	opj_json_text(out, "\"");
}
