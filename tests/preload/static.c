/* SPDX-License-Identifier: MIT */
/* A static program: nothing can be loaded into it. Its exit status shows that it ran. */
int main(void)
{
	return 23;
}
