/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the memory hotplug selftests share.
 *
 * A test looks at the machine through sysfs, procfs and debugfs, asks for
 * something, and looks again. So most of this is about reading and writing
 * small files with the errno kept (0 or more is success, -errno is not), about
 * lists of memory blocks, and about taking a picture of the machine's memory
 * that can be compared with a later one.
 *
 * Nothing here prints results: that is left to kselftest_harness.h in the
 * test itself.
 */
#ifndef SELFTESTS_MHP_H
#define SELFTESTS_MHP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "../../kselftest.h"

#define MEMORY_DIR	"/sys/devices/system/memory"
#define NODE_DIR	"/sys/devices/system/node"
#define PARAM_DIR	"/sys/module/memory_hotplug/parameters"
#define DEBUG_DIR	"/sys/kernel/debug"
#define TRACE_DIR	"/sys/kernel/tracing"

#define TEXT_MAX	256
#define MAX_BLOCKS	1024

/* file.c: small files */
int get_text(char *text, size_t size, const char *path, ...) __printf(3, 4);
int put_text(const char *text, const char *path, ...) __printf(2, 3);
int put_bytes(const void *data, size_t len, const char *path, ...) __printf(3, 4);
long long get_number(int base, const char *path, ...) __printf(2, 3);
bool file_exists(const char *path, ...) __printf(1, 2);
char *get_whole_file(const char *path);
long long get_field(const char *path, const char *key);
double now(void);

/* block.c: memory blocks */
struct blocks {
	unsigned int nr;
	unsigned int id[MAX_BLOCKS];
};

unsigned long block_bytes(void);
unsigned long block_pages(void);
unsigned long block_usable_pages(void);
unsigned long block_pfn(unsigned int id);
unsigned int pfn_block(unsigned long pfn);
bool block_exists(unsigned int id);
bool block_online(unsigned int id);
int block_get(unsigned int id, const char *file, char *text, size_t size);
int block_put(unsigned int id, const char *file, const char *text);
bool block_reads(unsigned int id, const char *file, const char *text);
int block_node(unsigned int id);
bool block_blocker(unsigned int id, const char *kind, unsigned long *count,
		   unsigned long *pfn);

void blocks_all(struct blocks *blocks);
void blocks_online(struct blocks *blocks);
void blocks_hotplugged(struct blocks *blocks);
bool blocks_have(const struct blocks *blocks, unsigned int id);
void blocks_but(struct blocks *blocks, const struct blocks *without);
void blocks_first(struct blocks *blocks, unsigned int nr);
void blocks_on_node(struct blocks *blocks, const struct blocks *of, int node);
int blocks_put(const struct blocks *blocks, const char *file, const char *text);
int blocks_offline(const struct blocks *blocks);
bool blocks_read(const struct blocks *blocks, const char *file,
		 const char *text);
char *blocks_text(const struct blocks *blocks, char *text, size_t size);
int change_blocks(const char *word, const struct blocks *blocks);

/* progress.c: the operation that runs */
struct progress {
	char operation[16];
	unsigned int blocks;
	unsigned int first;
	unsigned int last;
	unsigned long pages_done;
	unsigned long pages_left;
	unsigned int seconds;
};

bool progress_read(struct progress *progress);
bool progress_wait(const char *operation, struct progress *progress,
		   int seconds);
int progress_cancel(void);

/* node.c: placing memory, and reading what a node has */
int place_on_node(void *memory, size_t size, int node);
int allocate_on_node(int node);
int prefer_node(int node);
int move_process(pid_t pid, int from, int to);
long long node_free_pages(int node);
long long node_pages(int node, const char *what);
unsigned long user_pfn(const void *memory);
size_t pages_within(const void *memory, size_t size,
		    const struct blocks *blocks);
int hotplugged_node(struct blocks *blocks);
bool nodes_read(const char *file, const char *list);
unsigned int touched_block(int node);
unsigned int threads_named(const char *name);
long long counter_gap(const char *counter);

/* snapshot.c: all that a failed operation must leave as it was */
struct snapshot;

struct snapshot *snapshot_take(void);
unsigned int snapshot_compare(const struct snapshot *before,
			      const struct snapshot *after);
unsigned int snapshot_changes(const struct snapshot *before);
void snapshot_free(struct snapshot *shot);

/* hog.c: little memory */
enum hog_leaves { HOG_LEAVES_ANY, HOG_LEAVES_PIECES };

pid_t hog_start(int node, long long leave_pages, enum hog_leaves leaves);
void hog_stop(pid_t pid);

/* uevent.c: what the driver core tells user space about memory blocks */
int uevent_open(void);
char *uevents(int fd, char *text, size_t size);
int uevent_wait(int fd, const char *event, int seconds);
bool uevent_among(int fd, const char *event, const char *more);

/* page_tables.c: what the kernel maps, and how */
#define DIRECT_MAP	"Low Kernel Mapping"
#define MEMORY_MAP	"Vmemmap"

bool page_tables_present(void);
char *page_tables(const char *area, unsigned long offset);

/* kernel_log.c: what the kernel said since the log was opened, and its trace */
int log_open(void);
char *log_read(int fd);
unsigned int text_count(const char *text, const char *words);
const char *text_splat(const char *text);
void trace_forget(void);
bool trace_wait(const char *words, int seconds);

