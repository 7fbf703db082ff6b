/* record/scan/matmul.c: opj_spike_matmul, active rows, columns and pairs of a product of spike matrices.
 *
 * Both matrices become rows of bits. A row of the product is not zero where the union of the rows of y that the row's
 * spikes select is not; what all pairs sum up to is, over k, the spikes in column k of x times those in row k of y. */
#include "bits.h"
#include "scan.h"
#include <opjoule/recorder.h>
#include <stdlib.h>

/* A matrix of a batch, as it lies in memory and as bits. */
struct matrix {
	const struct opj_scan_type *type;
	const char *data;
	int64_t batch_stride, row_stride, column_stride; /* bytes */
	size_t rows, columns;
	bool by_columns; /* read along columns: they lie side by side in memory, rows do not */
	size_t words;    /* of a line of `bits` */
	size_t row_words;
	uint64_t *bits;     /* [rows][words], or [columns][words] when by_columns */
	uint64_t *row_bits; /* [rows][row_words]; is `bits` unless by_columns */
};

int opj_matmul_check(const DLTensor *x, const DLTensor *y, struct opj_error *err)
{
	int last = x->ndim - 1;
	if (x->ndim != y->ndim || (x->ndim != 2 && x->ndim != 3))
		return opj_fail(err, "matmul: operands have %d and %d dimensions, not 2 and 2 or 3 and 3", x->ndim,
				y->ndim);
	if (x->shape[last] != y->shape[last - 1])
		return opj_fail(err, "matmul: inner sizes %lld and %lld differ", (long long)x->shape[last],
				(long long)y->shape[last - 1]);
	if (x->ndim == 3 && x->shape[0] != y->shape[0])
		return opj_fail(err, "matmul: batches %lld and %lld differ", (long long)x->shape[0],
				(long long)y->shape[0]);
	return 0;
}

static int matrix_init(struct matrix *m, const DLTensor *tensor, const char *what, struct opj_error *err)
{
	int64_t strides[OPJ_SCAN_DIMS_MAX], bytes = (int64_t)opj_dtype_size(tensor->dtype);
	int row = tensor->ndim - 2;
	if (opj_tensor_check(tensor, what, &m->type, strides, err) < 0)
		return -1;
	m->data = tensor->data ? (const char *)tensor->data + tensor->byte_offset : NULL;
	m->batch_stride = row > 0 ? strides[0] * bytes : 0;
	m->row_stride = strides[row] * bytes;
	m->column_stride = strides[row + 1] * bytes;
	m->rows = (size_t)tensor->shape[row];
	m->columns = (size_t)tensor->shape[row + 1];
	m->by_columns = m->columns > 1 && m->column_stride != bytes && (m->row_stride == bytes || m->rows == 1);
	m->row_words = opj_bits_words(m->columns);
	m->words = m->by_columns ? opj_bits_words(m->rows) : m->row_words;
	return 0;
}

static int matrix_alloc(struct matrix *m, bool with_rows, const char *what, struct opj_error *err)
{
	size_t words, row_words;
	if (__builtin_mul_overflow(m->by_columns ? m->columns : m->rows, m->words, &words) ||
	    __builtin_mul_overflow(m->rows, m->row_words, &row_words))
		return opj_fail(err, "%s: its bits overflow memory", what);
	m->bits = calloc(words + 1, sizeof *m->bits);
	m->row_bits = m->bits;
	if (m->by_columns && with_rows)
		m->row_bits = calloc(row_words + 1, sizeof *m->row_bits);
	if (!m->bits || !m->row_bits)
		return opj_fail(err, "%s: no memory for its bits", what);
	return 0;
}

static void matrix_finish(struct matrix *m)
{
	if (m->row_bits != m->bits)
		free(m->row_bits);
	free(m->bits);
}

/* Reads batch b, in the direction in which it lies in memory; row_bits follow when they were asked for. */
static void matrix_read(struct matrix *m, int64_t b)
{
	if (m->rows == 0 || m->columns == 0)
		return;
	const char *data = m->data + b * m->batch_stride;
	size_t lines = m->by_columns ? m->columns : m->rows, length = m->by_columns ? m->rows : m->columns;
	int64_t stride = m->by_columns ? m->column_stride : m->row_stride;
	int64_t step = m->by_columns ? m->row_stride : m->column_stride;
	for (size_t i = 0; i < lines; i++)
		opj_scan_line(m->type, data + (int64_t)i * stride, length, step, m->bits + i * m->words);
	if (m->row_bits == m->bits)
		return;
	memset(m->row_bits, 0, m->rows * m->row_words * sizeof *m->row_bits);
	for (size_t column = 0; column < m->columns; column++) {
		for (size_t w = 0; w < m->words; w++) {
			for (uint64_t bits = m->bits[column * m->words + w]; bits; bits &= bits - 1) {
				size_t row = w * 64 + (size_t)__builtin_ctzll(bits);
				m->row_bits[row * m->row_words + column / 64] |= UINT64_C(1) << (column % 64);
			}
		}
	}
}

