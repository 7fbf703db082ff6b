/* record/base/guess.c: edit distance with swaps of neighbours (optimal string alignment), by three rows of its table.
 */
#include "guess.h"
#include <string.h>

#define LENGTH_MAX 63

static size_t least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;
	return ab < c ? ab : c;
}

/* Of texts of LENGTH_MAX bytes at most. */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][LENGTH_MAX + 1];
	size_t *before = rows[0], *above = rows[1], *row = rows[2];
	size_t columns = strlen(b);
	for (size_t j = 0; j <= columns; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t *oldest = before;
		before = above;
		above = row;
		row = oldest;
		row[0] = i;
		for (size_t j = 1; j <= columns; j++) {
			row[j] = least(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] < row[j])
				row[j] = before[j - 2] + 1;
		}
	}
	return row[columns];
}

void opj_guess_offer(struct opj_guess *guess, const char *name)
{
	size_t length = strlen(guess->word);
	if (length > LENGTH_MAX || strlen(name) > LENGTH_MAX)
		return;
	size_t far = distance(guess->word, name);
	if (far > (length + 2) / 4 || (guess->best && far >= guess->distance))
		return;
	guess->best = name;
	guess->distance = far;
}
