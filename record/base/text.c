/* record/base/text.c: see text.h. */
#include "text.h"

uint32_t opj_text_next(const char **at)
{
	const unsigned char *p = (const unsigned char *)*at;
	size_t length = opj_character(p);
	*at += length ? length : 1;
	if (length < 2)
		return *p;
	uint32_t code = *p & (0x7fu >> length);
	for (size_t i = 1; i < length; i++)
		code = code << 6 | (p[i] & 0x3fu);
	return code;
}

static size_t width_of(uint32_t code)
{
	static const uint32_t wide[][2] = {{0x1100, 0x115f},   {0x2e80, 0xa4cf},  {0xac00, 0xd7a3}, {0xf900, 0xfaff},
					   {0xfe30, 0xfe6f},   {0xff00, 0xff60},  {0xffe0, 0xffe6}, {0x1f300, 0x1f64f},
					   {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};
	if ((code >= 0x300 && code <= 0x36f) || code == 0x200d || (code >= 0xfe00 && code <= 0xfe0f))
		return 0;
	for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
		if (code >= wide[i][0] && code <= wide[i][1])
			return 2;
	}
	return 1;
}

size_t opj_text_width(const char *text)
{
	size_t width = 0;
	while (*text)
		width += width_of(opj_text_next(&text));
	return width;
}

void opj_text_list(char *list, size_t size, const char *format, ...)
{
	va_list args;
	size_t used = strlen(list);
	used += (size_t)snprintf(list + used, size - used, "%s", used ? ", " : "");
	if (used >= size)
		return;
	va_start(args, format);
	vsnprintf(list + used, size - used, format, args);
	va_end(args);
}
