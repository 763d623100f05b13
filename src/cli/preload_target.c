/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * LD_PRELOAD is read by the dynamic loader, whose name stands in an ELF program's PT_INTERP
 * segment. A program without that segment is static. Go's compiler leaves a note of its own
 * ("Go"), in static and dynamic programs alike; its programs call the kernel without the C
 * library, even where they have it. For a script it is the interpreter of its first line that
 * counts, and with "env NAME" the program of that name.
 */
#include "cli/preload_target.h"

#include <assert.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define FIRST_LINE_SIZE 256 /* as much as the kernel reads of a script */
#define NOTES_SIZE	1024
#define SEGMENTS_MAX	64u

#if UINTPTR_MAX > UINT32_MAX
typedef Elf64_Ehdr elf_header;
typedef Elf64_Phdr elf_segment;
typedef Elf64_Nhdr elf_note;
#else
typedef Elf32_Ehdr elf_header;
typedef Elf32_Phdr elf_segment;
typedef Elf32_Nhdr elf_note;
#endif

static const char *const obstacle_texts[] = {
	[PRELOAD_REACHES] = "nothing is in the way",
	[PRELOAD_STATIC] = "it is linked statically, so no library can be loaded before it",
	[PRELOAD_GO] = "it is a Go program, which calls the kernel without the C library",
	[PRELOAD_PRIVILEGED] =
		("it gets privileges when it starts, so the loader ignores what is "
		 "to be preloaded (set-user-ID, set-group-ID, file capabilities)"),
	[PRELOAD_ARCHITECTURE] = "it is made for another kind of processor than this midair",
	[PRELOAD_OTHER_LIBRARY] = "it uses another C library than this midair",
};
static_assert(sizeof(obstacle_texts) / sizeof(obstacle_texts[0]) == PRELOAD_OTHER_LIBRARY + 1,
	      "every obstacle has a text");

const char *preload_obstacle_text(enum preload_obstacle obstacle)
{
	return obstacle_texts[obstacle];
}

/* Joins directory and name. Returns 0 when it is a file that may be executed, or -errno. */
static int try_path(char path[PATH_MAX], const char *directory, int length, const char *name)
{
	struct stat status;

	if (snprintf(path, PATH_MAX, "%.*s%s%s", length, directory, length > 0 ? "/" : "",
		     name) >= PATH_MAX)
		return -ENAMETOOLONG;
	if (stat(path, &status) != 0)
		return -errno;
	if (S_ISDIR(status.st_mode) || access(path, X_OK) != 0)
		return -EACCES;
	return 0;
}

/* As execvp(): a name with a slash is a path, another one is searched in PATH. */
static int find_command(char path[PATH_MAX], const char *command)
{
	const char *directories = getenv("PATH");
	int result = -ENOENT;

	if (*command == '\0')
		return -ENOENT;
	if (strchr(command, '/') != NULL)
		return try_path(path, "", 0, command);
	if (directories == NULL)
		directories = "/bin:/usr/bin";
	for (;;) {
		int length = (int)strcspn(directories, ":");
		int tried = try_path(path, length > 0 ? directories : ".",
				     length > 0 ? length : 1, command);

		if (tried == 0)
			return 0;
		if (tried == -EACCES)
			result = tried;
		if (directories[length] == '\0')
			return result;
		directories += length + 1;
	}
}

/* Whether the segment's notes have one of that owner. */
static bool has_note_of(const char *notes, size_t size, const char *owner)
{
	size_t offset = 0;
	elf_note note;

	while (size - offset >= sizeof(note)) {
		memcpy(&note, notes + offset, sizeof(note));
		offset += sizeof(note);
		if (note.n_namesz > size - offset)
			return false;
		if (note.n_namesz == strlen(owner) + 1 &&
		    memcmp(notes + offset, owner, note.n_namesz) == 0)
			return true;
		uint64_t skipped = ((uint64_t)note.n_namesz + 3) / 4 * 4 +
				   ((uint64_t)note.n_descsz + 3) / 4 * 4;

		if (skipped > size - offset)
			return false;
		offset += (size_t)skipped;
	}
	return false;
}

static bool is_go_note(int fd, const elf_segment *segment)
{
	char notes[NOTES_SIZE];
	size_t size =
		segment->p_filesz < sizeof(notes) ? (size_t)segment->p_filesz : sizeof(notes);
	ssize_t n_read = pread(fd, notes, size, (off_t)segment->p_offset);

	return n_read > 0 && has_note_of(notes, (size_t)n_read, "Go");
}

