/* Loop devices, mounts, and the tools that make filesystems. Swift sees neither the macros of
   linux/loop.h nor sys/mount.h, and may not fork.
   Every function returning int64_t gives a result that is not negative, or -errno. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/* Makes an image file the backing of a free loop device, which detaches itself when its last user
   goes: also when this process is killed before it mounts. Gives the device's number and leaves it
   open in `*device`; the caller closes it when it is mounted. */
int64_t chost_loop_attach(int32_t image, const char *image_name, int32_t *device);

/* 1 when the file behind a loop device is the inode of that device number, as statx tells both; 0
   when it is another, or none. Paths tell nothing: another container may show the same one. */
int64_t chost_loop_backs(int32_t number, uint64_t device, uint64_t inode);

/* Detaches a loop device, at once or when its last user goes; -ENODEV, and nothing done, when the
   file behind it is not that inode. */
int64_t chost_loop_detach(int32_t number, uint64_t device, uint64_t inode);

int64_t chost_mount(const char *source, const char *target, const char *type);

/* Takes away the topmost mount at a path; a link at its end is not followed. */
int64_t chost_unmount(const char *target);

/* Runs a program to its end, with no standard input and both outputs into `text`, as much as fits,
   terminated. The program dies with the calling thread. Gives the exit status, or 128 + signal. */
int64_t chost_run(
    const char *path, char *_Nullable const *_Nonnull arguments, char *text, size_t capacity);

#pragma clang assume_nonnull end
