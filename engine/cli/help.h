/* Help, made from the tables of verbs and options. */
#ifndef DC_CLI_HELP_H
#define DC_CLI_HELP_H

#include "engine/cli/command.h"
#include <stdio.h>

void dc_help_all(FILE *to);
void dc_help_verb(FILE *to, const dc_verb *verb);

#endif
