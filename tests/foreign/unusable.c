// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Libraries that cannot be used, each for one reason; and two that can, of which one crashes
 * and one says that it has left something. REASON is which.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <tidemark/subject.h>
#include <unistd.h>

enum {
	WRONG_ABI = 1,
	TOO_LONG,
	UNKNOWN_FEATURE,
	WITHOUT_FUNCTION,
	WITHOUT_OPTIONAL_FUNCTION,
	WITHOUT_NEEDED_FEATURE,
	CRASHES,
	LEAVES_SOMETHING,
	ENDS_THE_PROCESS,
};

#if REASON == 9 /* ENDS_THE_PROCESS */
/* As the runtimes of other compilers do. */
__attribute__((constructor)) static void end(void)
{
	fputs("not here\n", stderr);
	_exit(1);
}
#endif

static void *create(const struct tidemark_subject_world *world,
		    const struct tidemark_subject_config *config)
{
	(void)config;
	return (void *)world;
}

static void release(void *container)
{
	const struct tidemark_subject_world *world = container;

	if (REASON == LEAVES_SOMETHING)
		world->left(world->context, "old newspapers", 3);
}

/* Named in findings. */
__attribute__((noinline)) static void fall_over(volatile int *nothing)
{
	*nothing = 1;
}

static __s64 ioctl(void *container, unsigned int command, __u64 argument)
{
	(void)container, (void)command, (void)argument;
	if (REASON == CRASHES)
		fall_over(NULL);
	return -ENOTTY;
}

static int attach(void *container, unsigned int group,
		  const struct tidemark_subject_hardware *hardware)
{
	(void)container, (void)group, (void)hardware;
	return 0;
}

static void detach(void *container, unsigned int group)
{
	(void)container, (void)group;
}

const struct tidemark_subject tidemark_subject_functions = {
	.abi = TIDEMARK_SUBJECT_ABI + (REASON == WRONG_ABI),
	.bytes = sizeof(struct tidemark_subject) + (REASON == TOO_LONG ? 8 : 0),
	.features = REASON == UNKNOWN_FEATURE		? 1u << 31
		    : REASON == WITHOUT_OPTIONAL_FUNCTION ? TIDEMARK_SUBJECT_RW
		    : REASON == WITHOUT_NEEDED_FEATURE	  ? TIDEMARK_SUBJECT_ALLOCATION_FAULTS
		    : REASON == LEAVES_SOMETHING		  ? TIDEMARK_SUBJECT_LEFTOVERS
							  : 0,
	.create = create,
	.release = REASON == WITHOUT_FUNCTION ? NULL : release,
	.ioctl = ioctl,
	.attach = attach,
	.detach = detach,
};
