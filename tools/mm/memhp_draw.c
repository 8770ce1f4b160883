// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: the map of memory blocks in a terminal, or as plain text
 *
 * A block is a cell. In a terminal its colour is the class of the block; a bar
 * shows how full it is where the terminal has such characters, else a digit.
 * Without colours a letter stands for the class.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "memhp.h"

#define MOST_COLUMNS	32
#define FEWEST_COLUMNS	8
#define DEFAULT_WIDTH	80

/* What is written on free memory, and on memory in use */
#define BRIGHT		231
#define BLACK		16

/**
 * struct look - how a block is drawn
 * @cell: draws it, and returns the columns that it took
 * @width: columns that it takes at most, with the space before it
 * @use: what the key says about use
 * @mark: the mark of a block that is held
 */
struct look {
	int (*cell)(const struct memhp_block *block);
	unsigned int width;
	const char *use;
	const char *mark;
};

/* How many parts of a block are in use; the last one counts as others do. */
static unsigned int used_parts(const struct memhp_use *use, unsigned int parts)
{
	if (!use->pages || use->used == use->pages)
		return use->pages ? parts - 1 : 0;
	return use->used * parts / use->pages;
}

/* Tenths in use; nothing for a block that nobody uses. */
static char digit(const struct memhp_block *block)
{
	if (block->state == STATE_OFFLINE)
		return '\0';
	return block->use.known ? '0' + used_parts(&block->use, 10) : '?';
}

static int letter_cell(const struct memhp_block *block)
{
	const char cell[] = {
		memhp_class(block)->letter, digit(block),
		memhp_held(block) ? '!' : '\0', '\0',
	};

	return printf("%s", cell);
}

static int digit_cell(const struct memhp_block *block)
{
	if (block->state == STATE_OFFLINE)
		printf("\033[38;5;%um--", memhp_class(block)->terminal);
	else
		printf("\033[38;5;%u;48;5;%um%c%c", BLACK,
		       memhp_class(block)->terminal, digit(block),
		       memhp_held(block) ? '!' : ' ');
	fputs("\033[0m", stdout);
	return 2;
}

static int bar_cell(const struct memhp_block *block)
{
	static const char * const bars[] = {
		" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█",
	};
	const struct memhp_class *class = memhp_class(block);
	const char *bar = "░";

	if (block->state == STATE_OFFLINE) {
		printf("\033[38;5;%um┄┄\033[0m", class->terminal);
		return 2;
	}
	if (block->use.known)
		bar = bars[used_parts(&block->use, 8) + !!block->use.used];
	printf("\033[38;5;%u;48;5;%um%s", class->terminal,
	       class->terminal_free, bar);
	if (memhp_held(block))
		printf("\033[1;38;5;%um×", BRIGHT);
	else
		fputs(bar, stdout);
	fputs("\033[0m", stdout);
	return 2;
}

static const struct look letters = {
	.cell = letter_cell,
	.width = 4,
	.use = "0 to 9: tenths of it in use",
	.mark = "!",
};

static const struct look digits = {
	.cell = digit_cell,
	.width = 3,
	.use = "0 to 9: tenths of it in use",
	.mark = "!",
};

static const struct look bars = {
	.cell = bar_cell,
	.width = 3,
	.use = "the bar: how much of it is in use",
	.mark = "×",
};

/* As programs do that use no table of locales. */
static bool knows_unicode(void)
{
	static const char * const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *value;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		value = getenv(names[i]);
		if (value && *value)
			return strstr(value, "UTF-8") || strstr(value, "utf8");
	}
	return false;
}

static int address_digits(const struct memhp_machine *machine)
{
	unsigned int highest = 0;
	size_t i;

	for (i = 0; i < machine->nr; i++) {
		if (machine->blocks[i].id > highest)
			highest = machine->blocks[i].id;
	}
	return snprintf(NULL, 0, "%llx", memhp_address(machine, highest));
}

/* The largest power of two that fits, so that rows begin at round addresses. */
static unsigned int columns_that_fit(unsigned int margin, unsigned int each)
{
	unsigned int columns = MOST_COLUMNS, width = DEFAULT_WIDTH;
	struct winsize size;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
		width = size.ws_col;
	while (columns > FEWEST_COLUMNS && margin + columns * each > width)
		columns /= 2;
	return columns;
}

static void draw_row(const struct memhp_machine *machine,
		     const struct memhp_row *row, const struct look *look,
		     int address_width)
{
	unsigned int column, end = 0;
	size_t i;

	if (row->new_node && row->blocks->node != NO_NODE)
		printf("\nNode %d\n", row->blocks->node);
	else if (row->new_node)
		putchar('\n');
	if (row->gap)
		puts("  ...");
	printf("  0x%0*llx ", address_width, memhp_address(machine, row->first));
	for (i = 0; i < row->nr; i++) {
		column = (row->blocks[i].id - row->first) * look->width + 1;
		printf("%*s", (int)(column - end), "");
		end = column + look->cell(&row->blocks[i]);
	}
	putchar('\n');
}

static void draw_key(const struct memhp_machine *machine,
		     const struct look *look)
{
	const struct memhp_class *class;

	putchar('\n');
	for (class = memhp_classes; class < memhp_classes + memhp_nr_classes;
	     class++) {
		if (!memhp_class_occurs(machine, class))
			continue;
		if (look == &letters)
			printf("  %c   %s\n", class->letter, class->name);
		else
			printf("  \033[48;5;%um  \033[0m  %s\n",
			       class->terminal, class->name);
	}
	if (memhp_any_held(machine))
		printf("  %s   %s\n", look->mark, memhp_mark_meaning(machine));
	if (machine->pages_error)
		printf("  How full blocks are is not known: " PAGE_FLAGS ": %s\n",
		       strerror(machine->pages_error));
	else
		printf("  %s\n", look->use);
}

/**
 * memhp_draw() - draw a map on standard output
 * @machine: what it shows
 * @style: how it is to look
 * @colours: standard output is a terminal that has colours
 */
void memhp_draw(const struct memhp_machine *machine,
		const struct memhp_style *style, bool colours)
{
	const struct look *look = &letters;
	unsigned int columns = style->columns;
	int address_width = address_digits(machine);
	struct memhp_row row = { };
	char text[256];

	if (colours)
		look = knows_unicode() ? &bars : &digits;
	if (!columns)
		columns = columns_that_fit(address_width + 5, look->width);

	if (style->title)
		printf("%s\n", style->title);
	memhp_summary(text, sizeof(text), machine);
	puts(text);
	while (memhp_next_row(machine, columns, &row))
		draw_row(machine, &row, look, address_width);
	draw_key(machine, look);
}
