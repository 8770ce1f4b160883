// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: memory blocks: a map of them, and what holds each
 *
 * memhp map draws the memory blocks of a machine: who may live in each, how
 * full it is, and whether it could go offline. memhp why explains one of them.
 * memhp shrink and memhp grow take memory offline and put it online.
 * What the kernel does not tell, because it is older or configured otherwise,
 * is left out or found from the flags of pages.
 *
 * This file knows the commands; each is an entry in a table.
 */
#include <err.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memhp.h"

#define MAX_COLUMNS	256

enum form {
	FORM_TERMINAL,
	FORM_TEXT,
	FORM_SVG,
};

/**
 * struct request - what the command line asks for
 * @root: what comes before /sys and /proc
 * @form: of the map
 * @style: of the map
 * @flags_only: look at the flags of pages only
 */
struct request {
	const char *root;
	enum form form;
	struct memhp_style style;
	bool flags_only;
};

/**
 * struct command - a command of memhp
 * @name: the word for it
 * @options: letters of the options that it takes
 * @operand: what it takes besides options, for people; NULL if nothing
 * @run: does it
 */
struct command {
	const char *name;
	const char *options;
	const char *operand;
	void (*run)(const struct request *request, const char *operand);
};

static const struct option options[] = {
	{ "columns", required_argument, NULL, 'c' },
	{ "flags", no_argument, NULL, 'f' },
	{ "help", no_argument, NULL, 'h' },
	{ "root", required_argument, NULL, 'r' },
	{ "svg", no_argument, NULL, 's' },
	{ "text", no_argument, NULL, 't' },
	{ "title", required_argument, NULL, 'T' },
	{ }
};

static const char usage[] =
	"memhp: memory blocks, and what holds them\n"
	"\n"
	"  memhp map [OPTION]...   draw every memory block\n"
	"      --svg                   as an SVG picture\n"
	"      --text                  without colours; so it is where there are none\n"
	"      --title TEXT            what to write above it\n"
	"      --columns N             blocks in a row, 1 to 256\n"
	"  memhp why memoryN       say what keeps a block from going offline\n"
	"  memhp shrink SIZE       take memory offline, such as 1G, wherever it costs least\n"
	"  memhp grow SIZE         put memory online\n"
	"  memhp help              print this\n"
	"\n"
	"Options of map and why:\n"
	"      --flags                 go by the flags of pages, not by what the kernel\n"
	"                              says of blocks, to compare it with older kernels\n"
	"Options of all but help:\n"
	"      --root DIR              read and write DIR/sys, read DIR/proc\n"
	"\n"
	"shrink and grow draw how far they are on a terminal; Ctrl-C ends them, and all\n"
	"memory is as it was. They are for root only, and so is how full a block is.\n"
	"The exit status is 1 after an error.\n";

static void help(const struct request *request, const char *operand)
{
	(void)request;
	(void)operand;
	fputs(usage, stdout);
}

static bool colours_wanted(const struct request *request)
{
	const char *terminal = getenv("TERM"), *none = getenv("NO_COLOR");

	return request->form == FORM_TERMINAL && isatty(STDOUT_FILENO) &&
	       !(none && *none) && terminal && strcmp(terminal, "dumb");
}

static void map(const struct request *request, const char *operand)
{
	struct memhp_machine machine;

	(void)operand;
	memhp_read_machine(&machine, request->root);
	memhp_read_blocks(&machine);
	memhp_read_pages(&machine, request->flags_only);
	if (request->form == FORM_SVG)
		memhp_svg(&machine, &request->style);
	else
		memhp_draw(&machine, &request->style, colours_wanted(request));
	free(machine.blocks);
}

static void why(const struct request *request, const char *operand)
{
	struct memhp_machine machine;
	struct memhp_block block;
	unsigned int id;

	if (!memhp_block_id(operand, &id))
		errx(1, "'%s' is no memory block; they are called memory0, memory1, ...",
		     operand);
	memhp_read_machine(&machine, request->root);
	if (!memhp_read_block(&machine, &block, id))
		errx(1, "memory%u: there is no such block", id);
	machine.blocks = &block;
	machine.nr = 1;
	memhp_read_pages(&machine, request->flags_only);
	memhp_why(&machine, &block);
}

static void shrink(const struct request *request, const char *operand)
{
	struct memhp_machine machine;

	memhp_read_machine(&machine, request->root);
	memhp_shrink(&machine, operand);
}

static void grow(const struct request *request, const char *operand)
{
	struct memhp_machine machine;

	memhp_read_machine(&machine, request->root);
	memhp_read_blocks(&machine);
	memhp_grow(&machine, operand);
	free(machine.blocks);
}

static const struct command commands[] = {
	{ "grow", "r", "one size, such as 1G", grow },
	{ "help", "", NULL, help },
	{ "map", "cfrstT", NULL, map },
	{ "shrink", "r", "one size, such as 1G", shrink },
	{ "why", "fr", "one block, such as memory12", why },
};

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	errx(1, "'%s' is no command; try: memhp help", name);
}

static unsigned int columns_of(const char *text)
{
	unsigned long columns;
	char *end;

	columns = strtoul(text, &end, 10);
	if (end == text || *end || !columns || columns > MAX_COLUMNS)
		errx(1, "--columns takes a number from 1 to %d, not '%s'",
		     MAX_COLUMNS, text);
	return columns;
}

/* Bytes that must follow the first one of a character; -1: it begins none. */
static int more_bytes(unsigned char first)
{
	if (first < 0x80)
		return first < 0x20 || first == 0x7f ? -1 : 0;
	if (first < 0xc2 || first > 0xf4)
		return -1;
	return 1 + (first >= 0xe0) + (first >= 0xf0);
}

/* A title ends up in a terminal, or in a picture, which is text in UTF-8. */
static const char *title_of(const char *text)
{
	const char *at = text;
	int more;

	while (*at) {
		more = more_bytes(*at++);
		for (; more > 0 && (*at & 0xc0) == 0x80; more--)
			at++;
		if (more)
			errx(1, "--title takes a line of text in UTF-8");
	}
	return text;
}

static void take_option(struct request *request, int letter)
{
	switch (letter) {
	case 'c':
		request->style.columns = columns_of(optarg);
		break;
	case 'f':
		request->flags_only = true;
		break;
	case 'r':
		request->root = optarg;
		break;
	case 's':
		request->form = FORM_SVG;
		break;
	case 't':
		request->form = FORM_TEXT;
		break;
	case 'T':
		request->style.title = title_of(optarg);
		break;
	}
}

static void run(const struct command *command, int argc, char **argv)
{
	struct request request = { .root = "" };
	int letter, index;

	for (;;) {
		letter = getopt_long(argc, argv, "", options, &index);
		if (letter == -1)
			break;
		if (letter == 'h') {
			help(&request, NULL);
			return;
		}
		if (letter == '?')
			exit(1);
		if (!strchr(command->options, letter))
			errx(1, "%s takes no --%s; try: memhp help",
			     command->name, options[index].name);
		take_option(&request, letter);
	}
	if (argc - optind != !!command->operand)
		errx(1, "%s takes %s; try: memhp help", command->name,
		     command->operand ? command->operand : "options only");
	command->run(&request, argv[optind]);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fputs(usage, stderr);
		return 1;
	}
	if (!strcmp(argv[1], "--help"))
		help(NULL, NULL);
	else
		run(find_command(argv[1]), argc - 1, argv + 1);
	if (fflush(stdout) || ferror(stdout))
		err(1, "standard output");
	return 0;
}
