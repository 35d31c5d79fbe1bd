#define _XOPEN_SOURCE 700 /* realpath */

#include "engine/output/file.h"

#include "engine/output/write.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef PATH_MAX
#define PATH_MAX 4096
#endif

enum { ATTEMPTS = 100, STDOUT_NAME_CHARS = 16 };

struct dc_file {
  char name[PATH_MAX];   /* for messages */
  char target[PATH_MAX]; /* links followed */
  char temp[PATH_MAX];   /* "" = written directly */
  int fd;
  bool own; /* fd is ours to close */
  bool private;
  struct dc_file *next;
  dc_sink sink;
};

/* Open temporary files, so that dc_write_abort finds them. */
static dc_file *pending = NULL;

static dc_status system_error(dc_error *error, const char *name, const char *what)
{
  return dc_fail_at(error, DC_E_SYSTEM, name, 0, 0, "%s: %s", what, strerror(errno));
}

static void folder_of(const char *path, char *folder)
{
  snprintf(folder, PATH_MAX, "%s", path);
  char *slash = strrchr(folder, '/');
  if (!slash)
    strcpy(folder, ".");
  else
    slash[slash == folder ? 1 : 0] = '\0';
}

/* Follows links, so that replacing a link's file keeps the link. */
static dc_status resolve(const char *path, char *target, struct stat *found, bool *exists, dc_error *error)
{
  *exists = stat(path, found) == 0;
  if (!*exists && errno != ENOENT) return system_error(error, path, "cannot write there");
  if (*exists && S_ISDIR(found->st_mode))
    return dc_fail_at(error, DC_E_SYSTEM, path, 0, 0, "is a folder; give a file, or --out-dir for a folder");
  if (*exists && realpath(path, target)) return DC_OK;
  if (*path && snprintf(target, PATH_MAX, "%s", path) < PATH_MAX) return DC_OK;
  return dc_fail_at(error, DC_E_SYSTEM, path, 0, 0, *path ? "the path is too long" : "an empty file name");
}

dc_status dc_file_check(const char *path, dc_error *error)
{
  char target[PATH_MAX], folder[PATH_MAX];
  struct stat found;
  bool exists;
  dc_status status = resolve(path, target, &found, &exists, error);
  if (status != DC_OK) return status;
  if (exists && access(target, W_OK) != 0) return system_error(error, path, "cannot write there");
  if (exists && !S_ISREG(found.st_mode)) return DC_OK;
  folder_of(target, folder);
  if (stat(folder, &found) != 0) return system_error(error, path, "its folder cannot be written to");
  if (access(folder, W_OK | X_OK) != 0) return system_error(error, path, "its folder cannot be written to");
  return DC_OK;
}

/* A new file beside the target, with the permissions of the one it will replace, or for its owner only. */
static dc_status open_temp(dc_file *file, const struct stat *old, dc_error *error)
{
  char folder[PATH_MAX];
  folder_of(file->target, folder);
  const char *slash = strrchr(file->target, '/');
  const char *base = slash ? slash + 1 : file->target;
  for (int i = 0; i < ATTEMPTS; i++) {
    int length = snprintf(file->temp, sizeof file->temp, "%s/.%s.%ld-%d.tmp", folder, base, (long)getpid(), i);
    if (length >= (int)sizeof file->temp) break;
    file->fd = open(file->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file->private ? 0600 : 0666);
    if (file->fd >= 0 || errno != EEXIST) break;
  }
  if (file->fd < 0) {
    file->temp[0] = '\0';
    return system_error(error, file->name, "cannot create a file in its folder");
  }
  file->own = true;
  file->next = pending;
  pending = file;
  if (old && !file->private && fchmod(file->fd, old->st_mode & 07777) != 0)
    return system_error(error, file->name, "cannot keep its permissions");
  return DC_OK;
}

static dc_status open_path(dc_file *file, const char *path, dc_error *error)
{
  struct stat found;
  bool exists;
  snprintf(file->name, sizeof file->name, "%s", path);
  dc_status status = resolve(path, file->target, &found, &exists, error);
  if (status != DC_OK) return status;
  if (!exists || S_ISREG(found.st_mode)) return open_temp(file, exists ? &found : NULL, error);
  file->fd = open(file->target, O_WRONLY | O_CLOEXEC);
  if (file->fd < 0) return system_error(error, path, "cannot be opened");
  file->own = true;
  return DC_OK;
}

static dc_status open_any(const char *path, bool private, dc_file **file, dc_error *error)
{
  dc_file *made = calloc(1, sizeof *made);
  if (!made) return dc_fail_memory(error, "opening the output");
  made->fd = -1;
  made->private = private;
  dc_status status = DC_OK;
  if (path) {
    status = open_path(made, path, error);
  } else {
    made->fd = STDOUT_FILENO;
    snprintf(made->name, STDOUT_NAME_CHARS, "standard output");
  }
  if (status != DC_OK) {
    dc_file_free(made);
    return status;
  }
  dc_sink_open(&made->sink, made->fd, path != NULL);
  *file = made;
  return DC_OK;
}

dc_status dc_file_open(const char *path, dc_file **file, dc_error *error) { return open_any(path, false, file, error); }

dc_status dc_file_open_private(const char *path, dc_file **file, dc_error *error)
{
  return open_any(path, true, file, error);
}

dc_sink *dc_file_sink(dc_file *file) { return &file->sink; }

/* Devices and pipes have nothing to sync. */
static bool synced(int fd) { return fsync(fd) == 0 || errno == EINVAL || errno == EROFS || errno == ENOTSUP; }

dc_status dc_file_finish(dc_file *file, dc_error *error)
{
  dc_status status = dc_sink_flush(&file->sink, file->name, error);
  if (status != DC_OK) return status;
  if (file->own && !synced(file->fd)) return system_error(error, file->name, "cannot write (sync)");
  /* Some file systems tell a failed write only when a descriptor closes: a copy of standard output does. */
  int last = file->own ? file->fd : dup(file->fd);
  if (file->own) file->fd = -1;
  if (last < 0 || close(last) != 0) return system_error(error, file->name, "cannot write (close)");
  return DC_OK;
}

static void forget(dc_file *file)
{
  for (dc_file **at = &pending; *at; at = &(*at)->next) {
    if (*at != file) continue;
    *at = file->next;
    return;
  }
}

dc_status dc_file_commit(dc_file *file, dc_error *error)
{
  if (!file->temp[0]) return DC_OK;
  if (rename(file->temp, file->target) != 0) return system_error(error, file->name, "cannot be replaced");
  forget(file);
  file->temp[0] = '\0';
  char folder[PATH_MAX];
  folder_of(file->target, folder);
  int fd = open(folder, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return system_error(error, file->name, "its folder cannot be opened to sync it");
  bool good = synced(fd);
  if (close(fd) != 0 || !good) return system_error(error, file->name, "its folder cannot be synced");
  return DC_OK;
}

void dc_file_free(dc_file *file)
{
  if (!file) return;
  forget(file);
  if (file->own && file->fd >= 0) close(file->fd);
  if (file->temp[0]) unlink(file->temp);
  free(file);
}

void dc_write_abort(void)
{
  for (dc_file *file = pending; file; file = file->next)
    if (file->temp[0]) unlink(file->temp);
  pending = NULL;
}
