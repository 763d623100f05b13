/* SPDX-License-Identifier: MIT */
#include "bench/ports/pictures.h"

#include <errno.h>
#include <math.h>

#include "bench/ports/svg.h"
#include "os/cleanup.h"

#define PATH_SIZE     4096
#define LINES_AT_MOST 4
#define N_BARS	      3
#define RED	      "#c0392b"
#define BLUE	      "#1f6fb4"
#define GREEN	      "#2e8b57"
#define ORANGE	      "#c77c11"
#define US	      1e3
#define MS	      1e6
#define S	      1e9

static void format_time(char *text, size_t size, double ns)
{
	if (ns < US)
		snprintf(text, size, "%g ns", ns);
	else if (ns < MS)
		snprintf(text, size, "%g us", ns / US);
	else if (ns < S)
		snprintf(text, size, "%g ms", ns / MS);
	else
		snprintf(text, size, "%g s", ns / S);
}

static void format_percent(char *text, size_t size, double percent)
{
	snprintf(text, size, "%g %%", percent);
}

static void format_count(char *text, size_t size, double count)
{
	if (count < 1e4)
		snprintf(text, size, "%g", count);
	else
		snprintf(text, size, "%gk", count / 1e3);
}

struct picture_line {
	enum series_name series;
	struct svg_line look;
};

struct picture {
	const char *file;
	const char *title;
	struct svg_axis x, y;
	struct picture_line lines[LINES_AT_MOST];
	uint32_t n_lines;
};

static const struct picture pictures[] = {
	{
		.file = "fill.svg",
		.title = "A connection to one destination, while its pool fills up",
		.x = {"fill of the pool (28,232 ports)", 0, 100, false, 10, format_percent},
		.y = {"time of one connect", 1e3, 1e7, true, 0, format_time},
		.lines = {{FILL_KERNEL, {"the kernel's choice: connect()", RED, false}},
			  {FILL_POOL, {"midair_pool_dial()", BLUE, false}}},
		.n_lines = 2,
	},
	{
		.file = "bind.svg",
		.title = "To claim a port that others share",
		.x = {"sockets that share the port", 0, 50000, false, 5, format_count},
		.y = {"time of the call", 1e2, 1e8, true, 0, format_time},
		.lines = {{BIND_ADDRESS, {"SO_REUSEADDR, bind()", RED, true}},
			  {BIND_PORT, {"SO_REUSEPORT, bind()", BLUE, true}},
			  {BIND_PIN, {"IP_LOCAL_PORT_RANGE, no bind()", GREEN, true}}},
		.n_lines = 3,
	},
	{
		.file = "connect.svg",
		.title = "The next connection from one local port",
		.x = {"connections that the port has", 0, 400000, false, 8, format_count},
		.y = {"time of one dial", 0, 4e4, false, 8, format_time},
		.lines = {{CROWD, {"midair_dial_start() and _finish()", BLUE, true}}},
		.n_lines = 1,
	},
	{
		.file = "churn.svg",
		.title = "To close one connection and open another, over the fill",
		.x = {"fill of the pool (28,232 ports)", 0, 100, false, 10, format_percent},
		.y = {"time of a close and an open", 1e3, 1e7, true, 0, format_time},
		.lines = {{CHURN_KERNEL, {"the kernel's choice", RED, true}},
			  {CHURN_POOL, {"midair_pool_dial(), midair_pool_give()", BLUE, true}}},
		.n_lines = 2,
	},
	{
		.file = "table.svg",
		.title = "The whole socket table with processes",
		.x = {"rows", 1e4, 1e6, true, 0, format_count},
		.y = {"time of the program", 1e6, 1e12, true, 0, format_time},
		.lines = {{TABLE_SS, {"ss -tanp", RED, true}},
			  {TABLE_NETSTAT, {"netstat -tanp", ORANGE, true}},
			  {TABLE_DIAG, {"midair table, no BPF", GREEN, true}},
			  {TABLE_BPF, {"midair table", BLUE, true}}},
		.n_lines = 4,
	},
};

static void draw_series(struct svg *svg, const struct picture_line *line,
			const struct measured *measured)
{
	const struct series *series = &measured->series[line->series];
	double x[POINTS_AT_MOST];
	double y[POINTS_AT_MOST];

	for (uint32_t i = 0; i < series->n_points; i++) {
		x[i] = series->points[i].x;
		if (!measured_at(measured, line->series, x[i], &y[i]))
			return;
	}
	svg_line(svg, &line->look, x, y, series->n_points);
	for (uint32_t i = 0; i < series->n_points; i++)
		if (series->points[i].is_cut)
			svg_mark_bound(svg, &line->look, x[i], y[i]);
}

/* One bar for each of three answers. */
static void draw_bars(struct svg *svg, const struct measured *measured)
{
	static const struct {
		enum series_name series;
		double x;
		struct svg_line look;
	} bars[] = {
		{FILL_KERNEL, 10, {"connect() succeeds, pool 10 % full", GREEN, false}},
		{REFUSAL_KERNEL, 100, {"connect() fails, pool full", RED, false}},
		{REFUSAL_POOL, 100, {"midair_pool_dial() says MIDAIR_E_FULL", BLUE, false}},
	};

	for (size_t i = 0; i < N_BARS; i++) {
		double ns;

		if (measured_at(measured, bars[i].series, bars[i].x, &ns))
			svg_bar(svg, &bars[i].look, ns, (double)(N_BARS - i) - 0.3);
	}
}

static int draw(const char *folder, const struct picture *picture,
		const struct measured *measured)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/%s", folder, picture->file);
	_cleanup_fclose_ FILE *to = fopen(path, "we");
	if (to == NULL)
		return -errno;
	struct svg svg = {
		.to = to,
		.title = picture->title,
		.x = picture->x,
		.y = picture->y,
	};
	svg_begin(&svg);
	for (uint32_t i = 0; i < picture->n_lines; i++)
		draw_series(&svg, &picture->lines[i], measured);
	if (picture->n_lines == 0)
		draw_bars(&svg, measured);
	svg_end(&svg);
	return ferror(to) ? -EIO : 0;
}

static void format_nothing(char *text, size_t size, double value)
{
	(void)value;
	snprintf(text, size, "%s", "");
}

/* Three digits are enough in a label. */
static void format_rounded_time(char *text, size_t size, double ns)
{
	double step = pow(10, floor(log10(ns)) - 2);

	format_time(text, size, round(ns / step) * step);
}

static int draw_refusal(const char *folder, const struct measured *measured)
{
	static const struct picture frame = {
		.file = "refusal.svg",
		.title = "To be told that every port to a destination is in use",
		.x = {"time of the call", 1, 1e7, true, 0, format_rounded_time},
		.y = {"", 0, N_BARS, false, 1, format_nothing},
	};

	return draw(folder, &frame, measured);
}

int pictures_write(const char *folder, const struct measured *measured)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < sizeof(pictures) / sizeof(pictures[0]); i++)
		result = draw(folder, &pictures[i], measured);
	return result != 0 ? result : draw_refusal(folder, measured);
}
