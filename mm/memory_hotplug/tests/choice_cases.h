/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Blocks to choose from, and which ones leave: for KUnit and for the build in
 * user space.
 */
#ifndef __MM_MEMORY_HOTPLUG_TESTS_CHOICE_CASES_H
#define __MM_MEMORY_HOTPLUG_TESTS_CHOICE_CASES_H

#define CHOICE_MAX		16
#define CHOICE_BLOCK_PAGES	160

/**
 * struct choice_block - a block to choose from
 * @pages: pages of 160 that have to move
 * @marks: letters for what else is known: p: pinned; d: doubtful; x: left out;
 *	   s: it stays, and is no candidate; A, B, C: part of that device
 */
struct choice_block {
	unsigned int pages;
	const char *marks;
};

/*
 * struct choice_case - what there is, and what leaves
 * @what: what the case is about
 * @wanted: blocks
 * @leave: numbers of those that leave; "-" if there are not enough
 * @blocks: number 0, 1 and so on; one without marks ends them
 */
static const struct choice_case {
	const char *what;
	unsigned int wanted;
	const char *leave;
	struct choice_block blocks[CHOICE_MAX];
} choice_cases[] = {
	{ "nothing is wanted", 0, "", { { 0, "" }, { 9, "" } } },
	{ "nothing is there", 1, "-", { } },
	{ "too little is there", 3, "-", { { 0, "" }, { 0, "" } } },
	{ "all that is there", 2, "0 1", { { 9, "" }, { 160, "p" } } },
	{ "left out", 2, "-", { { 0, "" }, { 0, "x" } } },
	{ "no candidate", 1, "-", { { 0, "s" } } },
	{ "from above", 2, "1 2", { { 0, "" }, { 0, "" }, { 0, "" } } },
	{ "free ones first", 2, "0 2",
	  { { 0, "" }, { 1, "" }, { 0, "p" }, { 1, "" } } },
	{ "then few pages", 3, "1 2 3",
	  { { 160, "" }, { 80, "" }, { 9, "" }, { 40, "" } } },
	{ "hotplug before pinned", 1, "0", { { 10, "" }, { 9, "p" } } },
	{ "much is worse than pinned", 1, "1", { { 11, "" }, { 10, "p" } } },
	{ "exactly, if all else is equal", 1, "0", { { 1, "" }, { 2, "" } } },
	{ "doubtful ones last", 2, "0 2",
	  { { 160, "" }, { 0, "d" }, { 160, "p" } } },
	{ "doubtful ones all the same", 2, "0 1", { { 9, "d" }, { 0, "" } } },
	{ "a device that fits", 2, "0 1",
	  { { 0, "A" }, { 0, "A" }, { 0, "" }, { 0, "B" }, { 0, "B" },
	    { 0, "B" } } },
	{ "a device and a rest", 3, "0 1 3",
	  { { 0, "A" }, { 0, "A" }, { 9, "" }, { 0, "" } } },
	{ "a device that does not fit", 1, "2",
	  { { 1, "A" }, { 1, "A" }, { 1, "" } } },
	{ "a device with a block that stays", 2, "2 3",
	  { { 0, "A" }, { 0, "As" }, { 0, "A" }, { 0, "" } } },
	{ "a device with a block that is left out", 2, "2 3",
	  { { 0, "A" }, { 0, "Ax" }, { 0, "A" }, { 0, "" } } },
	{ "a device costs what its blocks do on average", 2, "0 1",
	  { { 0, "A" }, { 20, "A" }, { 11, "" }, { 11, "" } } },
	{ "a full device is no bargain", 2, "2 3",
	  { { 99, "A" }, { 99, "A" }, { 80, "" }, { 80, "" } } },
	{ "the rest of a device", 3, "0 1 2",
	  { { 0, "A" }, { 30, "A" }, { 30, "A" }, { 30, "" }, { 30, "" } } },
	{ "the cheaper device", 2, "2 3",
	  { { 20, "A" }, { 20, "A" }, { 9, "B" }, { 9, "B" } } },
	{ "the device with the lower mean", 3, "0 1 2",
	  { { 6, "A" }, { 6, "A" }, { 6, "A" }, { 8, "B" }, { 8, "B" } } },
	{ "the device above", 2, "2 3",
	  { { 9, "A" }, { 9, "A" }, { 9, "B" }, { 9, "B" } } },
	{ "a device with pinned blocks", 2, "2 3",
	  { { 0, "A" }, { 0, "Ap" }, { 0, "" }, { 0, "" } } },
	{ "several devices", 4, "0 1 3 4",
	  { { 0, "A" }, { 0, "A" }, { 0, "" }, { 0, "B" }, { 0, "B" },
	    { 0, "" } } },
};

/**
 * struct choice_model - a choice, and room for what is in it
 * @choice: the choice
 * @candidates: its candidates
 * @devices: its devices
 */
struct choice_model {
	struct mhp_choice choice;
	struct mhp_candidate candidates[CHOICE_MAX];
	struct mhp_device devices[3];
};

static void choice_lay_out_block(struct choice_model *model, unsigned int id,
				 const struct choice_block *block)
{
	struct mhp_candidate candidate = {
		.cost = { .id = id, .pages = block->pages },
		.device = MHP_NO_DEVICE,
	};
	bool stays = false;
	const char *mark;

	for (mark = block->marks; *mark; mark++) {
		candidate.cost.pinned |= *mark == 'p';
		candidate.cost.doubtful |= *mark == 'd';
		candidate.left_out |= *mark == 'x';
		stays |= *mark == 's';
		if (*mark < 'A' || *mark > 'C')
			continue;
		candidate.device = *mark - 'A';
		model->devices[candidate.device].nr_blocks++;
	}
	if (!stays)
		model->candidates[model->choice.nr_candidates++] = candidate;
}

/* Makes what a case describes in @model, which is all zero. */
static void choice_lay_out(struct choice_model *model,
			   const struct choice_block blocks[CHOICE_MAX])
{
	unsigned int id;

	model->choice.candidates = model->candidates;
	model->choice.devices = model->devices;
	model->choice.nr_devices = ARRAY_SIZE(model->devices);
	model->choice.block_pages = CHOICE_BLOCK_PAGES;
	for (id = 0; id < CHOICE_MAX && blocks[id].marks; id++)
		choice_lay_out_block(model, id, &blocks[id]);
}

/* Writes the numbers of the blocks that leave, with blanks between them. */
static void choice_spell(const struct mhp_choice *choice, char *text,
			 size_t size)
{
	const struct mhp_candidate *candidate = choice->candidates;
	size_t len = 0;
	unsigned int i;

	*text = '\0';
	for (i = 0; i < choice->nr_candidates; i++, candidate++)
		if (candidate->chosen)
			len += snprintf(text + len, size - len, "%s%lu",
					len ? " " : "", candidate->cost.id);
}

/* Runs a case in @model, which is all zero, and spells what comes out. */
static void choice_case_run(const struct choice_case *c,
			    struct choice_model *model, char *text, size_t size)
{
	choice_lay_out(model, c->blocks);
	if (mhp_choose(&model->choice, c->wanted))
		choice_spell(&model->choice, text, size);
	else
		snprintf(text, size, "-");
}

#endif /* __MM_MEMORY_HOTPLUG_TESTS_CHOICE_CASES_H */
