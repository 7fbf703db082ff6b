/* analyze/roofline/chart_draw.c: the chart as SVG and PNG, through cairo: one drawing, two surfaces.
 *
 * Dark on white, as paper has it; what bounds a layer shows in colour and shape both. The font is whatever the system
 * calls sans-serif. Lengths of texts are measured before anything is drawn, without hinting, so both surfaces agree. */
#include "chart_layout.h"
#include "record/base/output.h"
#include <cairo-svg.h>
#include <cairo.h>
#include <fontconfig/fontconfig.h>
#include <math.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

/* Colours of marks by enum opj_ceiling_kind: they differ in lightness too. */
static const double colors[2][3] = {{0.80, 0.36, 0.00}, {0.00, 0.35, 0.70}};

static void set_font(cairo_t *cr, double size, bool bold)
{
	cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
			       bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
	cairo_set_font_size(cr, size);
	cairo_font_options_t *options = cairo_font_options_create();
	cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
	cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
	cairo_set_font_options(cr, options);
	cairo_font_options_destroy(options);
}

static double measure(void *data, const char *text)
{
	cairo_text_extents_t extents;
	cairo_text_extents(data, text, &extents);
	return extents.x_advance;
}

static void gray(cairo_t *cr, double level)
{
	cairo_set_source_rgb(cr, level, level, level);
}

/* Text from x on (align 0), around it (0.5) or up to it (1). */
static void draw_text(cairo_t *cr, double x, double y, double align, const char *text)
{
	cairo_move_to(cr, x - align * measure(cr, text), y);
	cairo_show_text(cr, text);
}

/* The same in at most `room`: what is too long ends in "…". */
static void draw_fitted(cairo_t *cr, double x, double y, double room, const char *text)
{
	char cut[512];
	size_t length = strlen(text);
	if (length + 4 > sizeof cut)
		length = sizeof cut - 4;
	snprintf(cut, sizeof cut, "%s", text);
	if (measure(cr, text) > room || strlen(text) != length) {
		do {
			while (length > 0 && (text[--length] & 0xc0) == 0x80)
				;
			snprintf(cut, sizeof cut, "%.*s…", (int)length, text);
		} while (length > 0 && measure(cr, cut) > room);
	}
	draw_text(cr, x, y, 0, cut);
}

static void draw_segment(cairo_t *cr, double x0, double y0, double x1, double y1)
{
	cairo_move_to(cr, x0, y0);
	cairo_line_to(cr, x1, y1);
	cairo_stroke(cr);
}

/* Faint lines at 2 to 9 times a decade. */
static void draw_parts(cairo_t *cr, const struct opj_chart *chart)
{
	double left = OPJ_CHART_LEFT, right = OPJ_CHART_WIDTH - OPJ_CHART_RIGHT;
	double top = OPJ_CHART_TOP, bottom = OPJ_CHART_TOP + OPJ_CHART_PLOT;
	gray(cr, 0.94);
	for (int part = 2; part <= 9; part++) {
		double log = log10(part);
		for (double x = ceil(chart->x0 - log) + log; x < chart->x1; x++)
			draw_segment(cr, opj_chart_across(chart, x), top, opj_chart_across(chart, x), bottom);
		for (double y = ceil(chart->y0 - log) + log; y < chart->y1; y++)
			draw_segment(cr, left, opj_chart_down(chart, y), right, opj_chart_down(chart, y));
	}
}

/* Lines and labels of whole decades. */
static void draw_grid(cairo_t *cr, const struct opj_chart *chart)
{
	double left = OPJ_CHART_LEFT, right = OPJ_CHART_WIDTH - OPJ_CHART_RIGHT;
	double top = OPJ_CHART_TOP, bottom = OPJ_CHART_TOP + OPJ_CHART_PLOT;
	int step_x = opj_chart_step(chart->x0, chart->x1, 10), step_y = opj_chart_step(chart->y0, chart->y1, 12);
	char text[32];
	cairo_set_line_width(cr, 0.6);
	if (step_x == 1 && step_y == 1)
		draw_parts(cr, chart);
	for (int d = (int)ceil(chart->x0); d <= chart->x1; d++) {
		if (d % step_x != 0)
			continue;
		double x = opj_chart_across(chart, d);
		gray(cr, 0.86);
		draw_segment(cr, x, top, x, bottom);
		gray(cr, 0.2);
		draw_text(cr, x, bottom + 16, 0.5, opj_chart_tick(text, d));
	}
	for (int d = (int)ceil(chart->y0); d <= chart->y1; d++) {
		if (d % step_y != 0)
			continue;
		double y = opj_chart_down(chart, d);
		gray(cr, 0.86);
		draw_segment(cr, left, y, right, y);
		gray(cr, 0.2);
		draw_text(cr, left - 8, y + 4, 1, opj_format_label(text, pow(10, d), OPJ_UNIT_FLOPS));
	}
	gray(cr, 0.2);
	cairo_set_line_width(cr, 1);
	cairo_rectangle(cr, left, top, right - left, bottom - top);
	cairo_stroke(cr);
}

