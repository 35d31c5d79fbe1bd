#include "engine/cli/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What all inputs are compared with: the output file, and how often standard input was asked for. */
typedef struct checking {
  bool to_file;
  const char *option; /* that names the output */
  struct stat output;
  int stdins;
} checking;

static dc_status check_input(const char *path, checking *seen, dc_error *error)
{
  struct stat found;
  if (strcmp(path, "-") == 0) {
    if (++seen->stdins == 1) return DC_OK;
    return dc_fail(error, DC_E_USAGE, "standard input (-) can be read once only");
  }
  if (stat(path, &found) != 0 || access(path, R_OK) != 0)
    return dc_fail_at(error, DC_E_INPUT, path, 0, 0, "cannot be read: %s", strerror(errno));
  if (S_ISDIR(found.st_mode)) return dc_fail_at(error, DC_E_INPUT, path, 0, 0, "cannot be read: it is a folder");
  if (seen->to_file && found.st_dev == seen->output.st_dev && found.st_ino == seen->output.st_ino)
    return dc_fail_at(error, DC_E_USAGE, path, 0, 0, "is an input: %s would replace it", seen->option);
  return DC_OK;
}

static dc_status check_list(const dc_strings *list, checking *seen, dc_error *error)
{
  dc_status status = DC_OK;
  for (size_t i = 0; i < list->count && status == DC_OK; i++) status = check_input(list->items[i], seen, error);
  return status;
}

/* FILE of FILE:KEY */
static dc_status check_joins(const dc_strings *joins, checking *seen, dc_error *error)
{
  dc_status status = DC_OK;
  for (size_t i = 0; i < joins->count && status == DC_OK; i++) {
    size_t length = (size_t)(strrchr(joins->items[i], ':') - joins->items[i]);
    char *path = strdup(joins->items[i]);
    if (!path) return dc_fail_memory(error, "checking inputs");
    path[length] = '\0';
    status = check_input(path, seen, error);
    free(path);
  }
  return status;
}

/* The list of what to mend is a file of its own: neither an input nor the output. */
static dc_status check_fixes(const dc_command *command, dc_error *error)
{
  const dc_job *job = &command->job;
  dc_command other = *command;
  checking seen = {false, "--fixes", {0}, 0};
  struct stat output;
  other.write.path = job->fixes;
  seen.to_file = stat(job->fixes, &seen.output) == 0 && S_ISREG(seen.output.st_mode);
  const dc_strings *lists[] = {&job->files, &job->history, &job->accounts};
  dc_status status = DC_OK;
  for (size_t i = 0; i < sizeof lists / sizeof *lists && status == DC_OK; i++)
    status = check_list(lists[i], &seen, error);
  if (status == DC_OK) status = check_joins(&job->joins, &seen, error);
  const char *path = command->write.path;
  bool same = path && (strcmp(path, job->fixes) == 0 ||
                       (seen.to_file && stat(path, &output) == 0 && output.st_dev == seen.output.st_dev &&
                        output.st_ino == seen.output.st_ino));
  if (status == DC_OK && same)
    status = dc_fail_at(error, DC_E_USAGE, path, 0, 0, "--output and --fixes cannot be one file");
  return status == DC_OK ? dc_write_check(&other.write, error) : status;
}

dc_status dc_command_check(const dc_command *command, dc_error *error)
{
  const dc_job *job = &command->job;
  checking seen = {false, "--output", {0}, 0};
  const char *path = command->write.path;
  seen.to_file = path && stat(path, &seen.output) == 0 && S_ISREG(seen.output.st_mode);
  const dc_strings *lists[] = {&job->files, &job->history, &job->accounts, &job->quotas};
  dc_status status = DC_OK;
  for (size_t i = 0; i < sizeof lists / sizeof *lists && status == DC_OK; i++)
    status = check_list(lists[i], &seen, error);
  if (status == DC_OK) status = check_joins(&job->joins, &seen, error);
  if (status == DC_OK && job->config) status = check_input(job->config, &seen, error);
  if (status == DC_OK) status = dc_write_check(&command->write, error);
  if (status == DC_OK && job->fixes) status = check_fixes(command, error);
  return status;
}
