/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The emulated device's ioctls: docs/emulated-device.md says what they do.
 */
#ifndef TIDEMARK_EMU_IOCTL_H
#define TIDEMARK_EMU_IOCTL_H

#include <linux/types.h>
#include <linux/vfio.h>

struct tidemark_emu_pages {
	__u32 argsz;
	__u32 flags;		/* PIN: READ, WRITE */
#define TIDEMARK_EMU_READ	(1 << 0)
#define TIDEMARK_EMU_WRITE	(1 << 1)
	__u64 iova;
	__s32 nr_pages;		/* of 4096 bytes; passed on as it is */
	__u32 reserved;
};
#define TIDEMARK_EMU_PIN	_IO(VFIO_TYPE, VFIO_BASE + 128)
#define TIDEMARK_EMU_UNPIN	_IO(VFIO_TYPE, VFIO_BASE + 129)

struct tidemark_emu_transfer {
	__u32 argsz;
	__u32 flags;		/* RW: WRITE, else it reads; DMA: GROUP */
#define TIDEMARK_EMU_GROUP	(1 << 2)
	__u64 iova;
	__u64 size;		/* bytes, at most 1048576 */
	__u64 data;		/* RW: user address of the bytes */
};
#define TIDEMARK_EMU_RW		_IO(VFIO_TYPE, VFIO_BASE + 130)
#define TIDEMARK_EMU_DMA	_IO(VFIO_TYPE, VFIO_BASE + 131)

struct tidemark_emu_callback {
	__u32 argsz;
	__u32 flags;		/* ENROLL: KEEP */
#define TIDEMARK_EMU_KEEP	(1 << 3)
	__u32 nr_callbacks;	/* HOLD */
	__u32 timeout_ms;	/* WAIT */
	__u64 iova;		/* WAIT: out, what the callback is about */
	__u64 size;
};
#define TIDEMARK_EMU_ENROLL	_IO(VFIO_TYPE, VFIO_BASE + 132)
#define TIDEMARK_EMU_WITHDRAW	_IO(VFIO_TYPE, VFIO_BASE + 133)
#define TIDEMARK_EMU_HOLD	_IO(VFIO_TYPE, VFIO_BASE + 134)
#define TIDEMARK_EMU_WAIT	_IO(VFIO_TYPE, VFIO_BASE + 135)
#define TIDEMARK_EMU_GO		_IO(VFIO_TYPE, VFIO_BASE + 136)

#endif