static void draw_frame(cairo_t *cr, const struct opj_chart *chart)
{
	gray(cr, 0.1);
	set_font(cr, OPJ_CHART_TITLE, true);
	draw_fitted(cr, OPJ_CHART_LEFT, OPJ_CHART_TOP - 22, OPJ_CHART_WIDTH - OPJ_CHART_LEFT - OPJ_CHART_RIGHT,
		    *chart->title ? chart->title : "Roofline");
	set_font(cr, OPJ_CHART_TEXT, false);
	draw_grid(cr, chart);
	gray(cr, 0.1);
	draw_text(cr, OPJ_CHART_WIDTH - OPJ_CHART_RIGHT, OPJ_CHART_TOP + OPJ_CHART_PLOT + 34, 1,
		  "arithmetic intensity, FLOP/byte");
	draw_text(cr, OPJ_CHART_LEFT, OPJ_CHART_TOP - 6, 0, "measured rate, FLOP/s");
}

static void draw_lines(cairo_t *cr, const struct opj_chart *chart)
{
	static const double dashes[] = {6, 4};
	for (uint32_t i = 0; i < chart->line_count; i++) {
		const struct opj_chart_line *line = &chart->lines[i];
		gray(cr, line->roof ? 0.1 : 0.45);
		cairo_set_line_width(cr, line->roof ? 2 : 1.2);
		cairo_set_dash(cr, dashes, line->roof ? 0 : 2, 0);
		draw_segment(cr, opj_chart_across(chart, line->x0), opj_chart_down(chart, line->y0),
			     opj_chart_across(chart, line->x1), opj_chart_down(chart, line->y1));
	}
	cairo_set_dash(cr, NULL, 0, 0);
}

static void draw_mark(cairo_t *cr, double x, double y, enum opj_ceiling_kind bound)
{
	const double *color = colors[bound], r = OPJ_CHART_MARK;
	cairo_new_path(cr); /* a text drawn before leaves its end behind */
	if (bound == OPJ_CEILING_MEMORY)
		cairo_arc(cr, x, y, r, 0, 2 * pi);
	else
		cairo_rectangle(cr, x - r + 0.5, y - r + 0.5, 2 * r - 1, 2 * r - 1);
	cairo_set_source_rgb(cr, color[0], color[1], color[2]);
	cairo_fill_preserve(cr);
	gray(cr, 1); /* a rim keeps marks apart that lie over each other */
	cairo_set_line_width(cr, 0.8);
	cairo_stroke(cr);
}

/* A text with a rim of white, so that a line behind it does not make it hard to read. */
static void draw_label(cairo_t *cr, const struct opj_label *label, const char *text)
{
	cairo_save(cr);
	cairo_translate(cr, label->x, label->y);
	cairo_rotate(cr, label->angle);
	cairo_move_to(cr, 0, 0);
	cairo_text_path(cr, text);
	gray(cr, 1);
	cairo_set_line_width(cr, 3);
	cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
	cairo_stroke(cr);
	gray(cr, 0.1);
	cairo_move_to(cr, 0, 0);
	cairo_show_text(cr, text);
	cairo_restore(cr);
}

static const char *mark_text(const struct opj_chart_layout *layout, uint32_t i, char number[16])
{
	if (!layout->keyed)
		return layout->chart->marks[i].label;
	snprintf(number, 16, "%u", layout->chart->marks[i].number);
	return number;
}

static void draw_marks(cairo_t *cr, const struct opj_chart_layout *layout)
{
	const struct opj_chart *chart = layout->chart;
	char number[16];
	gray(cr, 0.55);
	cairo_set_line_width(cr, 0.7);
	for (uint32_t i = 0; i < chart->mark_count; i++) {
		if (layout->marks[i].leader)
			draw_segment(cr, opj_chart_across(chart, chart->marks[i].x),
				     opj_chart_down(chart, chart->marks[i].y), layout->marks[i].to_x,
				     layout->marks[i].to_y);
	}
	for (uint32_t i = 0; i < chart->mark_count; i++)
		draw_mark(cr, opj_chart_across(chart, chart->marks[i].x), opj_chart_down(chart, chart->marks[i].y),
			  chart->marks[i].bound);
	for (uint32_t i = 0; i < chart->line_count; i++) {
		if (layout->lines[i].shown)
			draw_label(cr, &layout->lines[i], chart->lines[i].label);
	}
	for (uint32_t i = 0; i < chart->mark_count; i++) {
		if (layout->marks[i].shown)
			draw_label(cr, &layout->marks[i], mark_text(layout, i, number));
	}
	if (chart->mark_count)
		return;
	gray(cr, 0.1);
	draw_text(cr, OPJ_CHART_WIDTH / 2.0, OPJ_CHART_TOP + OPJ_CHART_PLOT - 24, 0.5,
		  "no layer has FLOPs, bytes and a measured time");
}