/* How many of `lines` lines have a bit. */
static uint64_t lines_active(const uint64_t *bits, size_t lines, size_t words)
{
	uint64_t active = 0;
	for (size_t i = 0; i < lines; i++) {
		uint64_t any = 0;
		for (size_t w = 0; w < words; w++)
			any |= bits[i * words + w];
		active += any != 0;
	}
	return active;
}

/* How many bits any of the lines has; `all` has room for one line. */
static uint64_t positions_active(const uint64_t *bits, size_t lines, size_t words, uint64_t *all)
{
	memset(all, 0, words * sizeof *all);
	for (size_t i = 0; i < lines; i++)
		opj_bits_or(all, bits + i * words, words);
	return opj_scan_kernels_get()->count_bits(all, words);
}

/* The rows and columns of the bits as read. */
static uint64_t rows_active(const struct matrix *m, uint64_t *line)
{
	return m->by_columns ? positions_active(m->bits, m->columns, m->words, line)
			     : lines_active(m->bits, m->rows, m->words);
}

static uint64_t columns_active(const struct matrix *m, uint64_t *line)
{
	return m->by_columns ? lines_active(m->bits, m->columns, m->words)
			     : positions_active(m->bits, m->rows, m->words, line);
}

/* Sum and nonzeros of x @ y. `row_count` [rows of y] is scratch, `line` one row of y. */
static void count_pairs(const struct matrix *x, const struct matrix *y, uint64_t *row_count, uint64_t *line,
			struct opj_spike_stats *stats)
{
	for (size_t k = 0; k < y->rows; k++)
		row_count[k] = opj_scan_kernels_get()->count_bits(y->row_bits + k * y->row_words, y->row_words);
	for (size_t i = 0; i < x->rows; i++) {
		uint64_t sum = 0;
		memset(line, 0, y->row_words * sizeof *line);
		for (size_t w = 0; w < x->row_words; w++) {
			for (uint64_t bits = x->row_bits[i * x->row_words + w]; bits; bits &= bits - 1) {
				size_t k = w * 64 + (size_t)__builtin_ctzll(bits);
				sum += row_count[k];
				opj_bits_or(line, y->row_bits + k * y->row_words, y->row_words);
			}
		}
		stats->pair_sum += sum;
		stats->pair_active += sum ? opj_scan_kernels_get()->count_bits(line, y->row_words) : 0;
	}
}

static size_t maximum(size_t a, size_t b)
{
	return a > b ? a : b;
}

int opj_spike_matmul(const DLTensor *x, const DLTensor *y, bool x_binary, bool y_binary, struct opj_spike_stats *stats,
		     struct opj_error *err)
{
	struct matrix a = {0}, b = {0};
	uint64_t *line = NULL, *row_count = NULL;
	bool pair = x_binary && y_binary;
	int result = -1;
	*stats = (struct opj_spike_stats){0};
	if (!x_binary && !y_binary)
		return opj_fail(err, "matmul: neither operand is binary");
	if (opj_matmul_check(x, y, err) < 0)
		return -1;
	if (x_binary && (matrix_init(&a, x, "matmul: left operand", err) < 0 ||
			 matrix_alloc(&a, pair, "matmul: left operand", err) < 0))
		goto end;
	if (y_binary && (matrix_init(&b, y, "matmul: right operand", err) < 0 ||
			 matrix_alloc(&b, pair, "matmul: right operand", err) < 0))
		goto end;
	line = calloc(1 + maximum(maximum(a.words, a.row_words), maximum(b.words, b.row_words)), sizeof *line);
	row_count = calloc(b.rows + 1, sizeof *row_count);
	if (!line || !row_count) {
		opj_fail(err, "matmul: no memory for a row");
		goto end;
	}
	int64_t batches = x->ndim == 3 ? x->shape[0] : 1;
	for (int64_t i = 0; i < batches; i++) {
		if (x_binary) {
			matrix_read(&a, i);
			stats->x_active_rows += rows_active(&a, line);
		}
		if (y_binary) {
			matrix_read(&b, i);
			stats->y_active_cols += columns_active(&b, line);
		}
		if (pair)
			count_pairs(&a, &b, row_count, line, stats);
	}
	stats->has = (x_binary ? OPJ_SPIKE_X_ACTIVE_ROWS : 0U) | (y_binary ? OPJ_SPIKE_Y_ACTIVE_COLS : 0U) |
		     (pair ? OPJ_SPIKE_PAIR : 0U);
	result = 0;
end:
	free(row_count);
	free(line);
	matrix_finish(&a);
	matrix_finish(&b);
	return result;
}
