/* SPDX-License-Identifier: MIT */
#include "os/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int sandbox_become(const char *user)
{
	const struct passwd *entry;

	if (geteuid() != 0)
		return -EALREADY;
	errno = 0;
	entry = getpwnam(user);
	if (!entry)
		return errno != 0 ? -errno : -ENOENT;
	if (setgroups(0, NULL) < 0 ||
	    setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) < 0 ||
	    setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) < 0)
		return -errno;
	/* It must be for good. */
	return entry->pw_uid != 0 && setresuid(0, 0, 0) == 0 ? -EPERM : 0;
}

int sandbox_no_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0, 0, 0}};

	/* Linux 4.3. */
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
		return -errno;
	return syscall(SYS_capset, &header, none) < 0 ? -errno : 0;
}

int sandbox_no_core(void)
{
	const struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};

	return setrlimit(RLIMIT_CORE, &none) < 0 ? -errno : 0;
}

int sandbox_no_dump(void)
{
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? -errno : 0;
}

int sandbox_no_new_privileges(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}
