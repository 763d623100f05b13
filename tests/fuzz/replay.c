/* SPDX-License-Identifier: MIT */
/* replay: a harness without libFuzzer. Runs every file of the folders it is given. */
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

#define PATH_SIZE      4096
#define FILE_BYTES_MAX (1024 * 1024)

static int read_file(const char *path, uint8_t **data, size_t *size)
{
	FILE *file = fopen(path, "rb");
	struct stat status;
	int result = -1;

	*data = NULL;
	if (!file)
		return -1;
	if (fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode) &&
	    status.st_size <= FILE_BYTES_MAX) {
		*size = (size_t)status.st_size;
		*data = malloc(*size ? *size : 1);
		if (*data && fread(*data, 1, *size, file) == *size)
			result = 0;
	}
	fclose(file);
	return result;
}

static int run_file(const char *path)
{
	uint8_t *data;
	size_t size;

	if (read_file(path, &data, &size) < 0) {
		fprintf(stderr, "%s: cannot read it: %s\n", path, strerror(errno));
		free(data);
		return -1;
	}
	/* the last line before an abort names the file */
	printf("%s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

/* Returns the number of files, -1 when one could not be run. */
static int run_folder(const char *folder)
{
	DIR *entries = opendir(folder);
	struct dirent *entry;
	int n_files = 0;

	if (!entries) {
		fprintf(stderr, "%s: cannot open it: %s\n", folder, strerror(errno));
		return -1;
	}
	while (n_files >= 0 && (entry = readdir(entries))) {
		char path[PATH_SIZE];

		if (entry->d_name[0] == '.')
			continue;
		if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >=
			    sizeof(path) ||
		    run_file(path) < 0)
			n_files = -1;
		else
			n_files++;
	}
	closedir(entries);
	return n_files;
}

int main(int argc, char **argv)
{
	int n_all = 0;

	/* libFuzzer's harnesses begin with nothing, too */
	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++) {
		int n_files = run_folder(argv[i]);

		if (n_files < 0)
			return 1;
		n_all += n_files;
	}
	printf("%d files\n", n_all);
	return n_all > 0 ? 0 : 1;
}
