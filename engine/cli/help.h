/* Help, made from the tables of verbs and options. */
#ifndef DC_CLI_HELP_H
#define DC_CLI_HELP_H

#include "engine/cli/command.h"
#include <stdio.h>

void dc_help_all(FILE *to);
/* model: its options, too, for verbs that take models; NULL = the models that there are. */
void dc_help_verb(FILE *to, const dc_verb *verb, const char *model);

#endif