static bool is_musl(int fd, const elf_segment *segment)
{
	char loader[128] = "";

	if (pread(fd, loader, sizeof(loader) - 1, (off_t)segment->p_offset) <= 0)
		return false;
	return strstr(loader, "ld-musl") != NULL;
}

static enum preload_obstacle look_at_segments(int fd, const elf_header *header)
{
	elf_segment segments[SEGMENTS_MAX];
	uint32_t n_segments = header->e_phnum < SEGMENTS_MAX ? header->e_phnum : SEGMENTS_MAX;
	size_t size = n_segments * sizeof(segments[0]);
	bool has_loader = false;
	bool has_other_library = false;

	if (header->e_phentsize != sizeof(segments[0]) ||
	    pread(fd, segments, size, (off_t)header->e_phoff) != (ssize_t)size)
		return PRELOAD_REACHES; /* nothing that can be told, or run */
	for (uint32_t i = 0; i < n_segments; i++) {
		if (segments[i].p_type == PT_NOTE && is_go_note(fd, &segments[i]))
			return PRELOAD_GO;
		if (segments[i].p_type == PT_INTERP) {
			has_loader = true;
			has_other_library = is_musl(fd, &segments[i]);
		}
	}
	if (!has_loader)
		return PRELOAD_STATIC;
	return has_other_library ? PRELOAD_OTHER_LIBRARY : PRELOAD_REACHES;
}

/* Our own kind. */
static bool is_own_architecture(const elf_header *header)
{
	elf_header own;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	bool is_known = fd >= 0 && pread(fd, &own, sizeof(own), 0) == (ssize_t)sizeof(own);

	if (fd >= 0)
		close(fd);
	return !is_known || (own.e_ident[EI_CLASS] == header->e_ident[EI_CLASS] &&
			     own.e_machine == header->e_machine);
}

/* Root gains nothing by another root's set-user-ID, and the loader sees no difference. */
static bool is_privileged(int fd)
{
	struct stat status;
	uid_t uid = getuid();

	if (fstat(fd, &status) != 0)
		return false;
	if ((status.st_mode & S_ISUID) != 0 && status.st_uid != uid)
		return true;
	if ((status.st_mode & S_ISGID) != 0 && status.st_gid != getgid())
		return true;
	return uid != 0 && fgetxattr(fd, "security.capability", NULL, 0) > 0;
}

static enum preload_obstacle look_at_program(int fd, const elf_header *header)
{
	if (!is_own_architecture(header))
		return PRELOAD_ARCHITECTURE;
	if (is_privileged(fd))
		return PRELOAD_PRIVILEGED;
	return look_at_segments(fd, header);
}

/* Cuts the first word off. */
static char *next_word(char **text)
{
	char *word = *text + strspn(*text, " \t");
	size_t length = strcspn(word, " \t\n");

	*text = word + length + (word[length] != '\0');
	word[length] = '\0';
	return word;
}

/* The program that a script's first line, behind "#!", names: for "env [-S] NAME" that is NAME. */
static const char *interpreter_of(char *line)
{
	char *program, *name;

	line[strcspn(line, "\n")] = '\0';
	program = next_word(&line);
	name = strrchr(program, '/');
	if (name == NULL || strcmp(name, "/env") != 0)
		return program;
	do {
		name = next_word(&line);
	} while (*name == '-' || strchr(name, '=') != NULL);
	return *name != '\0' ? name : program;
}

/* Returns whether there is an interpreter to go on with, then in command. */
static bool look_at_file(struct preload_target *target, char command[FIRST_LINE_SIZE])
{
	union {
		elf_header header;
		char line[FIRST_LINE_SIZE];
	} start = {.line = ""};
	bool is_script = false;
	int fd = open(target->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t length = fd < 0 ? -1 : pread(fd, &start, sizeof(start) - 1, 0);

	if (length >= (ssize_t)sizeof(start.header) &&
	    memcmp(start.line, ELFMAG, SELFMAG) == 0) {
		target->obstacle = look_at_program(fd, &start.header);
	} else if (length > 2 && memcmp(start.line, "#!", 2) == 0) {
		is_script = true;
		snprintf(command, FIRST_LINE_SIZE, "%s", interpreter_of(start.line + 2));
	}
	if (fd >= 0)
		close(fd);
	return is_script;
}

int preload_target_look(struct preload_target *target, const char *command)
{
	char interpreter[FIRST_LINE_SIZE];

	target->obstacle = PRELOAD_REACHES;
	for (int depth = 0; depth <= SCRIPT_DEPTH_MAX; depth++) {
		int result = find_command(target->path, command);

		if (result != 0)
			return result;
		if (!look_at_file(target, interpreter))
			return 0;
		command = interpreter;
	}
	return -ELOOP;
}