/* What colours stand for, ceilings whose name found no room, then the numbers. */
static void draw_key(cairo_t *cr, const struct opj_chart_layout *layout)
{
	static const char *const bounds[] = {"bound by compute", "bound by memory"};
	const struct opj_chart *chart = layout->chart;
	double y = OPJ_CHART_TOP + OPJ_CHART_PLOT + 34, x = OPJ_CHART_LEFT + 4;
	for (int kind = 1; kind >= 0; kind--) {
		draw_mark(cr, x, y - 4, kind);
		gray(cr, 0.1);
		draw_text(cr, x + 10, y, 0, bounds[kind]);
		x += measure(cr, bounds[kind]) + 34;
	}
	y += 26;
	double room = OPJ_CHART_WIDTH - OPJ_CHART_LEFT - OPJ_CHART_RIGHT;
	for (uint32_t i = 0; i < chart->line_count; i++) {
		if (layout->lines[i].shown)
			continue;
		draw_fitted(cr, OPJ_CHART_LEFT, y, room, chart->lines[i].label);
		y += OPJ_CHART_KEY_ROW;
	}
	double column = room / layout->key_columns;
	for (uint32_t i = 0; layout->keyed && i < chart->mark_count; i++) {
		char number[16];
		uint32_t across = i / layout->key_rows;
		double left = OPJ_CHART_LEFT + across * column;
		double down = y + i % layout->key_rows * OPJ_CHART_KEY_ROW;
		draw_text(cr, left + 20, down, 1, mark_text(layout, i, number));
		draw_fitted(cr, left + 26, down, column - 34, chart->marks[i].label);
	}
}

static void draw(cairo_t *cr, const struct opj_chart_layout *layout)
{
	gray(cr, 1);
	cairo_paint(cr);
	draw_frame(cr, layout->chart);
	draw_lines(cr, layout->chart);
	draw_marks(cr, layout);
	draw_key(cr, layout);
}

static bool is_png(const char *path)
{
	size_t length = strlen(path);
	return length > 4 && strcmp(path + length - 4, ".png") == 0;
}

static cairo_status_t write_bytes(void *data, const unsigned char *bytes, unsigned length)
{
	return fwrite(bytes, 1, length, data) == length ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

/* Draws onto a surface of its own and writes that. */
static cairo_status_t write_file(const struct opj_chart_layout *layout, FILE *out, bool png)
{
	const double scale = png ? 2 : 1;
	int width = (int)(layout->width * scale), height = (int)ceil(layout->height * scale);
	cairo_surface_t *surface = png ? cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height)
				       : cairo_svg_surface_create_for_stream(write_bytes, out, width, height);
	cairo_t *cr = cairo_create(surface);
	cairo_scale(cr, scale, scale);
	draw(cr, layout);
	cairo_status_t status = cairo_status(cr);
	cairo_destroy(cr);
	if (!status && png)
		status = cairo_surface_write_to_png_stream(surface, write_bytes, out);
	cairo_surface_finish(surface);
	if (!status)
		status = cairo_surface_status(surface);
	cairo_surface_destroy(surface);
	return status;
}

/* Lays out with a surface that is only there to measure texts. */
static int lay_out(struct opj_chart_layout *layout, const struct opj_chart *chart)
{
	cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
	cairo_t *cr = cairo_create(surface);
	set_font(cr, OPJ_CHART_TEXT, false);
	int failed = opj_chart_layout_init(layout, chart, measure, cr);
	cairo_destroy(cr);
	cairo_surface_destroy(surface);
	return failed;
}

int opj_chart_draw(const struct opj_chart *chart, const char *path, struct opj_error *err)
{
	struct opj_chart_layout layout;
	if (lay_out(&layout, chart))
		return opj_fail(err, "out of memory");
	struct opj_output output;
	int failed = opj_output_open(&output, path, err);
	if (!failed) {
		cairo_status_t status = write_file(&layout, output.stream, is_png(path));
		if (status && status != CAIRO_STATUS_WRITE_ERROR)
			failed = opj_fail(err, "%.300s: %s", path, cairo_status_to_string(status));
		failed = opj_output_close(&output, failed, err);
	}
	opj_chart_layout_finish(&layout);
	/* What cairo and fontconfig keep for a next drawing. */
	cairo_debug_reset_static_data();
	FcFini();
	return failed;
}
