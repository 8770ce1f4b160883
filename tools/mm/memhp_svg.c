// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: the map of memory blocks as an SVG picture
 *
 * A block is a square that is filled from the bottom: dark is memory that can
 * not be moved, the plain colour other memory in use, light is free. It has a
 * cross if it is held, and says all that is known of it where the viewer shows
 * titles. The picture has a background of its own and no ids, so that it can
 * stand on any page, and beside others in one picture.
 */
#include <string.h>

#include "memhp.h"

#define BORDER		16
#define MAP_WIDTH	512
#define LINE		18
#define MIN_COLUMNS	16
#define MAX_COLUMNS	128
#define ROWS_WANTED	32
#define TEXT_SIZE	13
/* Width of a character of that size, on the safe side */
#define CHARACTER	8
#define MIN_WIDTH	480

#define INK		"#24292f"
#define FAINT		"#6e7781"

/* Attributes of text */
#define PLAIN		"fill=\"" INK "\""
#define PALE		"fill=\"" FAINT "\""
#define BOLD		PLAIN " font-weight=\"bold\""
#define HEADING		BOLD " font-size=\"16\""
#define ADDRESS		PALE " text-anchor=\"end\" font-family=\"monospace\""

/**
 * struct picture - where things are, in pixels
 * @columns: blocks in a row
 * @step: from one block to the next
 * @side: of a block
 * @left: where the blocks begin
 * @width: of the picture
 * @y: how far down the picture is drawn
 * @draw: write it, do not only measure it
 */
struct picture {
	unsigned int columns;
	unsigned int step;
	unsigned int side;
	unsigned int left;
	unsigned int width;
	unsigned int y;
	bool draw;
};

static void put_escaped(const char *text)
{
	static const char special[] = "<>&\"";
	static const char * const names[] = { "lt", "gt", "amp", "quot" };
	const char *found;

	for (; *text; text++) {
		found = strchr(special, *text);
		if (found)
			printf("&%s;", names[found - special]);
		else
			putchar(*text);
	}
}

static void put_text(const struct picture *picture, unsigned int x,
		     const char *attributes, const char *text)
{
	if (!picture->draw)
		return;
	printf("<text x=\"%u\" y=\"%u\" %s>", x, picture->y, attributes);
	put_escaped(text);
	puts("</text>");
}

static void put_part(const struct picture *picture, unsigned int x,
		     double from, double to, const char *colour)
{
	if (to <= from)
		return;
	printf("<rect x=\"%u\" y=\"%.1f\" width=\"%u\" height=\"%.1f\" ", x,
	       picture->y + picture->side * (1 - to), picture->side,
	       picture->side * (to - from));
	printf("fill=\"%s\"/>\n", colour);
}

static void put_stroke(unsigned int x, unsigned int y, double length,
		       const char *colour, double width)
{
	printf("<path d=\"M%u %ul%.1f %.1fm0 %.1fl%.1f %.1f\" ", x, y, length,
	       length, -length, -length, length);
	printf("stroke=\"%s\" stroke-width=\"%.1f\"/>\n", colour, width);
}

/* In a corner, and white around black, which can be seen on every colour. */
static void put_cross(unsigned int x, unsigned int y, unsigned int side)
{
	const double length = side * 0.3;
	const unsigned int in = side / 8 + 1;

	x += side - in - (unsigned int)length;
	put_stroke(x, y + in, length, "#ffffff", side * 0.2);
	put_stroke(x, y + in, length, "#000000", side * 0.09);
}

static void put_frame(const struct picture *picture, unsigned int x,
		      const struct memhp_class *class)
{
	bool empty = !strcmp(class->fill, class->light);

	printf("<rect x=\"%u.5\" y=\"%u.5\" width=\"%u\" height=\"%u\" ", x,
	       picture->y, picture->side - 1, picture->side - 1);
	printf("fill=\"none\" stroke=\"%s\"%s/>\n",
	       empty ? FAINT : class->fill,
	       empty ? " stroke-dasharray=\"2 2\"" : "");
}

