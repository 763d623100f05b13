/* SPDX-License-Identifier: MIT */
#include "bench/ports/svg.h"

#include <math.h>

#define WIDTH	   720
#define HEIGHT	   400
#define LEFT	   84
#define RIGHT	   24
#define TOP	   44
#define BOTTOM	   56
#define LABEL_SIZE 32
#define LEGEND_ROW 20
#define BAR_HEIGHT 28
#define FRAME_X	   (WIDTH - LEFT - RIGHT)
#define FRAME_Y	   (HEIGHT - TOP - BOTTOM)

static double part_of(const struct svg_axis *axis, double value)
{
	if (axis->is_logarithmic)
		return log(value / axis->first) / log(axis->last / axis->first);
	return (value - axis->first) / (axis->last - axis->first);
}

static double x_of(const struct svg *svg, double value)
{
	return LEFT + FRAME_X * part_of(&svg->x, value);
}

static double y_of(const struct svg *svg, double value)
{
	return HEIGHT - BOTTOM - FRAME_Y * part_of(&svg->y, value);
}

/* The value of a tick; false: there is no such tick. */
static bool tick(const struct svg_axis *axis, uint32_t number, double *value)
{
	if (axis->is_logarithmic)
		*value = axis->first * pow(10, number);
	else
		*value = axis->first + (axis->last - axis->first) * number / axis->n_ticks;
	return axis->is_logarithmic ? *value <= axis->last * 1.001 : number <= axis->n_ticks;
}

static void draw_x_axis(const struct svg *svg)
{
	char label[LABEL_SIZE];
	double value;

	for (uint32_t i = 0; tick(&svg->x, i, &value); i++) {
		svg->x.format(label, sizeof(label), value);
		fprintf(svg->to,
			"<line class=\"grid\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>\n"
			"<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
			x_of(svg, value), TOP, x_of(svg, value), HEIGHT - BOTTOM,
			x_of(svg, value), HEIGHT - BOTTOM + 18, label);
	}
	fprintf(svg->to, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
		LEFT + FRAME_X / 2, HEIGHT - 12, svg->x.title);
}

static void draw_y_axis(const struct svg *svg)
{
	char label[LABEL_SIZE];
	double value;

	for (uint32_t i = 0; tick(&svg->y, i, &value); i++) {
		svg->y.format(label, sizeof(label), value);
		fprintf(svg->to,
			"<line class=\"grid\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>\n"
			"<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
			LEFT, y_of(svg, value), WIDTH - RIGHT, y_of(svg, value), LEFT - 8,
			y_of(svg, value) + 4, label);
	}
	fprintf(svg->to,
		"<text transform=\"translate(18 %d) rotate(-90)\" text-anchor=\"middle\">%s"
		"</text>\n",
		TOP + FRAME_Y / 2, svg->y.title);
}

void svg_begin(const struct svg *svg)
{
	fprintf(svg->to,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
		"font-family=\"sans-serif\" font-size=\"13\">\n"
		"<!-- SPDX-License-Identifier: MIT -->\n"
		"<title>%s</title>\n"
		"<style>.grid{stroke:#ddd}.line{fill:none;stroke-width:2}text{fill:#222}"
		"</style>\n"
		"<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n"
		"<text x=\"%d\" y=\"26\" font-size=\"15\" font-weight=\"bold\">%s</text>\n",
		WIDTH, HEIGHT, svg->title, WIDTH, HEIGHT, LEFT, svg->title);
	draw_x_axis(svg);
	draw_y_axis(svg);
}

static bool is_inside(const struct svg_axis *axis, double value)
{
	double part = part_of(axis, value);

	return part >= -0.001 && part <= 1.001;
}

static void draw_legend(const struct svg *svg, const struct svg_line *line)
{
	double y = TOP + 18 + LEGEND_ROW * svg->n_lines;

	fprintf(svg->to,
		"<line class=\"line\" stroke=\"%s\" x1=\"%d\" y1=\"%.0f\" x2=\"%d\" "
		"y2=\"%.0f\"/>\n<text x=\"%d\" y=\"%.0f\">%s</text>\n",
		line->color, LEFT + 12, y - 4, LEFT + 36, y - 4, LEFT + 44, y, line->title);
}

void svg_line(struct svg *svg, const struct svg_line *line, const double *x, const double *y,
	      uint32_t n_points)
{
	if (n_points == 0)
		return;
	fprintf(svg->to, "<polyline class=\"line\" stroke=\"%s\" points=\"", line->color);
	for (uint32_t i = 0; i < n_points; i++)
		if (is_inside(&svg->x, x[i]) && is_inside(&svg->y, y[i]))
			fprintf(svg->to, "%s%.1f,%.1f", i > 0 ? " " : "", x_of(svg, x[i]),
				y_of(svg, y[i]));
	fprintf(svg->to, "\"/>\n");
	for (uint32_t i = 0; line->has_dots && i < n_points; i++)
		if (is_inside(&svg->x, x[i]) && is_inside(&svg->y, y[i]))
			fprintf(svg->to,
				"<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" fill=\"%s\"/>\n",
				x_of(svg, x[i]), y_of(svg, y[i]), line->color);
	draw_legend(svg, line);
	svg->n_lines++;
}

void svg_mark_bound(const struct svg *svg, const struct svg_line *line, double x, double y)
{
	double at_x = x_of(svg, x);
	double at_y = y_of(svg, y);

	fprintf(svg->to, "<polygon points=\"%.1f,%.1f %.1f,%.1f %.1f,%.1f\" fill=\"%s\"/>\n",
		at_x - 6, at_y - 2, at_x + 6, at_y - 2, at_x, at_y - 14, line->color);
}

void svg_bar(const struct svg *svg, const struct svg_line *line, double x, double y)
{
	char label[LABEL_SIZE];

	svg->x.format(label, sizeof(label), x);
	fprintf(svg->to,
		"<rect x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>\n"
		"<text x=\"%d\" y=\"%.1f\">%s: %s</text>\n",
		LEFT, y_of(svg, y), x_of(svg, x) - LEFT, BAR_HEIGHT, line->color, LEFT + 8,
		y_of(svg, y) - 8, line->title, label);
}

void svg_end(const struct svg *svg)
{
	fprintf(svg->to, "</svg>\n");
}
