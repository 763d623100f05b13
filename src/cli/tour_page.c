/* SPDX-License-Identifier: MIT */
#include "cli/tour_page.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/row.h"

#define LINE_COLUMNS 92
#define STEP_COLUMNS 72

void page_title(const char *text)
{
	printf("\n=== %s\n", text);
}

void page_act(const char *text)
{
	printf("\n--- %s\n\n", text);
}

void page_step(const char *outcome, const char *format, ...)
{
	char step[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(step, sizeof(step), format, arguments);
	va_end(arguments);
	printf("  %-*s%s%s\n", *outcome != '\0' ? STEP_COLUMNS : 0, step,
	       *outcome != '\0' ? " " : "", outcome);
}

void page_text(const char *text)
{
	size_t column = 0;

	putchar('\n');
	while (*text != '\0') {
		size_t n = strcspn(text, " ");

		if (column > 0 && column + 1 + n > LINE_COLUMNS) {
			putchar('\n');
			column = 0;
		}
		column += (size_t)printf("%s%.*s", column == 0 ? "  " : " ", (int)n, text);
		text += n + (text[n] == ' ');
	}
	putchar('\n');
}

void page_rows(const struct midair_row *rows, size_t n_rows)
{
	putchar('\n');
	row_print_header(stdout);
	for (size_t i = 0; i < n_rows; i++)
		row_print(stdout, &rows[i]);
}

size_t page_find_rows(uint16_t local_port, struct midair_row *rows, size_t room)
{
	struct midair_table *table = NULL;
	struct midair_row row;
	size_t n = 0;

	if (midair_table_open(&table, MIDAIR_TABLE_PROCESSES) != 0)
		return 0;
	while (n < room && midair_table_next(table, &row) == 0)
		if (row.local.port == local_port)
			rows[n++] = row;
	midair_table_free(table);
	return n;
}