/* module.c: the test modules and the kernel's own */
int module_load(const char *name, const char *options);
int module_unload(const char *name);

/* spare.c: memory that the machine has and the kernel was told to leave alone */
void blocks_spare(struct blocks *blocks);
int block_probe(unsigned int id);
int pages_change(const char *how, unsigned long pfn, unsigned long nr);
int range_change(const char *how, unsigned int first, unsigned int nr);
bool firmware_map_has(unsigned int first, unsigned int nr);

struct query {
	unsigned long movable;
	unsigned long unmovable;
	unsigned long first_unmovable_pfn;
	unsigned long last_unmovable_pfn;
};

int range_query(unsigned int first, unsigned int nr, struct query *query);

/* free_pages.c: free pages, counted in three ways */
bool free_pages_agree(void);
unsigned long block_free_pages(unsigned int id);

/* kernel_memory.c: kernel memory that the module mhp_memory takes and keeps */
int take_kernel_memory(const char *kind, unsigned long megabytes);
int try_kernel_memory(const char *kind, unsigned long megabytes);
int give_kernel_memory(const char *kind, unsigned int part);
unsigned long zones_sum(const char *key);
unsigned long pinned_free_megabytes(void);
unsigned int blocks_owned(const struct blocks *blocks, const char *owner);

/* hold.c: pages that the module mhp_pages takes and keeps */
#define PAGES_DIR	DEBUG_DIR "/mhp_pages"

int take_page(const char *kind, unsigned int block);
int release_pages(void);
unsigned long held_pfn(void);

/* notifier.c: what the module mhp_notifier was told, and what it answers */
#define NOTIFIER_DIR	DEBUG_DIR "/mhp_notifier"
#define MAX_CALLS	256

struct notifier_call {
	char who[16];
	char event[32];
	unsigned int block;
	unsigned long start_pfn;
	unsigned long nr_pages;
	int nid;
	int nid_normal;
};

struct notifier_calls {
	unsigned int nr;
	struct notifier_call call[MAX_CALLS];
};

void notifier_calls(struct notifier_calls *calls);
const char *notifier_events(const struct notifier_calls *calls,
			    const char *who, unsigned int block);
int notifier_first(const struct notifier_calls *calls, const char *event);
int notifier_last(const struct notifier_calls *calls, const char *event);
int notifier_veto(const char *who, const char *event, unsigned int block,
		  int error);

/* firmware.c: asking the host to play the firmware */
bool firmware_present(void);
int firmware_plug(const char *dimm, const char *size, int node);
int firmware_unplug(const char *dimm);
int firmware_balloon(const char *size);
int firmware_wait(const char *outcome, const char *dimm, int seconds);
int firmware_ost(const char *dimm, char *text, size_t size);
void hotplug_settle(void);
int dimm_plug(const char *dimm, const char *size, int node,
	      struct blocks *arrived);
int dimm_unplug(const char *dimm);

/* aml.c: the ACPI namespace, through the kernel's AML debugger */
int aml_open(void);
char *aml_command(int fd, const char *fmt, ...) __printf(2, 3);
int aml_run(int fd, const char *fmt, ...) __printf(2, 3);
long long aml_number(int fd, const char *fmt, ...) __printf(2, 3);
int aml_notify(int fd, const char *device, unsigned int value);

/* disk.c: disks of the machine, file systems and swap on them */
#define DISK		"/dev/vda"
#define SLOW_DISK	"/dev/vdb"
#define SWAP_DISK	"/dev/vdc"

int disk_mount(const char *disk, const char *options, const char *where);
int disk_unmount(const char *where);
int swap_start(const char *disk);
int swap_stop(const char *disk);

/* ring.c: I/O that the kernel does while the caller does something else */
struct ring {
	int fd;
	void *rings;
	size_t rings_size;
	void *requests;
	size_t requests_size;
	unsigned int *tail, *mask, *array;
	unsigned int *done_head, *done_tail, *done_mask;
	const void *done;
};

int ring_create(struct ring *ring);
void ring_destroy(struct ring *ring);
int ring_register(struct ring *ring, void *buffer, size_t size);
int ring_unregister(struct ring *ring);
int ring_transfer(struct ring *ring, unsigned int opcode, int fd, void *buffer,
		  size_t size, off_t at);

/* pattern.c: memory whose content can be verified */
void words_fill(void *memory, size_t bytes, unsigned long seed, size_t at);
size_t words_damage(const void *memory, size_t bytes, unsigned long seed,
		    size_t at);
int file_fill(int fd, size_t bytes, unsigned long seed);
size_t file_damage(int fd, size_t bytes, unsigned long seed);

enum pattern_kind {
	PATTERN_ANON,
	PATTERN_FILE,
	PATTERN_SHMEM,
	PATTERN_LOCKED,
	PATTERN_THP,
	PATTERN_HUGETLB,
	NR_PATTERN_KINDS
};

struct pattern {
	enum pattern_kind kind;
	int fd;
	void *memory;
	size_t size;
	unsigned long seed;
};

const char *pattern_name(enum pattern_kind kind);
int pattern_create(struct pattern *pattern, enum pattern_kind kind,
		   size_t size, int node);
size_t pattern_damage(const struct pattern *pattern);
void pattern_destroy(struct pattern *pattern);

#endif /* SELFTESTS_MHP_H */