static void put_words(const struct memhp_block *block)
{
	char percent[WORD_SIZE];
	unsigned int i;

	printf("<title>memory%u: ", block->id);
	put_escaped(memhp_class(block)->name);
	if (block->zones[0]) {
		fputs("; zone ", stdout);
		put_escaped(block->zones);
	}
	if (memhp_use_text(percent, sizeof(percent), &block->use))
		printf("; %s in use", percent);
	for (i = 0; i < block->nr_blockers; i++) {
		fputs("; ", stdout);
		put_escaped(block->blockers[i].kind);
		printf(" %llu", block->blockers[i].pages);
	}
	puts("</title>");
}

static void put_block(const struct picture *picture, unsigned int x,
		      const struct memhp_block *block)
{
	const struct memhp_class *class = memhp_class(block);
	const struct memhp_use *use = &block->use;
	double kernel = 0, used = 0;

	if (use->known && use->pages) {
		kernel = (double)use->kernel / use->pages;
		used = (double)use->used / use->pages;
	}
	if (!picture->draw)
		return;
	puts("<g>");
	put_words(block);
	put_part(picture, x, 0, kernel, class->dark);
	put_part(picture, x, kernel, used, class->fill);
	put_part(picture, x, used, 1, class->light);
	put_frame(picture, x, class);
	if (memhp_held(block))
		put_cross(x, picture->y, picture->side);
	puts("</g>");
}

static void put_node(struct picture *picture, int node)
{
	char text[WORD_SIZE];

	picture->y += LINE / 2;
	if (node == NO_NODE)
		return;
	snprintf(text, sizeof(text), "Node %d", node);
	picture->y += LINE;
	put_text(picture, BORDER, BOLD, text);
	picture->y += LINE / 2;
}

static void put_address(const struct picture *picture,
			unsigned long long address)
{
	struct picture label = *picture;
	char text[WORD_SIZE];

	label.y += (picture->side + TEXT_SIZE) / 2 - 2;
	snprintf(text, sizeof(text), "0x%llx", address);
	put_text(&label, picture->left - CHARACTER, ADDRESS, text);
}

static void put_row(struct picture *picture,
		    const struct memhp_machine *machine,
		    const struct memhp_row *row)
{
	const struct memhp_block *block;

	if (row->new_node)
		put_node(picture, row->blocks->node);
	if (row->gap)
		picture->y += picture->step / 2;
	put_address(picture, memhp_address(machine, row->first));
	for (block = row->blocks; block < row->blocks + row->nr; block++)
		put_block(picture,
			  picture->left + picture->step * (block->id - row->first),
			  block);
	picture->y += picture->step;
}

/* Makes room for an entry of the key, and says where it begins. */
static unsigned int key_entry(struct picture *picture, unsigned int *x,
			      const char *text)
{
	unsigned int width = LINE + 6 + CHARACTER * strlen(text) + 20, at;

	if (*x + width > picture->width && *x > BORDER) {
		*x = BORDER;
		picture->y += LINE + 6;
	}
	at = *x;
	*x += width;
	return at;
}

static void put_key_text(struct picture *picture, unsigned int x,
			 const char *text)
{
	picture->y += TEXT_SIZE;
	put_text(picture, x + LINE + 6, PLAIN, text);
	picture->y -= TEXT_SIZE;
}

static void put_sample(const struct picture *picture, unsigned int x,
		       const struct memhp_class *class, double kernel,
		       double used)
{
	struct picture sample = { .side = LINE - 2, .y = picture->y };

	if (!picture->draw)
		return;
	put_part(&sample, x, 0, kernel, class->dark);
	put_part(&sample, x, kernel, used, class->fill);
	put_part(&sample, x, used, 1, class->light);
	put_frame(&sample, x, class);
}

static void put_key(struct picture *picture,
		    const struct memhp_machine *machine)
{
	static const char use[] = "from the bottom: can not move, in use, free";
	const struct memhp_class *class;
	unsigned int x = BORDER, at;

	picture->y += LINE / 2;
	for (class = memhp_classes; class < memhp_classes + memhp_nr_classes;
	     class++) {
		if (!memhp_class_occurs(machine, class))
			continue;
		at = key_entry(picture, &x, class->name);
		put_sample(picture, at, class, 0, 1);
		put_key_text(picture, at, class->name);
	}
	if (!machine->pages_error) {
		class = memhp_class(machine->blocks);
		at = key_entry(picture, &x, use);
		put_sample(picture, at, class, 0.33, 0.67);
		put_key_text(picture, at, use);
	}
	if (memhp_any_held(machine)) {
		at = key_entry(picture, &x, memhp_mark_meaning(machine));
		if (picture->draw)
			put_cross(at, picture->y, LINE - 2);
		put_key_text(picture, at, memhp_mark_meaning(machine));
	}
	picture->y += LINE;
}

static void put_picture(struct picture *picture,
			const struct memhp_machine *machine, const char *title)
{
	struct memhp_row row = { };
	char summary[256];

	picture->y = BORDER + TEXT_SIZE;
	put_text(picture, BORDER, HEADING, title);
	picture->y += LINE + 2;
	memhp_summary(summary, sizeof(summary), machine);
	put_text(picture, BORDER, PALE, summary);
	picture->y += LINE / 2;
	while (memhp_next_row(machine, picture->columns, &row))
		put_row(picture, machine, &row);
	put_key(picture, machine);
	picture->y += BORDER;
}

/* Not many more rows than wanted, and a power of two in each. */
static unsigned int columns_for(size_t blocks)
{
	unsigned int columns = MIN_COLUMNS;

	while (columns < MAX_COLUMNS && blocks > columns * ROWS_WANTED)
		columns *= 2;
	return columns;
}

static unsigned int label_width(const struct memhp_machine *machine)
{
	unsigned long long highest = 0, address;
	size_t i;

	for (i = 0; i < machine->nr; i++) {
		address = memhp_address(machine, machine->blocks[i].id);
		if (address > highest)
			highest = address;
	}
	return CHARACTER * (snprintf(NULL, 0, "0x%llx", highest) + 1);
}

/**
 * memhp_svg() - write a map as a picture to standard output
 * @machine: what it shows
 * @style: how it is to look
 */
void memhp_svg(const struct memhp_machine *machine,
	       const struct memhp_style *style)
{
	const char *title = style->title ? style->title : "Memory blocks";
	struct picture picture = {
		.columns = style->columns ? style->columns :
					    columns_for(machine->nr),
	};

	picture.step = MAP_WIDTH / picture.columns;
	if (picture.step < 6)
		picture.step = 6;
	if (picture.step > 32)
		picture.step = 32;
	picture.side = picture.step - picture.step / 8 - 1;
	picture.left = BORDER + label_width(machine);
	picture.width = picture.left + picture.columns * picture.step + BORDER;
	if (picture.width < MIN_WIDTH)
		picture.width = MIN_WIDTH;

	put_picture(&picture, machine, title);
	printf("<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" ");
	printf("width=\"%u\" height=\"%u\" viewBox=\"0 0 %u %u\" ",
	       picture.width, picture.y, picture.width, picture.y);
	printf("font-family=\"sans-serif\" font-size=\"%u\">\n", TEXT_SIZE);
	fputs("<title>", stdout);
	put_escaped(title);
	puts("</title>");
	printf("<rect width=\"%u\" height=\"%u\" rx=\"8\" fill=\"#ffffff\"/>\n",
	       picture.width, picture.y);
	picture.draw = true;
	put_picture(&picture, machine, title);
	puts("</svg>");
}
